"""Signing in by a single-use link, staying signed in by a cookie, and signing out. Only hashes are kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from app.access.models import Membership, Person, SignedIn, SignInToken
from app.access.rights import Role
from app.access.viewer import Viewer
from app.db import now

LINK_LASTS = timedelta(minutes=30)
IDLE_CLINIC = timedelta(hours=2)
IDLE_SUPPORT = timedelta(minutes=15)
AT_MOST = timedelta(hours=8)
SEEN_EVERY = timedelta(seconds=30)


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def person_by_email(session: Session, email: str) -> Person | None:
    """The person with this address, if they may sign in."""
    found = session.exec(select(Person).where(Person.email == email.strip().lower())).first()
    return found if found is not None and found.disabled_at is None else None


def make_link_token(session: Session, person: Person, next_page: str) -> str:
    """A token for one sign-in within 30 minutes; only its hash is stored."""
    token = secrets.token_urlsafe(32)
    session.add(SignInToken(hash=hashed(token), person_id=person.id, next=next_page, expires_at=now() + LINK_LASTS))
    return token


def token_is_good(session: Session, token: str) -> bool:
    """Whether a link would still work. Looking never uses it up: mail scanners open links too."""
    found = session.get(SignInToken, hashed(token))
    return found is not None and found.used_at is None and found.expires_at > now()


def use_token(session: Session, token: str) -> tuple[str, str] | None:
    """Uses a link up. Returns the person and the page to open, or None when it was used or is too old."""
    moment = now()
    used = session.exec(
        update(SignInToken)
        .where(
            col(SignInToken.hash) == hashed(token),
            col(SignInToken.used_at).is_(None),
            col(SignInToken.expires_at) > moment,
        )
        .values(used_at=moment)
    )
    if used.rowcount != 1:
        return None
    found = session.get(SignInToken, hashed(token))
    return (found.person_id, found.next) if found is not None else None


def sign_in(session: Session, person_id: str) -> str:
    """Starts a sign-in and returns the cookie's secret."""
    secret = secrets.token_urlsafe(32)
    session.add(SignedIn(hash=hashed(secret), person_id=person_id))
    return secret


def sign_out(session: Session, secret: str) -> None:
    """Ends one sign-in; from the next request on the cookie opens nothing."""
    found = session.get(SignedIn, hashed(secret))
    if found is not None:
        found.ended_at = now()
        session.add(found)


def viewer_of(session: Session, secret: str | None) -> Viewer | None:
    """The person whose cookie this is, unless it ended, idled out or is eight hours old."""
    if not secret:
        return None
    found = session.get(SignedIn, hashed(secret))
    if found is None or found.ended_at is not None:
        return None
    viewer = load_viewer(session, found.person_id)
    if viewer is None:
        return None
    idle = IDLE_SUPPORT if viewer.is_support else IDLE_CLINIC
    moment = now()
    if moment - found.seen_at > idle or moment - found.started_at > AT_MOST:
        return None
    return viewer


def needs_touch(session: Session, secret: str) -> datetime | None:
    """When this sign-in was last seen, if that is long enough ago to be written down again."""
    found = session.get(SignedIn, hashed(secret))
    return found.seen_at if found is not None and now() - found.seen_at > SEEN_EVERY else None


def touch(session: Session, secret: str) -> None:
    """Notes that the person is still here. An open progress stream does not count as being here."""
    found = session.get(SignedIn, hashed(secret))
    if found is not None:
        found.seen_at = now()
        session.add(found)


def load_viewer(session: Session, person_id: str) -> Viewer | None:
    person = session.get(Person, person_id)
    if person is None or person.disabled_at is not None:
        return None
    memberships = session.exec(select(Membership).where(Membership.person_id == person_id)).all()
    roles = tuple(sorted((m.workspace_id, Role(m.role)) for m in memberships))
    return Viewer(person.id, person.name, person.email, roles)
