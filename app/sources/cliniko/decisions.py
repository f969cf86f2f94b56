"""What the clinic decided for a business, user, practitioner or appointment type: to create it, or something else."""

from app.mapping.lookups import Lookups
from app.mapping.names import normalise_name
from app.mapping.rows import Mapped, NotMapped, Outcome, Result


def decided(kind: str, source_id: str, lookups: Lookups) -> Result | None:
    """The result of a row for which the clinic chose something else than to create it."""
    choice = lookups.plan.choice(kind, source_id)
    if choice.to == "match":
        return Mapped(())
    if choice.to == "leave_out":
        return NotMapped(Outcome.LEFT_OUT)
    return None


def name_key(name: str) -> str:
    """What the id of a thing is derived from that rows only name."""
    return f"name:{normalise_name(name)}"


def named_id(table: str, kind: str, name: str, lookups: Lookups) -> str:
    """The id of a thing that is known by its name: the workspace's own, else the one that mentions make."""
    existing = lookups.existing.get(table, {}).get(normalise_name(name))
    return existing or lookups.ids.derive(table, kind, name_key(name))
