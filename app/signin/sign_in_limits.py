"""Limits of sign-in links, which no stranger can use to lock out the owner of an address.

A link is e-mailed in three cases:

* The browser is known: its owner signed in there before, and asked for at most 10 links in 10 minutes.
* The browser is unknown, and in 10 minutes unknown browsers asked for at most 5 links to this address from this
  network, at most 10 from all networks, and at most 30 to any address from this network.
* The mailbox holds no working link. So the owner can always sign in with the newest e-mail: strangers cannot use a
  link, and can end a link only by having a newer link e-mailed.

The link is e-mailed after the response: known and unknown addresses get the same response at the same time, because
the address is looked up afterwards.
"""

import asyncio
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from app.access import sessions
from app.access.access_tables import Person
from app.access.invitations import open_to_address
from app.db import now
from app.migration.mail_names import Mail
from app.migration.models import OutboxMail
from app.storage.encryption import CannotOpen, key_from_setting, open_secret, seal_secret
from app.worker.runtime import Runtime

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
class SignInLinkRequest:
    """A browser's request for a link. `address` is stripped and in lower case, `device` the cookie of a known
    browser.
    """

    address: str
    next_page: str
    network: str
    device: str | None


async def email_link_later(runtime: Runtime, asked: SignInLinkRequest) -> None:
    """Runs `email_link` after a pause, so that the work for a known address does not delay the response."""
    await asyncio.sleep(PAUSE_SECONDS)
    await run_in_threadpool(email_link, runtime, asked)


def email_link(runtime: Runtime, asked: SignInLinkRequest) -> None:
    """E-mails a link to the owner of the address, if there is an owner and the limits allow a link.

    Runs after the response. Logs a fault by its type and raises nothing.
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
    except Exception as fault:  # the response is sent: only the log remains
        log.error("sign_in_link_not_written", trouble=type(fault).__name__)


def may_email_link(session: Session, person_id: str, device: str, *, network_allows: bool) -> bool:
    """Whether the limits allow another link to a known or unknown browser."""
    recent = [link.device for link in sessions.links_since(session, person_id, now() - WINDOW)]
    from_this = recent.count(device)
    if not device.startswith(UNKNOWN):
        is_within = from_this < PER_KNOWN_BROWSER
    else:
        by_strangers = sum(other.startswith(UNKNOWN) for other in recent)
        is_within = network_allows and from_this < PER_ADDRESS_FROM_ONE_NETWORK and by_strangers < PER_ADDRESS
    return is_within or not sessions.has_working_link(session, person_id)


def post_link(session: Session, runtime: Runtime, person: Person, next_page: str, device: str) -> None:
    """Writes the e-mail with its link. The token is sealed in the outbox, and only the sender opens it."""
    token = sessions.make_link_token(session, person, next_page, device)
    sealed = seal_secret(token, key_from_setting(runtime.settings.secret_key), "sign_in")
    session.add(
        OutboxMail(
            id=secrets.token_hex(16),
            cause=f"sign_in:{sessions.hashed(token)[:16]}",
            kind=Mail.SIGN_IN.value,
            recipient=person.email,
            params={"sealed_token": sealed, "name": person.name},
        )
    )


def new_browser_cookie(runtime: Runtime, person_id: str) -> str:
    """The value of the cookie that identifies a browser of this person. The cookie signs nobody in."""
    return seal_secret(f"{secrets.token_hex(8)}:{person_id}", key_from_setting(runtime.settings.secret_key), "browser")


def known_browser(runtime: Runtime, cookie: str | None, person_id: str) -> str:
    """The hash of a known browser of this person. "" for another person's cookie, an invalid cookie or no cookie."""
    if not cookie:
        return ""
    try:
        opened = open_secret(cookie, key_from_setting(runtime.settings.secret_key), "browser")
    except (CannotOpen, UnicodeDecodeError):
        return ""
    return sessions.hashed(cookie) if opened.partition(":")[2] == person_id else ""


def unknown_browser(network: str) -> str:
    """The device of every unknown browser of a network."""
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
