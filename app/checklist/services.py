"""Services: the clinic sets them up in Caspen, or we bring those of its old software."""

from app.checklist.line import Act, CheckLine, Mark
from app.checklist.situation import Situation
from app.formatting import plural
from app.mapping.kind_roles import KindRole

NAME = "services"
TITLE = "Choose how your services come across"


def check(facts: Situation) -> CheckLine:
    """Needs a choice. If the clinic sets services up itself, every used service needs a match or a decision."""
    choose = Act("Choose", f"{facts.base}/checklist#services", "how your services come across")
    if facts.services_way is None:
        what = f"Set them up in Caspen yourself, or let us bring those of {facts.source}."
        return CheckLine(NAME, "Services", TITLE, Mark.NEEDS, what, "Needs you", choose)
    change = Act("Change", f"{facts.base}/checklist#services", "how your services come across")
    missing = facts.undecided(KindRole.SERVICE)
    if facts.services_way == "bring":
        what = f"We bring your {facts.source} services that are not in Caspen yet."
        return CheckLine(NAME, "Services", TITLE, Mark.DONE, what, "Done", change)
    have = [service for service in facts.workspace.services if not service.archived]
    if not have:
        what = "You set them up in Caspen yourself. There is none yet."
        act = Act("Add a service", f"{facts.places}#ser", "in Caspen")
        return CheckLine(NAME, "Services", TITLE, Mark.NEEDS, what, "Needs you", act)
    if not facts.read or not missing:
        what = f"You set them up in Caspen yourself: {plural(len(have), 'service')} so far."
        return CheckLine(NAME, "Services", TITLE, Mark.DONE, what, "Done", change)
    named = tuple(service.name for service in missing)
    count = sum(service.appointments for service in missing)
    title = f"Set up {plural(len(missing), 'service')} in Caspen"
    what = "In your export and not in Caspen. Add them there, or say on the names page what becomes of them."
    act = Act("Add a service", f"{facts.places}#ser", "in Caspen")
    return CheckLine(NAME, "Services", title, Mark.NEEDS, what, "Needs you", act, named, count, "appointments")
