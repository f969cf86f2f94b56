"""Locations: every place of the clinic exists in Caspen and is active, also those archived where it comes from."""

from app.checklist.line import Act, Line, Mark
from app.checklist.situation import Situation
from app.formatting import names, plural

NAME = "locations"


def look(here: Situation) -> Line:
    """Before the export is read: at least one location. After: none is named in it that nobody decided about."""
    added = [place.name for place in here.workspace.locations if not place.archived]
    title = "Add every location in Caspen"
    add = Act("Add a location", f"{here.places}#loc", "in Caspen")
    if not added:
        what = f"Each place you have in {here.source}, called businesses there, also those that are archived."
        return Line(NAME, "Locations", title, Mark.NEEDS, what, "Needs you", add)
    so_far = f"{plural(len(added), 'location')}: {names(added)}."
    if not here.read:
        what = f"{so_far} We compare them with your export when it is here. Add archived ones too."
        return Line(NAME, "Locations", title, Mark.DONE, what, "Done", Act("Change", f"{here.places}#loc"))
    missing = here.undecided("businesses")
    if not missing:
        return Line(NAME, "Locations", title, Mark.DONE, so_far, "Done")
    named = tuple(one.name for one in missing)
    what = "In your export and not in Caspen. Add it there, or say on the names page what becomes of it."
    count = sum(one.appointments for one in missing)
    return Line(NAME, "Locations", title, Mark.NEEDS, what, "Needs you", add, named, count, "appointments")
