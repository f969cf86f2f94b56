"""Forms: what clients filled in and signed. One that was not finished is never sent again."""

from collections.abc import Iterator

from app.caspen.tables import Form
from app.mapping.forms import is_image
from app.records.field import Field, Sheet, said
from app.records.kind import NOTHING, RecordKind
from app.records.names import Names
from app.records.reader import Reader
from app.records.words import moment_field, told, yes_no

CLINICAL = frozenset({"content", "signatures"})


def hidden(record: Form | None, reader: Reader) -> frozenset[str]:
    return NOTHING if reader.clinical else CLINICAL


def sheet(record: Form) -> Sheet:
    """The form as it was filled in. A signature that is no picture is not shown as one."""
    images = {
        str(one.get("signature_id")): str(one.get("image"))
        for one in record.signatures or ()
        if is_image(str(one.get("image") or ""))
    }
    return Sheet(record.content, images)


def fields(record: Form, names: Names) -> Iterator[Field]:
    yield said("Client", names.of(record.client_id), "client_id")
    yield said("Name", record.name, "name")
    yield said("State", told({}, record.status), "status")
    yield moment_field("Completed", names.at(record.completed_at), record.completed_at, "completed_at")
    yield said("Restricted to practitioners", yes_no(record.restricted), "restricted", how="Yes and no in words")
    yield said("Template", names.of(record.template_id), "template_id")
    yield said("Appointment", names.of(record.appointment_id), "appointment_id")


def long(record: Form, names: Names) -> Iterator[Field]:
    yield Field("Form", sheet(record), ("content", "signatures"), how="Its questions and answers as Caspen's fields")


KIND = RecordKind(
    name="forms",
    label="Forms",
    one="form",
    table=Form,
    title=lambda record, names: record.name,
    fields=fields,
    long=long,
    heavy=("content", "signatures"),
    listed=("Client", "State", "Completed"),
    order=("name", "id"),
    listed_by=("-id",),
    search=("name",),
    hidden=hidden,
)
