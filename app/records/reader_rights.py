"""The reader of a record. Clinical notes and confidential lines need the same right as in Caspen."""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from app.access.access_tables import Membership
from app.access.rights import Role
from app.access.viewer import Viewer
from app.caspen.stores import Stores
from app.caspen.tables import User

TREATS = frozenset({"practitioner_admin", "practitioner"})
NEVER = frozenset({"accountant"})


@dataclass(frozen=True, slots=True)
class Reader:
    """`clinical`: notes, forms and files. `confidential`: confidential communications."""

    clinical: bool
    confidential: bool


EVERYTHING = Reader(clinical=True, confidential=True)


def reader_of(ledger: Session, stores: Stores, workspace_id: str, viewer: Viewer) -> Reader:
    """What a person of the move may read, by the person's role in the clinic's Caspen workspace.

    Practitioners read clinical notes. An admin of the move without a user in Caspen, such as the clinic's owner,
    reads everything. Others read clinical notes only if an admin of the move allows it. Accountants never do.
    """
    membership = ledger.get(Membership, (viewer.id, workspace_id))
    role = role_in_caspen(stores, workspace_id, viewer.email)
    is_granted = membership is not None and membership.clinical and role not in NEVER
    is_owner = role is None and viewer.role_in(workspace_id) is Role.ADMIN
    return Reader(
        clinical=is_owner or role in TREATS or is_granted, confidential=is_owner or role == "practitioner_admin"
    )


def role_in_caspen(stores: Stores, workspace_id: str, email: str) -> str | None:
    with stores.live.database.read() as session:
        return session.exec(
            select(User.role).where(
                User.workspace_id == workspace_id,
                func.lower(User.email) == email.lower(),
                col(User.deleted_at).is_(None),
            )
        ).first()
