"""A client's forms, as they were filled in."""

from app.caspen.tables import Form
from app.records.kinds.forms import KIND
from app.records.section import ClientSection, Tag


def tags(record: Form) -> tuple[Tag, ...]:
    labels = {"Incomplete": record.status == "incomplete", "Restricted": record.restricted}
    return tuple((words, "") for words, is_so in labels.items() if is_so)


SECTION = ClientSection(
    name="forms", label="Forms", kind=KIND, empty="No form in your export.", size=5, whole=True, tags=tags
)
