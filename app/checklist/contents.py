"""What the clinic uses in its old software is in its export, or it said by name that it need not come."""

from app.checklist.line import Act, Line, Mark
from app.checklist.situation import Situation
from app.formatting import plural

NAME = "contents"
GROUP = "Export"


def look(here: Situation) -> Line:
    """No trial starts while a kind that is used lacks and nobody said that this is meant to be so."""
    if here.absent:
        act = Act("See what is missing", f"{here.base}/handover", "in your export")
        title = f"Add {plural(len(here.absent), 'kind')} to your export, or say that it need not come"
        what = f"You use it in {here.source}, and your export does not hold it:"
        return Line(NAME, GROUP, title, Mark.NEEDS, what, "Needs you", act, here.absent)
    tick = Act("Tick it", f"{here.base}/uses")
    if not here.uses_said and not here.read:
        what = f"Tick what you use in {here.source}, so that nothing is forgotten in the export."
        return Line(NAME, GROUP, "Say what you use", Mark.NEEDS, what, "Needs you", tick, blocks=False)
    change = Act("Change", f"{here.base}/uses", "what you use") if here.uses_said else None
    if here.read:
        what = "It is in your export, or you said that it need not come."
        return Line(NAME, GROUP, "All that you use is there", Mark.DONE, what, "Done", change)
    return Line(NAME, GROUP, "Say what you use", Mark.DONE, "We hold your export against it.", "Done", change)
