"""Invitations: every invited practitioner has accepted before the trial starts. Support may let this one pass."""

from app.checklist.line import Act, Line, Mark
from app.checklist.situation import Situation

NAME = "invitations"
TITLE = "Practitioners accept their invitation"


def look(here: Situation) -> Line:
    """Waits for the people themselves: the clinic can only remind them. Nobody waits for a person who cannot sign in,
    such as one whom an earlier move brought without an invitation."""
    people = [one for one in here.workspace.practitioners if one.active and one.is_invited]
    waiting = tuple(one.name for one in people if one.is_awaited)
    waived = NAME in here.waived
    reason = here.waived.get(NAME, "")
    if not here.workspace.practitioners:
        what = "Each one gets an e-mail from Caspen when you invite them."
        return Line(NAME, "Team", TITLE, Mark.LATER, what, "Later", waivable=True, waived=waived, reason=reason)
    if not waiting:
        what = f"{len(people)} of {len(people)} have." if people else "No invitation is open."
        return Line(NAME, "Team", TITLE, Mark.DONE, what, "Done", waivable=True)
    what = f"{len(people) - len(waiting)} of {len(people)} have. Not yet:"
    words = "Support let it pass" if waived else f"Waiting on {len(waiting)}"
    act = Act("See who", f"{here.places}#ppl", "has not accepted")
    mark = Mark.DONE if waived else Mark.WAIT
    return Line(NAME, "Team", TITLE, mark, what, words, act, waiting, waivable=True, waived=waived, reason=reason)
