"""What every page shares: the visitor, the migration in the address, rights, and rendering.

Routes carry no rights of their own. `enter` checks the address in `access/rights.py` and refuses addresses without a
line there.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NotRequired, TypedDict
from urllib.parse import quote, urlsplit

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment as Jinja
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app import templating
from app.access import sessions
from app.access.members import admin_names
from app.access.rights import RIGHTS, Right
from app.access.viewer import Viewer
from app.db import DatabaseGone, now
from app.mapping.kind import Source
from app.migration.advance import By, Cause, Guard, WrongState, advance, locked
from app.migration.audit import MARK
from app.migration.audited import Audited, load_audited
from app.migration.ledger_validation import LedgerChanged
from app.migration.models import Migration
from app.migration.states import OPEN, OVER, Actor, Event, State, move_for
from app.request_sizes import read_form
from app.settings import Environment
from app.sources import source, source_or_unknown
from app.storage.encryption import key_from_setting
from app.trial.changed_ledger import changed_in
from app.web.form_fingerprint import (
    COLUMNS,
    FENCED,
    FIELD,
    FOR_ANYBODY,
    SAME_FORM,
    Basis,
    NoBasis,
    RenderedForAnother,
    Scope,
    Shown,
    form_shown,
)
from app.web.navigation import Step, build_stepper
from app.worker.runtime import Runtime

TOUCH_SECONDS = 0.1
WITHOUT_LEDGER = frozenset({"/healthz", "/readyz"})
"""Addresses that respond even if the ledger is unavailable."""
COOKIE = "caspen_signin"
SECURE_COOKIE = "__Host-caspen_signin"
STREAMED = frozenset({"/m/{migration_id}/handover/upload", "/m/{migration_id}/upload/{upload_id}/piece"})
"""POST routes whose handlers read the body piece by piece."""


ABOUT_CHANGED = frozenset({"/m/{migration_id}/help", "/support/{migration_id}", "/support/{migration_id}/help"})
"""Pages that open while a row differs from its audit trail: help, and support's page, which lists the differences."""


class HistoryDiffers(Exception):
    """The migration's row differs from its audit trail. No page shows a state, and no form is accepted."""


class NeedsSignIn(Exception):
    """The address needs a signed-in person, and nobody is signed in."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The path parameters of a request and, for a POST, its form: route path and text fields.

    `is_readable` is false for a form that breaks a limit. `fields` is empty then.
    """

    path: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    address: Mapping[str, str] = field(default_factory=dict)
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class Confirmed:
    """An open write: its session, the locked migration, and the comparison of the form's fields with the present
    values.

    `untouched` fields keep a colleague's value, `touched` fields were changed by this person.
    """

    session: Session
    migration: Migration
    untouched: frozenset[str]
    touched: frozenset[str]


@dataclass(frozen=True, slots=True)
class Visit:
    """A request: the person (or None), the migration in the address (or None), and the runtime.

    `differs`: the row differs from its audit trail, so no page trusts its state. `sent` is the form of a POST,
    `remembered` the fingerprints of the forms on this page (see `app/web/form_fingerprint.py`).
    """

    runtime: Runtime
    viewer: Viewer | None
    migration: Migration | None
    sent: Sent = field(default_factory=Sent)
    remembered: dict[str, str] = field(default_factory=dict)
    differs: bool = False

    @property
    def person(self) -> Viewer:
        if self.viewer is None:
            raise NeedsSignIn
        return self.viewer

    @property
    def move(self) -> Migration:
        if self.migration is None:
            raise HTTPException(404)
        return self.migration

    @property
    def source(self) -> Source:
        return source(self.migration.source if self.migration else None)

    @property
    def by(self) -> By:
        """This person, as the audit trail names them."""
        return By(self.person.email, Actor.SUPPORT if self.person.is_support else Actor.CLINIC)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.runtime.ledger.read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A write transaction. The queue is notified after the commit if the migration has advanced."""
        with self.runtime.write() as session:
            yield session

    def advance(
        self,
        event: Event,
        cause: Cause | None = None,
        guards: dict[str, Guard] | None = None,
        prepare: Callable[[Session], None] | None = None,
    ) -> None:
        """Applies an event by this person in one transaction with the writes of `prepare`.

        Raises WrongState if the event is no longer possible, and Changed if the form's facts have changed.
        """
        with self.write() as session:
            state = State(locked(session, self.move.id).state)
            if move_for(event, state) is None:
                raise WrongState(state, event)
            self.confirm(session)
            if prepare is not None:
                prepare(session)
            advance(session, self.move.id, event, self.by, cause, guards)

    @contextmanager
    def confirmed(self) -> Iterator[Confirmed]:
        """A write transaction with the migration locked and the form's facts unchanged.

        Raises NoBasis if the form has no fingerprint, and Changed if a fact has changed. Nothing is written then.
        """
        with self.write() as session:
            yield self.confirm(session)

    def confirm(self, session: Session) -> Confirmed:
        """As `confirmed`, within the caller's transaction. Locks the migration."""
        migration = locked(session, self.move.id)
        basis = self.basis_sent()
        basis.require_own()  # the handler of an upload reads its body, so `enter` cannot check the person
        shown = self.shown(self.sent.path, session, migration)
        merge = basis.compared(shown, self.sent.fields)
        session.info[MARK] = self.mark()
        return Confirmed(session, migration, merge.untouched, merge.touched)

    def who_can_act(self) -> list[str]:
        """The names of the people who can act for the clinic of this migration."""
        with self.read() as session:
            return admin_names(session, self.move.workspace_id)

    def ask_first(self) -> None:
        """Raises what `confirm` would raise, before any write. The write checks again."""
        with self.read() as session:
            migration = session.get_one(Migration, self.move.id)
            self.basis_sent().compared(self.shown(self.sent.path, session, migration), self.sent.fields)

    def basis_sent(self) -> Basis:
        """The fingerprint that the form carried. Raises NoBasis if there is no valid fingerprint."""
        return self._scope(self.sent.path, self.sent.address).read("".join(self.sent.fields.get(FIELD, ())))

    def require_own(self) -> None:
        """Raises RenderedForAnother if the form was rendered for another person than the signed-in person.

        A form without a fingerprint is left to its handler, unless the route is in `FENCED`.
        """
        if self.viewer is None or self.sent.path in FOR_ANYBODY:
            return
        try:
            self.basis_sent().require_own()
        except NoBasis:
            if self.sent.path not in FENCED:
                return
            if not self.sent.is_readable:
                raise RequestValidationError([]) from None
            raise RenderedForAnother(self.token_of_person()) from None

    def token_of_person(self) -> str:
        """The fingerprint of a `FENCED` form. It holds only the person."""
        return self._scope(next(iter(FENCED)), {}).token(Shown(), 0)

    def mark(self) -> str:
        """The mark of this person's answer to this rendered form (see `Basis.mark`). Raises NoBasis."""
        sent = sorted((name, some) for name, some in self.sent.fields.items() if name != FIELD)
        fields = [f"{len(value)} {name}={value}" for name, some in sent for value in some]
        return self.basis_sent().mark(self.person.email, *fields)

    def shown(self, path: str, session: Session, migration: Migration) -> Shown:
        """The facts that the form of this route shows now."""
        form = SAME_FORM.get(path, path)
        if form in COLUMNS:
            return form_shown(form, migration)
        return READERS[form](self, session, migration)

    def remember(self, *paths: str, **address: str) -> None:
        """Stores the fingerprints of these forms. Call before the page reads anything but the visit's migration."""
        with self.read() as session:
            for path in paths:
                self.remembered[key_of(path, address)] = self.token(path, session, self.move, **address)

    def remember_shown(self, path: str, shown: Shown) -> None:
        """Stores the fingerprint of a form whose facts the page has loaded already."""
        self.remembered[key_of(path, {})] = self.seal(path, shown)

    def token(self, path: str, session: Session, migration: Migration, **address: str) -> str:
        """The present fingerprint of a form. `address` holds path parameters that the page's own address lacks."""
        asked = replace(self, sent=replace(self.sent, address={**self.sent.address, **address}))
        shown = asked.shown(path, session, migration)
        return asked._scope(path, asked.sent.address).token(shown, migration.export_number)

    def basis(self, path: str, **address: str) -> Markup:
        """The hidden field with the form's fingerprint. A form that comes back keeps its first fingerprint."""
        if path in FENCED:
            return hidden(FIELD, self.token_of_person())
        if self.migration is None:
            return Markup()
        if SAME_FORM.get(path, path) == SAME_FORM.get(self.sent.path, self.sent.path) and self.sent.fields.get(FIELD):
            return hidden(FIELD, self.sent.fields[FIELD][0])
        if path in COLUMNS:
            asked = {**self.sent.address, **address}
            token = self._scope(path, asked).token(form_shown(path, self.move), self.move.export_number)
            return hidden(FIELD, token)
        return hidden(FIELD, self.remembered[key_of(path, address)])

    def renew(self) -> None:
        """Drops the sent fingerprint: the form comes back with the present facts, and its page lists the changes."""
        self.sent.fields.pop(FIELD, None)

    def seal(self, path: str, shown: Shown) -> str:
        """The fingerprint of a form at this address that shows these facts."""
        return self._scope(path, self.sent.address).token(shown, self.move.export_number)

    def _scope(self, path: str, address: Mapping[str, str]) -> Scope:
        form = "" if path in FENCED else SAME_FORM.get(path, path)
        about = "\n".join(f"{name}={value}" for name, value in sorted(address.items()) if f"{{{name}}}" in form)
        person = self.viewer.id if self.viewer else ""
        return Scope(key_from_setting(self.runtime.settings.secret_key), form, about, person)


def key_of(path: str, address: Mapping[str, str]) -> str:
    """Key of a form on a page: its route, and the path parameters that the page's own address lacks."""
    return "\n".join([SAME_FORM.get(path, path), *(f"{name}={value}" for name, value in sorted(address.items()))])


Reader = Callable[[Visit, Session, Migration], Shown]
READERS: dict[str, Reader] = {}


def shows(*paths: str) -> Callable[[Reader], Reader]:
    """Registers the facts that the forms of these POST routes show (see `app/web/form_fingerprint.py`)."""

    def register(reader: Reader) -> Reader:
        READERS.update(dict.fromkeys(paths, reader))
        return reader

    return register


def hidden(name: str, value: str) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, value)


def cookie_name(runtime: Runtime) -> str:
    return SECURE_COOKIE if runtime.settings.environment is Environment.PRODUCTION else COOKIE


def right_of(request: Request) -> Right | None:
    route = request.scope.get("route")
    method = "GET" if request.method == "HEAD" else request.method
    return RIGHTS.get((method, getattr(route, "path", "")))


def enter(request: Request) -> Visit:
    """Identifies the visitor and checks the right to the address. Other clinics' migrations respond 404."""
    runtime: Runtime = request.app.state.runtime
    right = right_of(request)
    if right is None or (right is Right.DEVELOPMENT and not runtime.settings.is_development):
        raise HTTPException(404)
    if request.url.path in WITHOUT_LEDGER:
        nobody = Visit(runtime, None, None)
        request.state.visit = nobody
        return nobody
    secret = request.cookies.get(cookie_name(runtime))
    migration_id = request.path_params.get("migration_id")
    with runtime.ledger.read() as session:
        viewer = sessions.viewer_of(session, secret)
        stale = secret is not None and viewer is not None and sessions.needs_touch(session, secret) is not None
        migration = session.get(Migration, migration_id) if migration_id else None
        audited = load_audited(session, migration.id) if migration is not None else None
    if stale and secret is not None and not request.url.path.endswith("/events"):
        keep_alive(runtime, secret)
    sent = replace(getattr(request.state, "sent", Sent()), address={k: str(v) for k, v in request.path_params.items()})
    visit = Visit(runtime, viewer, migration, sent)
    # An error page must not name the clinic before the visitor's right to the address is known.
    request.state.visit = Visit(runtime, viewer, None, sent)
    if right is Right.ANYONE:
        return visit
    if right is Right.DEVELOPMENT and migration_id is None:
        return own_form(request, visit)
    if viewer is None:
        raise NeedsSignIn
    if migration_id is not None:
        changed = changed_in(migration) if migration is not None else []
        if migration is not None and not changed and viewer.may(Right.VIEW, migration.workspace_id):
            request.state.visit = visit  # the 403 page of the visitor's own clinic names the people who can
        refuse_strangers(viewer, migration, Right.ACT if right is Right.DEVELOPMENT else right)
        if changed:
            raise LedgerChanged("migration", changed)
        if audited is not None and audited.is_misplaced:
            visit = require_known_place(request, visit, audited)
    elif right is not Right.SIGNED_IN and not any(viewer.may(right, w) for w in (*viewer.workspace_ids, None)):
        raise HTTPException(403 if viewer.workspace_ids else 404)
    request.state.visit = visit
    return own_form(request, visit)


def require_known_place(request: Request, visit: Visit, audited: Audited) -> Visit:
    """The visit with `differs` set, for pages in ABOUT_CHANGED. Raises HistoryDiffers for all other pages.

    If the row names another clinic, both clinics get 404.
    """
    if "workspace_id" in audited.differing and not visit.person.is_support:
        request.state.visit = replace(visit, migration=None)
        raise HTTPException(404)
    request.state.visit = visit = replace(visit, differs=True)
    if route_path(request) not in ABOUT_CHANGED:
        raise HistoryDiffers
    return visit


def route_path(request: Request) -> str:
    return str(getattr(request.scope.get("route"), "path", ""))


def own_form(request: Request, visit: Visit) -> Visit:
    """The visit, if its form was rendered for this person (browsers can be shared). Raises RenderedForAnother."""
    if request.method == "POST" and visit.sent.path not in STREAMED:
        visit.require_own()
    return visit


def keep_alive(runtime: Runtime, secret: str) -> None:
    """Updates the session's last use if the ledger is free within TOUCH_SECONDS. Otherwise this process remembers the
    time.
    """
    try:
        with runtime.ledger.write(patience=TOUCH_SECONDS) as session:
            sessions.touch(session, secret)
    except (SQLAlchemyError, sqlite3.Error, DatabaseGone):
        sessions.remember_touch(secret)


async def keep_form(request: Request) -> None:
    """Parses the text fields of a form for `enter`. Streamed uploads are left unread."""
    path = getattr(request.scope.get("route"), "path", "")
    if request.method != "POST":
        return
    request.state.sent = Sent(path)
    if path in STREAMED:
        return
    try:
        form = await read_form(request)
    except UnicodeError as garbled:  # no browser sends such a body, and it cannot be read twice
        raise RequestValidationError([]) from garbled
    except (HTTPException, RequestValidationError):  # the handler reports the fault to a person who may send the form
        request.state.sent = Sent(path, is_readable=False)
        return
    fields: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
    request.state.sent = Sent(path, fields)


def refuse_strangers(viewer: Viewer, migration: Migration | None, right: Right) -> None:
    """Raises 404 for a missing migration or another clinic's, and 403 for the visitor's own without the right."""
    if migration is None or not viewer.may(Right.VIEW, migration.workspace_id):
        raise HTTPException(404)
    if not viewer.may(right, migration.workspace_id):
        raise HTTPException(403)


def visit_of(request: Request) -> Visit:
    visit: Visit = request.state.visit
    return visit


class ClinicShown(TypedDict):
    """The clinic of a page: the name and the id of its workspace."""

    name: str
    id: str


class BasePage(TypedDict):
    """What every page shows, as `templates/base.html` describes. A page's own values are added or replace these.

    * `role_label`: what the viewer is in this clinic, in words.
    * `is_over`: nothing of the move can change any more.
    * `who_can_act`: loads the names of the people who can act for the clinic.
    * `disk_full`: a banner says that nothing can be saved.
    * `basis`: renders the hidden field with the fingerprint of the form at a path.
    * `zone`, `now`: the clinic's time zone, and the time of the page.
    * `rail`: the steps of the move.
    """

    source: Source
    environment: str
    viewer: Viewer | None
    role_label: str
    clinic: ClinicShown | None
    migration: Migration | None
    may_act: bool
    is_over: bool
    who_can_act: NotRequired[Callable[[], list[str]]]
    support_email: str
    disk_full: bool
    now: datetime
    basis: Callable[..., str]
    zone: str
    errors: list[dict[str, str]]
    rail: NotRequired[list[Step]]


def context(request: Request) -> BasePage:
    """The context that every template has."""
    runtime: Runtime = request.app.state.runtime
    visit: Visit | None = getattr(request.state, "visit", None)
    migration = visit.migration if visit else None
    viewer = visit.viewer if visit else None
    shared: BasePage = {
        "source": visit.source if visit and migration else source_or_unknown(),
        "environment": runtime.settings.environment.value,
        "viewer": viewer,
        "role_label": viewer.label_in(migration.workspace_id if migration else None) if viewer else "",
        "clinic": {"name": migration.clinic, "id": migration.workspace_id} if migration else None,
        "migration": migration,
        "may_act": bool(viewer and migration and viewer.may(Right.ACT, migration.workspace_id)),
        "is_over": bool(migration and migration.state in OVER and not (visit and visit.differs)),
        "support_email": runtime.settings.support_email,
        "disk_full": request.app.state.room.is_full(),
        "now": now(),
        "basis": visit.basis if visit else templating.no_basis,
        "zone": (migration.plan or {}).get("timezone", "Australia/Sydney") if migration else "Australia/Sydney",
        "errors": [],
    }
    if migration is not None:
        if visit:
            shared["who_can_act"] = visit.who_can_act
        shared["rail"] = [] if visit and visit.differs else build_stepper(migration, request.url.path)
    return shared


def in_state(request: Request, event: Event | None, *states: State) -> Visit:
    """The visit, if the migration is in a state that accepts this form. Raises WrongState before the body is read.

    `event` is what the form causes, None if it causes no event.
    """
    visit = visit_of(request)
    state = State(visit.move.state)
    if state not in states:
        raise WrongState(state, event)
    return visit


def open_move(request: Request, event: Event) -> Visit:
    """The visit, if the move is open. Raises WrongState if the move is over."""
    return in_state(request, event, *OPEN)


def page(request: Request, template: str, status: int = 200, block: str | None = None, **more: Any) -> Response:
    """Renders a page, or a named block of its template for an htmx request."""
    jinja: Jinja = request.app.state.jinja
    compiled = jinja.get_template(template)
    values: dict[str, object] = {**context(request), **more}
    if block is not None and request.headers.get("HX-Request"):
        return HTMLResponse(templating.block(compiled, block, **values), status)
    return HTMLResponse(compiled.render(values), status)


def go(address: str) -> RedirectResponse:
    """Redirects to the next page after a form (303)."""
    return RedirectResponse(address, 303)


def address_of(request: Request) -> str:
    """The path and query of this page, quoted for use in an address or header."""
    asked = f"?{request.url.query}" if request.url.query else ""
    return quote(f"{request.url.path}{asked}", safe="/")


def page_before(request: Request) -> str | None:
    """The page of this product in the Referer header, with its query. None if the header is missing or foreign."""
    referer = urlsplit(request.headers.get("referer", ""))
    if referer.netloc != request.headers.get("host", "") or not referer.path:
        return None
    return own_address(f"{referer.path}?{referer.query}" if referer.query else referer.path)


def own_address(address: str | None) -> str:
    """A path of this product. Any address that could lead elsewhere becomes "/"."""
    if not address or not address.startswith("/") or address.startswith("//") or "\\" in address:
        return "/"
    return address if address.isprintable() else "/"
