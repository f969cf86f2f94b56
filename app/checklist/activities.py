"""Activities: services without a client in the room, such as a report or a phone call."""

from app.checklist.line import Act, CheckLine, Mark
from app.checklist.situation import Situation
from app.formatting import plural

NAME = "activities"
TITLE = "Say which services are activities"


def check(facts: Situation) -> CheckLine:
    """Asks only about services that we bring, and only if the name is unclear."""
    if not facts.read:
        what = "We ask about unclear ones when your export is read: a report or a phone call has no client in the room."
        return CheckLine(NAME, "Services", TITLE, Mark.LATER, what, "Later", blocks=False)
    if not facts.unsure:
        return CheckLine(NAME, "Services", TITLE, Mark.DONE, "None is unclear.", "Done")
    what = "An activity has no client in the room, such as a report or a phone call. Unclear:"
    about = f"about {plural(len(facts.unsure), 'service')}"
    act = Act(f"Answer {len(facts.unsure)}", f"{facts.base}/matches?show=services", about)
    return CheckLine(NAME, "Services", TITLE, Mark.NEEDS, what, "Needs you", act, facts.unsure)
