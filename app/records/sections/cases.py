"""A client's cases. The used amount of a limit does not move, so each case asks to check its balance."""

from app.caspen.tables import Case
from app.records.kinds.cases import KIND
from app.records.section import ClientSection, Tag


def tags(record: Case) -> tuple[Tag, ...]:
    return (("Check the balance", "needs"),) if record.balance_to_check else ()


SECTION = ClientSection(name="cases", label="Cases", kind=KIND, empty="No case in your export.", tags=tags)
