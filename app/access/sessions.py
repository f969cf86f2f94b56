"""Sign-in by a single-use link, the session cookie, and sign-out. Only hashes are stored."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlmodel import Session, col, select, update

from app.access.access_tables import Membership, Person, SignedIn, SignInToken
from app.access.rights import Role
from app.access.viewer import Viewer
from app.db import now

LINK_LASTS = timedelta(minutes=30)
IDLE_CLINIC = timedelta(hours=2)
IDLE_SUPPORT = timedelta(minutes=15)
AT_MOST = timedelta(hours=8)
TOUCH_INTERVAL = timedelta(seconds=60)


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def person_by_email(session: Session, email: str) -> Person | None:
    """The person with this address, or None for unknown and disabled people."""
    person = person_by_address(session, email.strip().lower())
    return person if person is not None and person.disabled_at is None else None


def person_by_address(session: Session, address: str) -> Person | None:
    """The person with this address, disabled or not. `address` is trimmed and in lower case."""
    return session.exec(select(Person).where(Person.email == address)).first()


def make_link_token(session: Session, person: Person, next_page: str, device: str = "") -> str:
    """Makes a token for one sign-in within 30 minutes, and ends every older link of the person. Stores only the hash.

    `device` is the requesting browser, in the form of `SignInToken.device`.
    """
    lock_person(session, person.id)
    end_links(session, person.id)
    token = secrets.token_urlsafe(32)
    expires_at = now() + LINK_LASTS
    session.add(
        SignInToken(hash=hashed(token), person_id=person.id, next=next_page, device=device, expires_at=expires_at)
    )
    return token


def links_since(session: Session, person_id: str, since: datetime) -> list[SignInToken]:
    """The links that were made for a person after a moment, used or not."""
    made_later = col(SignInToken.expires_at) > since + LINK_LASTS
    return list(session.exec(select(SignInToken).where(SignInToken.person_id == person_id, made_later)).all())


def has_working_link(session: Session, person_id: str) -> bool:
    """Whether the person has a link that can still be used."""
    mine = select(SignInToken).where(SignInToken.person_id == person_id, col(SignInToken.expires_at) > now())
    return any(is_working(token) for token in session.exec(mine))


def is_working(token: SignInToken) -> bool:
    """Whether a link can still be used: not used, not ended by a newer link, not expired."""
    return token.used_at is None and token.ended_at is None and token.expires_at > now()


def person_of_link(session: Session, token: str) -> Person | None:
    """The person whom a link would sign in, or None when the link does not work.

    Reading never uses a link up, because mail scanners open links too.
    """
    link = session.get(SignInToken, hashed(token))
    if link is None or not is_working(link):
        return None
    person = session.get(Person, link.person_id)
    return person if person is not None and person.disabled_at is None else None


def use_token(session: Session, token: str) -> tuple[str, str] | None:
    """Uses a link up and ends every other link of the person.

    Returns the person's id and the page to open, or None when the link does not work.
    """
    person = person_of_link(session, token)
    if person is None:
        return None
    lock_person(session, person.id)
    moment = now()
    used = session.exec(
        update(SignInToken)
        .where(
            col(SignInToken.hash) == hashed(token),
            col(SignInToken.used_at).is_(None),
            col(SignInToken.ended_at).is_(None),
            col(SignInToken.expires_at) > moment,
        )
        .values(used_at=moment)
    )
    if used.rowcount != 1:
        return None
    end_links(session, person.id)
    return person.id, session.get_one(SignInToken, hashed(token)).next


def lock_person(session: Session, person_id: str) -> None:
    """Locks a person's row, so that changes of the person's links wait until the caller's transaction ends."""
    session.exec(select(Person.id).where(Person.id == person_id).with_for_update()).one()


def end_links(session: Session, person_id: str) -> None:
    """Ends every link of a person that was neither used nor ended."""
    session.exec(
        update(SignInToken)
        .where(
            col(SignInToken.person_id) == person_id,
            col(SignInToken.used_at).is_(None),
            col(SignInToken.ended_at).is_(None),
        )
        .values(ended_at=now())
    )


def sign_in(session: Session, person_id: str) -> str:
    """Starts a sign-in and returns the cookie's secret."""
    secret = secrets.token_urlsafe(32)
    session.add(SignedIn(hash=hashed(secret), person_id=person_id))
    return secret


def sign_out(session: Session, secret: str) -> None:
    """Ends one sign-in. The cookie is invalid from the next request."""
    signed_in = session.get(SignedIn, hashed(secret))
    if signed_in is not None:
        signed_in.ended_at = now()
        session.add(signed_in)


def end_sign_ins(session: Session, person_id: str) -> None:
    """Signs a person out in every browser and ends every sign-in link of this person."""
    session.exec(
        update(SignedIn)
        .where(col(SignedIn.person_id) == person_id, col(SignedIn.ended_at).is_(None))
        .values(ended_at=now())
    )
    end_links(session, person_id)


_touched: dict[str, datetime] = {}
"""The last uses that could not be written to the ledger, by the hash of the cookie."""
MOST_REMEMBERED = 10_000


def remember_touch(secret: str) -> None:
    """Notes in this process that the person is active, for a time when the ledger cannot be written."""
    if len(_touched) >= MOST_REMEMBERED:
        _touched.clear()
    _touched[hashed(secret)] = now()


def last_sign_of(signed_in: SignedIn) -> datetime:
    """When this sign-in was last used, according to the ledger or to this process."""
    return max(signed_in.seen_at, _touched.get(signed_in.hash, signed_in.seen_at))


def viewer_of(session: Session, secret: str | None) -> Viewer | None:
    """The person of a cookie. None when the sign-in has ended, was idle for too long or is eight hours old."""
    if not secret:
        return None
    signed_in = session.get(SignedIn, hashed(secret))
    if signed_in is None or signed_in.ended_at is not None:
        return None
    viewer = load_viewer(session, signed_in.person_id)
    if viewer is None:
        return None
    idle = IDLE_SUPPORT if viewer.is_support else IDLE_CLINIC
    moment = now()
    if moment - last_sign_of(signed_in) > idle or moment - signed_in.started_at > AT_MOST:
        return None
    return viewer


def needs_touch(session: Session, secret: str) -> datetime | None:
    """The time of the last recorded use, when it is old enough to be recorded again."""
    signed_in = session.get(SignedIn, hashed(secret))
    return signed_in.seen_at if signed_in is not None and now() - last_sign_of(signed_in) > TOUCH_INTERVAL else None


def touch(session: Session, secret: str) -> None:
    """Records that the person is active. Progress streams do not call this."""
    signed_in = session.get(SignedIn, hashed(secret))
    if signed_in is not None:
        signed_in.seen_at = now()
        session.add(signed_in)
        _touched.pop(signed_in.hash, None)


def load_viewer(session: Session, person_id: str) -> Viewer | None:
    person = session.get(Person, person_id)
    if person is None or person.disabled_at is not None:
        return None
    memberships = session.exec(select(Membership).where(Membership.person_id == person_id)).all()
    roles = tuple(sorted((m.workspace_id, Role(m.role)) for m in memberships))
    return Viewer(person.id, person.name or person.email, person.email, roles)
