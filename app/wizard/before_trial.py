"""What a trial waits for: a look at what is in the export, and the open lines of the checklist, each with its place."""

from collections.abc import Sequence

from app import checklist
from app.checklist.line import Act
from app.checklist.situation import Situation
from app.migration.models import Migration


def before_trial(migration: Migration, facts: Situation) -> tuple[Act, ...]:
    """Everything that blocks a trial. Empty if nothing does."""
    lines = checklist_before_trial(facts)
    if migration.found_acknowledged == migration.export_number:
        return lines
    return (Act("Look at what is in your export, and go on from there", f"{facts.base}/handover"), *lines)


def checklist_before_trial(facts: Situation) -> tuple[Act, ...]:
    """The open lines of the checklist that block a trial."""
    return tuple(line.on_page(facts.base) for line in checklist.lines_in_the_way(facts))


def errors_before_trial(in_the_way: Sequence[Act]) -> list[dict[str, str]]:
    """An error of the form that starts a trial for each thing that blocks the trial."""
    what = "this is" if len(in_the_way) == 1 else f"these {len(in_the_way)} things are"
    title = f"The trial starts when {what} done:"
    return [{"field": "start", "words": act.words, "href": act.href, "title": title} for act in in_the_way]
