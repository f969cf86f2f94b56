"""Locations: every place of the clinic exists in Caspen and is active, archived places included."""

from app.checklist.line import Act, CheckLine, Mark
from app.checklist.situation import Situation
from app.formatting import names, plural
from app.mapping.kind_roles import KindRole

NAME = "locations"


def check(facts: Situation) -> CheckLine:
    """Needs a location before the export is read. After that, needs a decision about every location in the export."""
    added = [place.name for place in facts.workspace.locations if not place.archived]
    title = "Add every location in Caspen"
    add = Act("Add a location", f"{facts.places}#loc", "in Caspen")
    if not added:
        what = f"Each place you have in {facts.source}, called businesses there, also those that are archived."
        return CheckLine(NAME, "Locations", title, Mark.NEEDS, what, "Needs you", add)
    so_far = f"{plural(len(added), 'location')}: {names(added)}."
    if not facts.read:
        what = f"{so_far} We compare them with your export when it is here. Add archived ones too."
        return CheckLine(NAME, "Locations", title, Mark.DONE, what, "Done", Act("Change", f"{facts.places}#loc"))
    missing = facts.undecided(KindRole.LOCATION)
    if not missing:
        return CheckLine(NAME, "Locations", title, Mark.DONE, so_far, "Done")
    named = tuple(place.name for place in missing)
    what = "In your export and not in Caspen. Add it there, or say on the names page what becomes of it."
    count = sum(place.appointments for place in missing)
    return CheckLine(NAME, "Locations", title, Mark.NEEDS, what, "Needs you", add, named, count, "appointments")
