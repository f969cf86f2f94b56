"""Practitioners: every person with appointments or notes has a user in Caspen, former staff included."""

from app.checklist.line import Act, CheckLine, Mark
from app.checklist.situation import Situation
from app.formatting import plural
from app.mapping.kind_roles import KindRole

NAME = "practitioners"
TITLE = "Invite every practitioner who comes along"


def check(facts: Situation) -> CheckLine:
    """Needs a practitioner before the export is read. After that, needs a decision about every practitioner in the
    export.
    """
    people = facts.workspace.practitioners
    invite = Act("Invite someone", f"{facts.places}#ppl", "in Caspen")
    if not people:
        what = "A user in Caspen for each practitioner, archived ones too if their history comes along."
        return CheckLine(NAME, "Team", TITLE, Mark.NEEDS, what, "Needs you", invite)
    so_far = f"{plural(len(people), 'practitioner')} in Caspen."
    if not facts.read:
        what = f"{so_far} We compare them with your export when it is here."
        return CheckLine(NAME, "Team", TITLE, Mark.DONE, what, "Done", Act("Change", f"{facts.places}#ppl"))
    missing = facts.undecided(KindRole.PRACTITIONER)
    if not missing:
        return CheckLine(NAME, "Team", TITLE, Mark.DONE, so_far, "Done")
    count = sum(person.appointments + person.notes for person in missing)
    title = f"Decide about {plural(len(missing), 'person', 'people')} not in Caspen"
    what = "In your export and not in Caspen. Invite them to bring their history, or leave it out on the names page."
    named = tuple(person.name for person in missing)
    unit = "appointments and notes"
    return CheckLine(NAME, "Team", title, Mark.NEEDS, what, "Needs you", invite, named, count, unit)
