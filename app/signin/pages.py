"""The pages to sign in and out. In development one may also enter as one of the demo people."""

import asyncio
import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Form, HTTPException, Request, Response
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlmodel import Session, col, select
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from app.access import sessions
from app.access.invitations import open_to_address
from app.access.models import Membership, Person
from app.access.rights import Role
from app.access.viewer import LABELS
from app.db import now
from app.migration.models import Migration, OutboxMail
from app.migration.states import OVER, State
from app.settings import Environment
from app.storage.encryption import CannotOpen, key_from_setting, open_secret, seal_secret
from app.web.page_context import cookie_name, go, own_address, page, visit_of
from app.worker.runtime import Runtime

router = APIRouter()
BROWSER_COOKIE = "caspen_browser"
BROWSER_KNOWN_FOR = timedelta(days=180)
MINUTES = sessions.LINK_LASTS // timedelta(minutes=1)


@router.get("/")
def start(request: Request) -> Response:
    """The way in: support to its list, a clinic to its move or to the page that starts one.

    A person of several clinics, or of none, chooses first. An invitation changes nothing here.
    """
    visit = visit_of(request)
    if visit.viewer is None:
        return go("/signin")
    if visit.viewer.is_support:
        return go("/support")
    if len(visit.viewer.workspace_ids) != 1:
        return go("/clinics")
    with visit.read() as session:
        found = current_migration(session, *visit.viewer.workspace_ids)
    return go(f"/m/{found.id}" if found is not None else "/start")


def current_migration(session: Session, *workspace_ids: str) -> Migration | None:
    """The migration of these workspaces that their people are led to."""
    every = session.exec(select(Migration).where(col(Migration.workspace_id).in_(workspace_ids))).all()
    return chosen_of(every)


def chosen_of(migrations: Iterable[Migration]) -> Migration | None:
    """An open migration, else one that is live, else any; the newest of those. None where there is no migration."""
    ordered = sorted(migrations, key=lambda m: (m.state not in OVER, m.state == State.FINALISED, m.created_at))
    return ordered[-1] if ordered else None


@router.get("/signin")
def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the address says next
    told: dict[str, Any] = {"next": own_address(next), "people": people(request.app.state.runtime), "email": ""}
    return page(request, "signin/sign-in.html", **told)


@router.post("/signin")
def send_link(
    request: Request,
    email: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the form says next
    act: Annotated[str, Form()] = "link",
) -> Response:
    """E-mails a link, with the same answer whether we know the address or not. In development one may just enter."""
    runtime: Runtime = request.app.state.runtime
    address, back = email.strip().lower(), own_address(next)
    if act == "enter" and runtime.settings.is_development:
        return enter_as(request, address, back)
    if "@" not in address or len(address) > 254 or not address.isprintable():
        words = "Enter the e-mail address that you use in Caspen, such as megan@clinic.example."
        told: dict[str, Any] = {"next": back, "people": people(runtime), "email": email}
        told["errors"] = [{"field": "email", "words": words}]
        return page(request, "signin/sign-in.html", 422, **told)
    network = network_of(request.client.host if request.client else None)
    asked = LinkRequest(address, back, network, request.cookies.get(browser_cookie_name(runtime)))
    sender = parseaddr(runtime.settings.mail_from)[1]
    answer = page(request, "signin/check-email.html", email=address, next=back, minutes=MINUTES, sender=sender)
    answer.background = BackgroundTask(email_link_later, runtime, asked)
    return answer


def enter_as(request: Request, address: str, back: str) -> Response:
    """Development and test only: become one of the demo people."""
    runtime: Runtime = request.app.state.runtime
    with runtime.ledger.write() as session:
        person = sessions.person_by_email(session, address)
        if person is None:
            raise HTTPException(404)
        secret = start_session(session, request, person.id)
    return with_cookie(runtime, back, secret)


def start_session(session: Session, request: Request, person_id: str) -> str:
    """Signs a person in and ends whatever session this browser had before. Returns the cookie's secret."""
    before = request.cookies.get(cookie_name(request.app.state.runtime))
    if before:
        sessions.sign_out(session, before)
    return sessions.sign_in(session, person_id)


@router.get("/signin/{token}")
def confirm(request: Request, token: str) -> Response:
    """Names the account that the button signs in. Opening the link does nothing: mail scanners open links too."""
    visit = visit_of(request)
    with visit.read() as session:
        person = sessions.person_of_link(session, token)
    if person is None:
        return dead_link(request)
    other = visit.viewer if visit.viewer is not None and visit.viewer.id != person.id else None
    told: dict[str, Any] = {"token": token, "good": True, "person": person, "other": other}
    return page(request, "signin/confirm.html", **told)


@router.post("/signin/{token}")
def enter_by_link(request: Request, token: str) -> Response:
    """Signs the owner of the link in, and signs out who was signed in in this browser. A link works once."""
    runtime: Runtime = request.app.state.runtime
    with runtime.ledger.write() as session:
        used = sessions.use_token(session, token)
        secret = start_session(session, request, used[0]) if used else None
    if used is None or secret is None:
        return dead_link(request)
    answer = with_cookie(runtime, own_address(used[1]), secret)
    answer.set_cookie(
        browser_cookie_name(runtime),
        new_browser_cookie(runtime, used[0]),
        path="/",
        max_age=int(BROWSER_KNOWN_FOR.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_secure(runtime),
    )
    return answer


def dead_link(request: Request) -> Response:
    """The same answer for a link that was used, ended, too old or made up."""
    return page(request, "signin/confirm.html", 410, good=False, minutes=MINUTES)


@router.get("/signout")
def ask_to_leave(request: Request) -> Response:
    return page(request, "signin/signed-out.html", signed_out=visit_of(request).viewer is None)


@router.post("/signout")
def leave(request: Request) -> Response:
    runtime: Runtime = request.app.state.runtime
    name = cookie_name(runtime)
    secret = request.cookies.get(name)
    if secret:
        with runtime.ledger.write() as session:
            sessions.sign_out(session, secret)
    request.state.visit = None
    answer = page(request, "signin/signed-out.html", signed_out=True)
    answer.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def with_cookie(runtime: Runtime, address: str, secret: str) -> Response:
    answer = go(address)
    answer.set_cookie(cookie_name(runtime), secret, path="/", httponly=True, samesite="lax", secure=is_secure(runtime))
    return answer


def is_secure(runtime: Runtime) -> bool:
    """Whether cookies travel over TLS alone."""
    return runtime.settings.environment is Environment.PRODUCTION


def browser_cookie_name(runtime: Runtime) -> str:
    """The cookie by which a browser is known again after its owner signed out."""
    return f"__Host-{BROWSER_COOKIE}" if is_secure(runtime) else BROWSER_COOKIE


def people(runtime: Runtime) -> list[dict[str, str]]:
    """In development, everybody one may enter as; in production nobody."""
    if not runtime.settings.is_development:
        return []
    with runtime.ledger.read() as session:
        found = session.exec(select(Person, Membership).join(Membership).order_by(Person.name)).all()
    return [
        {"name": person.name, "email": person.email, "role_label": LABELS[Role(membership.role)], "clinic": ""}
        for person, membership in found
    ]


# Sign-in links are e-mailed after the answer has gone out, and nobody can lock the owner of an address out.
#
# A link is e-mailed when one of three things holds:
#
# * the browser is known: its owner signed in there before, and asked for at most ten links in ten minutes; * the
# browser is unknown, and in ten minutes unknown browsers asked for at most five links to this address from this
# network, for at most ten from all networks, and for at most thirty to any address from this network; * the mailbox
# holds no link that works. The owner can therefore always sign in with the newest e-mail, whatever strangers ask
# for: they cannot use a link, so they can end one only by having a newer one e-mailed.
#
# Known and unknown addresses get the same answer at the same time, because the address is looked up after the
# answer.

log = structlog.get_logger()
WINDOW = timedelta(minutes=10)
PER_ADDRESS_FROM_ONE_NETWORK = 5
PER_ADDRESS = 10
PER_KNOWN_BROWSER = 10
PER_NETWORK = parse("30/10 minutes")
IPV6_NETWORK_BITS = 64
UNKNOWN = "network:"
PAUSE_SECONDS = 0.2
limiter = MovingWindowRateLimiter(MemoryStorage())


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """What one browser asked for. `address` is trimmed and in lower case; `device` is the cookie of a known browser."""

    address: str
    next_page: str
    network: str
    device: str | None


async def email_link_later(runtime: Runtime, asked: LinkRequest) -> None:
    """The same as `email_link`, a moment after the answer has left: the work for a known address must not slow it."""
    await asyncio.sleep(PAUSE_SECONDS)
    await run_in_threadpool(email_link, runtime, asked)


def email_link(runtime: Runtime, asked: LinkRequest) -> None:
    """E-mails a link to the owner of the address, if there is an owner and the limits allow a link.

    Runs after the answer has gone out. A fault is logged by its type alone and raises nothing.
    """
    network_allows = limiter.hit(PER_NETWORK, "network", asked.network)
    try:
        with runtime.ledger.write() as session:
            person = _owner(session, asked.address)
            if person is None:
                return
            sessions.lock_person(session, person.id)
            device = known_browser(runtime, asked.device, person.id) or unknown_browser(asked.network)
            if may_email_link(session, person.id, device, network_allows=network_allows):
                post_link(session, runtime, person, asked.next_page, device)
    except Exception as fault:  # the answer has gone out: there is nobody to tell but the operator
        log.error("sign_in_link_not_written", trouble=type(fault).__name__)


def may_email_link(session: Session, person_id: str, device: str, *, network_allows: bool) -> bool:
    """Whether the limits allow one more link to a known or an unknown browser."""
    recent = [link.device for link in sessions.links_since(session, person_id, now() - WINDOW)]
    from_this = recent.count(device)
    if not device.startswith(UNKNOWN):
        is_within = from_this < PER_KNOWN_BROWSER
    else:
        by_strangers = sum(other.startswith(UNKNOWN) for other in recent)
        is_within = network_allows and from_this < PER_ADDRESS_FROM_ONE_NETWORK and by_strangers < PER_ADDRESS
    return is_within or not sessions.has_working_link(session, person_id)


def post_link(session: Session, runtime: Runtime, person: Person, next_page: str, device: str) -> None:
    """Writes the e-mail with its link. The token is sealed in the outbox, for the sender alone."""
    token = sessions.make_link_token(session, person, next_page, device)
    sealed = seal_secret(token, key_from_setting(runtime.settings.secret_key), "sign_in")
    session.add(
        OutboxMail(
            id=secrets.token_hex(16),
            cause=f"sign_in:{sessions.hashed(token)[:16]}",
            kind="sign_in",
            recipient=person.email,
            params={"sealed_token": sealed, "name": person.name},
        )
    )


def new_browser_cookie(runtime: Runtime, person_id: str) -> str:
    """The value of the cookie by which a browser is known for the person who signs in there. It signs nobody in."""
    return seal_secret(f"{secrets.token_hex(8)}:{person_id}", key_from_setting(runtime.settings.secret_key), "browser")


def known_browser(runtime: Runtime, cookie: str | None, person_id: str) -> str:
    """The hash of a known browser of this person; empty for another person's cookie, an invalid cookie or none."""
    if not cookie:
        return ""
    try:
        opened = open_secret(cookie, key_from_setting(runtime.settings.secret_key), "browser")
    except (CannotOpen, UnicodeDecodeError):
        return ""
    return sessions.hashed(cookie) if opened.partition(":")[2] == person_id else ""


def unknown_browser(network: str) -> str:
    """The device of every unknown browser of one network."""
    return UNKNOWN + sessions.hashed(network)


def network_of(host: str | None) -> str:
    """The network that a limit counts: an IPv4 address, or the first 64 bits of an IPv6 address."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return host or "unknown"
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_NETWORK_BITS), strict=False))


def _owner(session: Session, address: str) -> Person | None:
    """The person with this address who may sign in. An invited address gets its person with the first link."""
    person = sessions.person_by_address(session, address)
    if person is None and open_to_address(session, address):
        person = Person(id=secrets.token_hex(8), email=address, name="")
        session.add(person)
        session.flush()
    return person if person is not None and person.disabled_at is None else None
