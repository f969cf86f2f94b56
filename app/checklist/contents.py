"""Contents: every kind that the clinic uses is in its export, or the clinic has acknowledged the gap."""

from app.checklist.line import Act, CheckLine, Mark
from app.checklist.situation import Situation
from app.formatting import plural

NAME = "contents"
GROUP = "Export"


def check(facts: Situation) -> CheckLine:
    """Blocks the trial while a used kind is missing without an acknowledgement."""
    if facts.absent:
        act = Act("See what is missing", f"{facts.base}/handover", "in your export")
        title = f"Add {plural(len(facts.absent), 'kind')} to your export, or say that it need not come"
        what = f"You use it in {facts.source}, and your export does not hold it:"
        return CheckLine(NAME, GROUP, title, Mark.NEEDS, what, "Needs you", act, facts.absent)
    tick = Act("Tick it", f"{facts.base}/uses")
    if not facts.uses_answered and not facts.read:
        what = f"Tick what you use in {facts.source}, so that nothing is forgotten in the export."
        return CheckLine(NAME, GROUP, "Say what you use", Mark.NEEDS, what, "Needs you", tick, blocks=False)
    change = Act("Change", f"{facts.base}/uses", "what you use") if facts.uses_answered else None
    if facts.read:
        what = "It is in your export, or you said that it need not come."
        return CheckLine(NAME, GROUP, "All that you use is there", Mark.DONE, what, "Done", change)
    return CheckLine(NAME, GROUP, "Say what you use", Mark.DONE, "We hold your export against it.", "Done", change)
