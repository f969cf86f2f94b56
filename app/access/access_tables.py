"""The ledger's tables for people, their roles, invitations and sign-ins."""

from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from app.access.rights import Role
from app.db import LedgerTable, UTCDateTime, now

ROLES = frozenset(role.value for role in Role)


class Person(LedgerTable, table=True):
    """A person who signs in: a member of a clinic, or Caspen's staff."""

    id: str = Field(primary_key=True)
    email: str = Field(unique=True)
    name: str
    disabled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Membership(LedgerTable, table=True):
    """A person's role: admin, reviewer or viewer of one workspace; support or support_lead of all (workspace `*`).

    `clinical` allows a manager or receptionist to read clinical notes, which Caspen does not allow by default.
    """

    fits: ClassVar = {"role": ROLES.__contains__}

    person_id: str = Field(primary_key=True, foreign_key="person.id")
    workspace_id: str = Field(primary_key=True)
    role: str
    clinical: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})


class Invitation(LedgerTable, table=True):
    """An offer of a role in one workspace to the owner of an e-mail address. Grants nothing before it is accepted.

    An invitation is open until it is accepted, declined or withdrawn, or until `expires_at`. `migration_id` is the
    migration on whose page the invitation was written.
    """

    fits: ClassVar = {"role": ROLES.__contains__}

    id: str = Field(primary_key=True)
    workspace_id: str = Field(index=True)
    migration_id: str
    email: str = Field(index=True)
    role: str
    clinical: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    invited_by: str = Field(foreign_key="person.id")
    invited_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    accepted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    declined_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class SignInToken(LedgerTable, table=True):
    """A single-use link that was e-mailed. Only its hash is stored.

    `ended_at` is when a newer link of the same person, or the use of another link, ended this link. `device` is the
    hash of the known browser that requested the link; for an unknown browser, `network:` and the hash of its network.
    """

    __tablename__ = "sign_in_token"

    hash: str = Field(primary_key=True)
    person_id: str = Field(index=True)
    next: str = "/"
    device: str = Field(default="", sa_column_kwargs={"server_default": ""})
    expires_at: datetime = Field(sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class SignedIn(LedgerTable, table=True):
    """A signed-in browser. Only the hash of its cookie is stored."""

    __tablename__ = "signed_in"

    hash: str = Field(primary_key=True)
    person_id: str = Field(index=True)
    workspace_id: str | None = None
    started_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    seen_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class KeyCheck(LedgerTable, table=True):
    """A known text, sealed with the key of a setting at the start of the ledger. No other key opens it."""

    __tablename__ = "key_check"

    setting: str = Field(primary_key=True)
    sealed: str


class SentKey(LedgerTable, table=True):
    """An Idempotency-Key of a browser: hashes of both, of the request, and the location of the first response.

    `location` is empty while the request is in progress.
    """

    __tablename__ = "sent_key"

    who: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    digest: str
    begun_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    location: str = ""
