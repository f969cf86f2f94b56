"""Invitations: every invited practitioner has accepted before the trial starts. Support may waive this check."""

from app.checklist.line import Act, CheckLine, Mark
from app.checklist.situation import Situation

NAME = "invitations"
TITLE = "Practitioners accept their invitation"


def check(facts: Situation) -> CheckLine:
    """Waits for the invited people, whom the clinic can remind. People who cannot sign in are not waited for."""
    people = [person for person in facts.workspace.practitioners if person.active and person.is_invited]
    waiting = tuple(person.name for person in people if person.is_awaited)
    waived = NAME in facts.waived
    reason = facts.waived.get(NAME, "")
    if not facts.workspace.practitioners:
        what = "Each one gets an e-mail from Caspen when you invite them."
        return CheckLine(NAME, "Team", TITLE, Mark.LATER, what, "Later", waivable=True, waived=waived, reason=reason)
    if not waiting:
        what = f"{len(people)} of {len(people)} have." if people else "No invitation is open."
        return CheckLine(NAME, "Team", TITLE, Mark.DONE, what, "Done", waivable=True)
    what = f"{len(people) - len(waiting)} of {len(people)} have. Not yet:"
    words = "Support waived this check" if waived else f"Waiting on {len(waiting)}"
    act = Act("See who", f"{facts.places}#ppl", "has not accepted")
    mark = Mark.DONE if waived else Mark.WAIT
    return CheckLine(NAME, "Team", TITLE, mark, what, words, act, waiting, waivable=True, waived=waived, reason=reason)
