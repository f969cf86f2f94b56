"""A client's forms, each as it was filled in."""

from app.caspen.tables import Form
from app.records.kinds.forms import KIND
from app.records.section import Section, Tag


def tags(record: Form) -> tuple[Tag, ...]:
    told = {"Incomplete": record.status == "incomplete", "Restricted": record.restricted}
    return tuple((words, "") for words, is_so in told.items() if is_so)


SECTION = Section(
    name="forms", label="Forms", kind=KIND, empty="No form in your export.", size=5, whole=True, tags=tags
)
