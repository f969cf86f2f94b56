"""Who looks at a record: nobody reads clinical notes or confidential lines here who may not read them in Caspen."""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from app.access.models import Membership
from app.access.rights import Role
from app.access.viewer import Viewer
from app.caspen.stores import Stores
from app.caspen.tables import User

TREATS = frozenset({"practitioner_admin", "practitioner"})
NEVER = frozenset({"accountant"})


@dataclass(frozen=True, slots=True)
class Reader:
    """`clinical`: notes, forms and files; `confidential`: communications that were marked so."""

    clinical: bool
    confidential: bool


EVERYTHING = Reader(clinical=True, confidential=True)


def reader_of(ledger: Session, stores: Stores, workspace_id: str, viewer: Viewer) -> Reader:
    """By their role in the workspace. Who has none there, such as its owner, reads what this move lets them see.

    Managers and receptionists read no clinical notes unless an admin of the move said so; accountants never.
    """
    membership = ledger.get(Membership, (viewer.id, workspace_id))
    role = role_in_caspen(stores, workspace_id, viewer.email)
    if role is None:
        return Reader(clinical=True, confidential=viewer.role_in(workspace_id) is Role.ADMIN)
    is_granted = membership is not None and membership.clinical and role not in NEVER
    return Reader(clinical=role in TREATS or bool(is_granted), confidential=role == "practitioner_admin")


def role_in_caspen(stores: Stores, workspace_id: str, email: str) -> str | None:
    with stores.live.database.read() as session:
        return session.exec(
            select(User.role).where(
                User.workspace_id == workspace_id,
                func.lower(User.email) == email.lower(),
                col(User.deleted_at).is_(None),
            )
        ).first()
