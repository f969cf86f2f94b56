"""Signing in and out. In development, a visitor can also enter as a demo person."""

from collections.abc import Iterable
from datetime import timedelta
from email.utils import parseaddr
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from sqlmodel import Session, col, select
from starlette.background import BackgroundTask

from app.access import sessions
from app.access.access_tables import Membership, Person
from app.access.rights import Role
from app.access.viewer import LABELS
from app.migration.models import Migration
from app.migration.states import OVER, State
from app.settings import Environment
from app.signin.sign_in_limits import SignInLinkRequest, email_link_later, network_of, new_browser_cookie
from app.web.page_context import cookie_name, go, own_address, page, visit_of
from app.worker.runtime import Runtime

router = APIRouter()
BROWSER_COOKIE = "caspen_browser"
BROWSER_KNOWN_FOR = timedelta(days=180)
MINUTES = sessions.LINK_LASTS // timedelta(minutes=1)


@router.get("/")
def show_start(request: Request) -> Response:
    """Redirects to the visitor's page: support to its list, a clinic to its move or to the start page.

    A person with several clinics, or none, chooses first. An open invitation changes nothing.
    """
    visit = visit_of(request)
    if visit.viewer is None:
        return go("/signin")
    if visit.viewer.is_support:
        return go("/support")
    if len(visit.viewer.workspace_ids) != 1:
        return go("/clinics")
    with visit.read() as session:
        migration = current_migration(session, *visit.viewer.workspace_ids)
    return go(f"/m/{migration.id}" if migration is not None else "/start")


def current_migration(session: Session, *workspace_ids: str) -> Migration | None:
    """The migration of these workspaces that their people are redirected to."""
    every = session.exec(select(Migration).where(col(Migration.workspace_id).in_(workspace_ids))).all()
    return chosen_of(every)


def chosen_of(migrations: Iterable[Migration]) -> Migration | None:
    """The newest open migration, else the newest live migration, else the newest. None without a migration."""
    ordered = sorted(migrations, key=lambda m: (m.state not in OVER, m.state == State.FINALISED, m.created_at))
    return ordered[-1] if ordered else None


@router.get("/signin")
def show_sign_in(request: Request, next: str = "/") -> Response:  # noqa: A002 - the address says next
    values: dict[str, Any] = {"next": own_address(next), "people": people(request.app.state.runtime), "email": ""}
    return page(request, "signin/sign-in.html", **values)


@router.post("/signin")
def send_link(
    request: Request,
    email: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the form says next
    act: Annotated[str, Form()] = "link",
) -> Response:
    """E-mails a link. Known and unknown addresses get the same response. Development also allows entry without a
    link.
    """
    runtime: Runtime = request.app.state.runtime
    address, back = email.strip().lower(), own_address(next)
    if act == "enter" and runtime.settings.is_development:
        return enter_as(request, address, back)
    if "@" not in address or len(address) > 254 or not address.isprintable():
        words = "Enter the e-mail address that you use in Caspen, such as megan@clinic.example."
        values: dict[str, Any] = {"next": back, "people": people(runtime), "email": email}
        values["errors"] = [{"field": "email", "words": words}]
        return page(request, "signin/sign-in.html", 422, **values)
    network = network_of(request.client.host if request.client else None)
    asked = SignInLinkRequest(address, back, network, request.cookies.get(browser_cookie_name(runtime)))
    sender = parseaddr(runtime.settings.mail_from)[1]
    answer = page(request, "signin/check-email.html", email=address, next=back, minutes=MINUTES, sender=sender)
    answer.background = BackgroundTask(email_link_later, runtime, asked)
    return answer


def enter_as(request: Request, address: str, back: str) -> Response:
    """Development and test only: signs in as a demo person."""
    runtime: Runtime = request.app.state.runtime
    with runtime.ledger.write() as session:
        person = sessions.person_by_email(session, address)
        if person is None:
            raise HTTPException(404)
        secret = start_session(session, request, person.id)
    return with_cookie(runtime, back, secret)


def start_session(session: Session, request: Request, person_id: str) -> str:
    """Signs a person in and ends the browser's earlier session. Returns the cookie's secret."""
    before = request.cookies.get(cookie_name(request.app.state.runtime))
    if before:
        sessions.sign_out(session, before)
    return sessions.sign_in(session, person_id)


@router.get("/signin/{token}")
def show_confirmation(request: Request, token: str) -> Response:
    """Shows the account that the button signs in. A GET signs nobody in, because mail scanners open links."""
    visit = visit_of(request)
    with visit.read() as session:
        person = sessions.person_of_link(session, token)
    if person is None:
        return render_invalid_link(request)
    other = visit.viewer if visit.viewer is not None and visit.viewer.id != person.id else None
    values: dict[str, Any] = {"token": token, "good": True, "person": person, "other": other}
    return page(request, "signin/confirm.html", **values)


@router.post("/signin/{token}")
def enter_by_link(request: Request, token: str) -> Response:
    """Signs the owner of the link in, and the browser's earlier person out. A link works once."""
    runtime: Runtime = request.app.state.runtime
    with runtime.ledger.write() as session:
        used = sessions.use_token(session, token)
        secret = start_session(session, request, used[0]) if used else None
    if used is None or secret is None:
        return render_invalid_link(request)
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


def render_invalid_link(request: Request) -> Response:
    """Renders the same page for a used, ended, expired or invented link."""
    return page(request, "signin/confirm.html", 410, good=False, minutes=MINUTES)


@router.get("/signout")
def show_sign_out(request: Request) -> Response:
    return page(request, "signin/signed-out.html", signed_out=visit_of(request).viewer is None)


@router.post("/signout")
def sign_out(request: Request) -> Response:
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
    """Whether cookies are sent over TLS only."""
    return runtime.settings.environment is Environment.PRODUCTION


def browser_cookie_name(runtime: Runtime) -> str:
    """The cookie that identifies a known browser after its owner signed out."""
    return f"__Host-{BROWSER_COOKIE}" if is_secure(runtime) else BROWSER_COOKIE


def people(runtime: Runtime) -> list[dict[str, str]]:
    """The people to enter as, in development. Empty in production."""
    if not runtime.settings.is_development:
        return []
    with runtime.ledger.read() as session:
        rows = session.exec(select(Person, Membership).join(Membership).order_by(Person.name)).all()
    return [
        {"name": person.name, "email": person.email, "role_label": LABELS[Role(membership.role)], "clinic": ""}
        for person, membership in rows
    ]
