"""Users: who works at the clinic. None of them is invited by the move."""

from collections.abc import Iterator

from app.caspen.tables import User
from app.records.field import Field, said
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.words import INVITED, ROLES, lines, phones_field, told


def name(record: User) -> str:
    return lines((record.first_name, record.last_name), " ") or "-"


def fields(record: User, names: Names) -> Iterator[Field]:
    yield said(
        "Name", lines((record.title, record.first_name, record.last_name), " "), "title", "first_name", "last_name"
    )
    yield said("E-mail", record.email, "email")
    yield said("Role", told(ROLES, record.role), "role", how="Caspen's role of the same rights, or of fewer")
    yield said("Invitation", told(INVITED, record.invite_state), "invite_state")
    yield said("State", "Active" if record.active else "Inactive", "active", how="Yes and no in words")
    yield phones_field(record.phone_numbers)


KIND = RecordKind(
    name="users",
    label="Users",
    one="user",
    table=User,
    title=lambda record, names: name(record),
    fields=fields,
    listed=("E-mail", "Role", "Invitation", "State"),
    order=("last_name", "first_name", "id"),
    search=("first_name", "last_name", "email"),
    beside="Those that you matched with a user of Caspen's are not here: they stay as they are.",
)
