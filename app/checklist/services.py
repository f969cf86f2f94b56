"""Services: the clinic sets them up in Caspen, or has those of its old software brought across."""

from app.checklist.line import Act, Line, Mark
from app.checklist.situation import Situation
from app.formatting import plural

NAME = "services"
TITLE = "Choose how your services come across"


def look(here: Situation) -> Line:
    """Two ways. Set up by hand: every service that the export uses has its counterpart or a decision."""
    choose = Act("Choose", f"{here.base}/checklist#services", "how your services come across")
    if here.services_way is None:
        what = f"Set them up in Caspen yourself, or let us bring those of {here.source}."
        return Line(NAME, "Services", TITLE, Mark.NEEDS, what, "Needs you", choose)
    change = Act("Change", f"{here.base}/checklist#services", "how your services come across")
    missing = here.undecided("appointment_types")
    if here.services_way == "bring":
        what = f"We bring your {here.source} services that are not in Caspen yet."
        return Line(NAME, "Services", TITLE, Mark.DONE, what, "Done", change)
    have = [one for one in here.workspace.services if not one.archived]
    if not have:
        what = "You set them up in Caspen yourself. There is none yet."
        act = Act("Add a service", f"{here.places}#ser", "in Caspen")
        return Line(NAME, "Services", TITLE, Mark.NEEDS, what, "Needs you", act)
    if not here.read or not missing:
        what = f"You set them up in Caspen yourself: {plural(len(have), 'service')} so far."
        return Line(NAME, "Services", TITLE, Mark.DONE, what, "Done", change)
    named = tuple(one.name for one in missing)
    count = sum(one.appointments for one in missing)
    title = f"Set up {plural(len(missing), 'service')} in Caspen"
    what = "In your export and not in Caspen. Add them there, or say on the names page what becomes of them."
    act = Act("Add a service", f"{here.places}#ser", "in Caspen")
    return Line(NAME, "Services", title, Mark.NEEDS, what, "Needs you", act, named, count, "appointments")
