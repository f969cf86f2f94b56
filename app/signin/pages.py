"""The pages to sign in and out. In development one may also enter as one of the demo people."""

import secrets
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlmodel import Session, col, select

from app.access import sessions
from app.access.models import Membership, Person
from app.access.rights import Role
from app.access.viewer import LABELS
from app.engine.runtime import Runtime
from app.migration.models import Migration, OutboxMail
from app.migration.states import OVER
from app.settings import Environment
from app.storage.encryption import key_from_setting, seal_secret
from app.web import cookie_name, go, own_address, page, visit_of

router = APIRouter()
PER_ADDRESS = parse("5/10 minutes")
PER_CALLER = parse("30/10 minutes")
MINUTES = sessions.LINK_LASTS // timedelta(minutes=1)
limiter = MovingWindowRateLimiter(MemoryStorage())


@router.get("/")
def start(request: Request) -> Response:
    """The way in: support to its list, a clinic to its move or to the page that starts one."""
    visit = visit_of(request)
    if visit.viewer is None:
        return go("/signin")
    if visit.viewer.is_support:
        return go("/support")
    with visit.read() as session:
        found = current_migration(session, *visit.viewer.workspace_ids)
    return go(f"/m/{found.id}" if found is not None else "/start")


def current_migration(session: Session, *workspace_ids: str) -> Migration | None:
    """The newest migration of these workspaces, an open one first."""
    every = session.exec(select(Migration).where(col(Migration.workspace_id).in_(workspace_ids))).all()
    newest = sorted(every, key=lambda m: (m.state not in OVER, m.created_at))
    return newest[-1] if newest else None


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
        return enter_as(runtime, address, back)
    if "@" not in address or len(address) > 254:
        words = "Enter the e-mail address that you use in Caspen, such as megan@clinic.example."
        told: dict[str, Any] = {"next": back, "people": people(runtime), "email": email}
        told["errors"] = [{"field": "email", "words": words}]
        return page(request, "signin/sign-in.html", 422, **told)
    caller = request.client.host if request.client else "unknown"
    if limiter.hit(PER_ADDRESS, "address", address) and limiter.hit(PER_CALLER, "caller", caller):
        with runtime.ledger.write() as session:
            person = sessions.person_by_email(session, address)
            if person is not None:
                post_link(session, runtime, person, back)
    return page(request, "signin/check-email.html", email=address, next=back, minutes=MINUTES)


def enter_as(runtime: Runtime, address: str, back: str) -> Response:
    """Development and test only: become one of the demo people."""
    with runtime.ledger.write() as session:
        person = sessions.person_by_email(session, address)
        if person is None:
            raise HTTPException(404)
        secret = sessions.sign_in(session, person.id)
    return with_cookie(runtime, back, secret)


def post_link(session: Session, runtime: Runtime, person: Person, next_page: str) -> None:
    """Writes the e-mail with its link. The token stands in the outbox sealed, for the sender alone."""
    token = sessions.make_link_token(session, person, next_page)
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


@router.get("/signin/{token}")
def confirm(request: Request, token: str) -> Response:
    """Opening the link does nothing yet: mail scanners open links too. The button signs in."""
    with visit_of(request).read() as session:
        good = sessions.token_is_good(session, token)
    return page(request, "signin/confirm.html", 200 if good else 410, token=token, good=good, minutes=MINUTES)


@router.post("/signin/{token}")
def enter_by_link(request: Request, token: str) -> Response:
    runtime: Runtime = request.app.state.runtime
    with runtime.ledger.write() as session:
        used = sessions.use_token(session, token)
        secret = sessions.sign_in(session, used[0]) if used else None
    if used is None or secret is None:
        return page(request, "signin/confirm.html", 410, token=token, good=False, minutes=MINUTES)
    return with_cookie(runtime, own_address(used[1]), secret)


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
    name = cookie_name(runtime)
    answer = go(address)
    secure = runtime.settings.environment is Environment.PRODUCTION
    answer.set_cookie(name, secret, path="/", httponly=True, samesite="lax", secure=secure)
    return answer


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
