"""The clinic's decisions on rows of its setup: create the record, match it with an existing record, or leave it out.

Every source asks these before it makes a record of a location, a practitioner, a service or a custom field.
"""

from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.names import normalise_name
from app.mapping.rows import Mapped, NotMapped, Outcome, Result


def decided(role: KindRole, source_id: str, lookups: Lookups) -> Result | None:
    """The result of a row that the clinic matched or left out; None for a row to create."""
    choice = lookups.plan.choice(role, source_id)
    if choice.to == "match":
        return Mapped(())
    if choice.to == "leave_out":
        return NotMapped(Outcome.LEFT_OUT)
    return None


def name_key(name: str) -> str:
    """The source id of a record that rows only name: `name:` and the normalised name."""
    return f"name:{normalise_name(name)}"


def named_id(table: str, kind: str, name: str, lookups: Lookups) -> str:
    """The id of the workspace's record of that name, else of the record that mentions of the name make."""
    existing = lookups.existing.get(table, {}).get(normalise_name(name))
    return existing or lookups.ids.derive(table, kind, name_key(name))
