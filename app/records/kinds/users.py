"""Users: the clinic's staff. The move invites none of them."""

from collections.abc import Iterator

from app.caspen.tables import User
from app.records.field import RecordField, text_field
from app.records.labels import INVITED, ROLES, join_parts, phones_field, to_label
from app.records.names_of_ids import RecordNames
from app.records.record_kind import RecordKind


def name(record: User) -> str:
    return join_parts((record.first_name, record.last_name), " ") or "-"


def fields(record: User, names: RecordNames) -> Iterator[RecordField]:
    yield text_field(
        "Name", join_parts((record.title, record.first_name, record.last_name), " "), "title", "first_name", "last_name"
    )
    yield text_field("E-mail", record.email, "email")
    yield text_field("Role", to_label(ROLES, record.role), "role", how="Caspen's role of the same rights, or of fewer")
    yield text_field("Invitation", to_label(INVITED, record.invite_state), "invite_state")
    yield text_field("State", "Active" if record.active else "Inactive", "active", how="Yes and no in words")
    yield phones_field(record.phone_numbers)


KIND = RecordKind(
    name="users",
    label="Users",
    noun="user",
    table=User,
    title=lambda record, names: name(record),
    fields=fields,
    listed=("E-mail", "Role", "Invitation", "State"),
    order=("last_name", "first_name", "id"),
    search=("first_name", "last_name", "email"),
    absent_note="Those that you matched with a user of Caspen's are not here: they stay as they are.",
)
