"""The export: made in the old software, at any time, and handed over."""

from datetime import timedelta

from app.checklist.line import Act, CheckLine, Mark
from app.checklist.situation import Held, Situation
from app.formatting import day_year, plural

NAME = "export"
DONE = {
    Held.EVERYTHING: "Your export is with us.",
    Held.DELETED: "Your export was read, and our copy of it is deleted.",
}


def check(facts: Situation) -> CheckLine:
    """Recommends 24 hours before the Trial Conversion date, and never blocks by date.

    Answers about files that no reading has used do block: the trial would ignore them.
    """
    title = f"Export from {facts.source} and hand it over"
    if facts.unread_answers:
        title = "Read the export again, with what you said of its files"
        answers = plural(facts.unread_answers, "answer is", "answers are")
        act = Act("Go to your files", f"{facts.base}/files")
        return CheckLine(NAME, "Export", title, Mark.NEEDS, f"{answers} kept and not read yet.", "Needs you", act)
    if facts.export_held in DONE:
        return CheckLine(NAME, "Export", title, Mark.DONE, DONE[facts.export_held], "Done", blocks=False)
    progress = f"{facts.base}/progress"
    if facts.export_held is Held.DOWNLOADING:
        what = "It is being downloaded from your link. Not all of it is here yet."
        return CheckLine(
            NAME, "Export", title, Mark.LATER, what, "Under way", Act("See the progress", progress), blocks=False
        )
    if facts.export_held is Held.STOPPED:
        what = "The work on it stopped. Nothing goes on before you say how."
        return CheckLine(
            NAME, "Export", title, Mark.NEEDS, what, "Needs you", Act("See what to do", progress), blocks=False
        )
    later = f"What you add to {facts.source} afterwards does not come by itself."
    what = f"You can export at any time. {later}"
    if facts.conversion_date:
        best = day_year(facts.conversion_date - timedelta(days=1))
        what = f"Best on {best}, 24 hours before your Trial Conversion date. Earlier works too. {later}"
    act = Act("How it works", f"{facts.base}/export")
    return CheckLine(NAME, "Export", title, Mark.LATER, what, "Next", act, blocks=False)
