"""Activities: services with no client in the room, such as a report or a phone call, are told apart from visits."""

from app.checklist.line import Act, Line, Mark
from app.checklist.situation import Situation
from app.formatting import plural

NAME = "activities"
TITLE = "Say which services are activities"


def look(here: Situation) -> Line:
    """Asked only of services that we bring, and only where the name leaves it open."""
    if not here.read:
        what = "We ask about unclear ones when your export is read: a report or a phone call has no client in the room."
        return Line(NAME, "Services", TITLE, Mark.LATER, what, "Later", blocks=False)
    if not here.unsure:
        return Line(NAME, "Services", TITLE, Mark.DONE, "None is unclear.", "Done")
    what = "An activity has no client in the room, such as a report or a phone call. Unclear:"
    about = f"about {plural(len(here.unsure), 'service')}"
    act = Act(f"Answer {len(here.unsure)}", f"{here.base}/matches?show=services", about)
    return Line(NAME, "Services", TITLE, Mark.NEEDS, what, "Needs you", act, here.unsure)
