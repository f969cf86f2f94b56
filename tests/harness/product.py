"""The running product in a private folder, and everybody who may visit it."""

import atexit
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from httpx import Response
from sqlmodel import Session, col, select
from starlette.testclient import TestClient

from app import templating
from app.access import sessions
from app.access.access_tables import Person
from app.caspen.gateway import Gateway
from app.db import now
from app.main import create_app
from app.migration.models import AuditEntry, Migration, OutboxMail, Trial
from app.migration.states import State
from app.sandbox.demo import WORKSPACE, close_gaps
from app.settings import Environment, Settings
from app.signin import sign_in_limits
from app.trial.trial_context import trial_contexts
from app.web.page_context import cookie_name
from app.worker.runtime import Runtime, open_runtime
from app.worker.work_loop import WorkerTurn, drain
from tests.forms.browser import basis_in, basis_now, page_of
from tests.harness.audit_lines import make_audit_say
from tests.harness.reading_seal import seal_readings
from tests.harness.waiting import patience

PROVEN_BY_AUDIT = {"state", "paused_from", "trial_number", "approved_by", "approved_at", "finalised_at"}
BASE = "http://127.0.0.1:8000"
OWN_PAGE = {"sec-fetch-site": "same-origin"}
OTHER = "wsp_other"
MEGAN = "megan@harbourstreet.example"
GRACE = "grace@harbourstreet.example"
VERA = "vera@harbourstreet.example"  # a viewer
RICK = "rick@harbourstreet.example"  # a reviewer
OLIVE = "olive@riverbend.example"  # the admin of another clinic
NORA = "nora@nowhere.example"  # signed in, and of no clinic
ANA = "ana@caspen.example"  # support
ROSA = "rosa@caspen.example"  # a support lead


@cache
def one_loop() -> BlockingPortal:
    """The loop that answers every visit, as in production: a loop for each would cost as much as a page."""
    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(start_blocking_portal())


class Visitor(TestClient):
    """A browser on the product's own pages. Nothing is followed unless the story says so."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.portal = one_loop()

    def post(self, url: Any, *, data: Any = None, **more: Any) -> Response:
        """Sends a form with the fingerprint of its page: opens the page first, or computes the fingerprint of now."""
        tab = (data or {}).get("show", "")
        page = page_of(str(url), tab)
        if "content" not in more and "basis" not in (data or {}):
            shown = basis_in(self.get(page, follow_redirects=True, headers=OWN_PAGE), str(url)) if page else None
            basis = shown or basis_now(self.app, str(url), tab, self.secret)
            data = {**(data or {}), "basis": basis} if basis is not None else data
        answer: Response = super().post(url, data=data, **more)
        return answer

    @property
    def secret(self) -> str | None:
        """The cookie of the signed-in person."""
        app: Any = self.app
        secret: str | None = self.cookies.get(cookie_name(app.state.runtime))
        return secret

    def post_exactly(self, url: str, data: Mapping[str, object] | None = None, **more: Any) -> Response:
        """Sends exactly these fields, as a form of an outdated page or of no page does."""
        answer: Response = super().post(url, data=dict(data or {}), **more)
        return answer

    def see(self, path: str) -> Response:
        """A page as it is after all its redirects."""
        answer: Response = self.get(path, follow_redirects=True)
        return answer


@dataclass
class Product:
    """One running product. `migration_id` is the move of the demo clinic, `other_id` that of the other one."""

    settings: Settings
    runtime: Runtime
    app: FastAPI
    migration_id: str = ""
    other_id: str = ""

    @property
    def at(self) -> str:
        return f"/m/{self.migration_id}"

    def visitor(self, email: str | None = None, headers: dict[str, str] | None = None) -> Visitor:
        """A person with a browser, signed in if an address is given."""
        wanted = OWN_PAGE if headers is None else headers
        browser = Visitor(
            self.app, base_url=BASE, headers=wanted, follow_redirects=False, raise_server_exceptions=False
        )
        if email is not None:
            answer = browser.post("/signin", data={"email": email, "act": "enter"}, headers=OWN_PAGE)
            assert answer.status_code == 303, f"{email} cannot enter: {answer.status_code}"
        return browser

    def signed_in(self, person_id: str) -> Visitor:
        """A person who signed in by a link, over https as in production."""
        with self.runtime.ledger.write() as session:
            secret = sessions.sign_in(session, person_id)
        secure = self.settings.environment is Environment.PRODUCTION
        browser = Visitor(self.app, base_url=BASE, headers=OWN_PAGE, follow_redirects=False)
        if secure:
            browser.base_url = self.settings.base_url
        browser.cookies.set(cookie_name(self.runtime), secret)
        return browser

    def end_access(self, person_id: str) -> None:
        with self.runtime.ledger.write() as session:
            person = session.get_one(Person, person_id)
            person.disabled_at = now()
            session.add(person)

    def move(self, migration_id: str = "") -> Migration:
        with self.runtime.ledger.read() as session:
            return session.get_one(Migration, migration_id or self.migration_id)

    def trial_numbers(self) -> dict[str, int]:
        """The totals with which the newest trial was compared."""
        with self.runtime.ledger.read() as session:
            move = session.get_one(Migration, self.migration_id)
            return session.get_one(Trial, (move.id, move.trial_number)).held_against or {}

    def state(self) -> State:
        return State(self.move().state)

    def put(self, **values: object) -> None:
        """Sets columns of the move directly, for a state that would take long to reach.

        The audit lines are changed to agree with the row.
        """
        with self.runtime.ledger.write() as session:
            migration = session.get_one(Migration, self.migration_id)
            for name, value in values.items():
                setattr(migration, name, value)
            session.add(migration)
            if values.keys() & PROVEN_BY_AUDIT:
                make_audit_say(session, migration)

    def write(self, act: Callable[[Session], object]) -> None:
        """Writes into the ledger as the product does: a changed reading gets a new checksum."""
        with self.runtime.ledger.write() as session:
            act(session)
            seal_readings(session, self.migration_id)

    def work(self) -> None:
        """The worker's turn, until the move rests."""
        drain(self.runtime, self.migration_id, patience(60), WorkerTurn("worker"))

    def gateway(self, workspace: str = WORKSPACE) -> Gateway:
        return Gateway(self.runtime.caspen, workspace, MEGAN)

    def close_gaps(self) -> None:
        close_gaps(self.runtime)

    def audit(self) -> list[AuditEntry]:
        with self.runtime.ledger.read() as session:
            wanted = select(AuditEntry).where(AuditEntry.migration_id == self.migration_id)
            return list(session.exec(wanted.order_by(col(AuditEntry.id))))

    def acts(self) -> list[str]:
        return [entry.act for entry in self.audit()]

    def mails(self, kind: str = "") -> list[OutboxMail]:
        with self.runtime.ledger.read() as session:
            every = session.exec(select(OutboxMail).order_by(col(OutboxMail.written_at))).all()
        return [mail for mail in every if not kind or mail.kind == kind]


@cache
def _jinja() -> object:
    return templating.environment()


def settings_in(folder: Path, environment: Environment = Environment.TEST, **more: object) -> Settings:
    given: dict[str, object] = {"environment": environment, "var": folder, "redis_url": "", "embedded_redis": False}
    return Settings(_env_file=None, **{**given, "base_url": BASE, **more})  # type: ignore[arg-type, call-arg]  # by name


def start(folder: Path, environment: Environment = Environment.TEST, **more: object) -> Product:
    """Opens the product on a folder."""
    sign_in_limits.limiter.storage.reset()
    sign_in_limits.PAUSE_SECONDS = 0.0
    settings = settings_in(folder, environment, **more)
    runtime = open_runtime(settings, settings.page_patience_seconds)
    app = create_app(settings, runtime)
    app.state.jinja, app.state.runtime = _jinja(), runtime
    product = Product(settings, runtime, app)
    with runtime.ledger.read() as session:
        found = {m.workspace_id: m.id for m in session.exec(select(Migration))}
    product.migration_id, product.other_id = found.get(WORKSPACE, ""), found.get(OTHER, "")
    return product


def stop(product: Product) -> None:
    trial_contexts.clear()
    product.runtime.close()
