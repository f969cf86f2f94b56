"""Practitioners: everybody whose appointments and notes come along has a user in Caspen, also those who have left."""

from app.checklist.line import Act, Line, Mark
from app.checklist.situation import Situation
from app.formatting import plural

NAME = "practitioners"
TITLE = "Invite every practitioner who comes along"


def look(here: Situation) -> Line:
    """Before the export is read: at least one practitioner. After: none is named in it that nobody decided about."""
    people = here.workspace.practitioners
    invite = Act("Invite someone", f"{here.places}#ppl", "in Caspen")
    if not people:
        what = "A user in Caspen for each practitioner, archived ones too if their history comes along."
        return Line(NAME, "Team", TITLE, Mark.NEEDS, what, "Needs you", invite)
    so_far = f"{plural(len(people), 'practitioner')} in Caspen."
    if not here.read:
        what = f"{so_far} We compare them with your export when it is here."
        return Line(NAME, "Team", TITLE, Mark.DONE, what, "Done", Act("Change", f"{here.places}#ppl"))
    missing = here.undecided("practitioners")
    if not missing:
        return Line(NAME, "Team", TITLE, Mark.DONE, so_far, "Done")
    count = sum(one.appointments + one.notes for one in missing)
    title = f"Decide about {plural(len(missing), 'person', 'people')} not in Caspen"
    what = "In your export and not in Caspen. Invite them to bring their history, or leave it out on the names page."
    named = tuple(one.name for one in missing)
    unit = "appointments and notes"
    return Line(NAME, "Team", title, Mark.NEEDS, what, "Needs you", invite, named, count, unit)
