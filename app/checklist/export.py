"""The export: made in the old software, any time to any time, and handed over."""

from datetime import timedelta

from app.checklist.line import Act, Line, Mark
from app.checklist.situation import Held, Situation
from app.formatting import day_year, plural

NAME = "export"
DONE = {
    Held.EVERYTHING: "Your export is with us.",
    Held.DELETED: "Your export was read, and our copy of it is deleted.",
}


def look(here: Situation) -> Line:
    """Best 24 hours before the Trial Conversion date, and possible at any time: a recommendation, never a gate.

    What was said of its files since it was read is a gate: the trial would be made without it.
    """
    title = f"Export from {here.source} and hand it over"
    if here.unread_answers:
        title = "Read the export again, with what you said of its files"
        said = plural(here.unread_answers, "answer is", "answers are")
        act = Act("Go to your files", f"{here.base}/files")
        return Line(NAME, "Export", title, Mark.NEEDS, f"{said} kept and not read yet.", "Needs you", act)
    if here.export_held in DONE:
        return Line(NAME, "Export", title, Mark.DONE, DONE[here.export_held], "Done", blocks=False)
    progress = f"{here.base}/progress"
    if here.export_held is Held.DOWNLOADING:
        what = "It is being downloaded from your link. Not all of it is here yet."
        return Line(
            NAME, "Export", title, Mark.LATER, what, "Under way", Act("See the progress", progress), blocks=False
        )
    if here.export_held is Held.STOPPED:
        what = "The work on it stopped. Nothing goes on before you say how."
        return Line(NAME, "Export", title, Mark.NEEDS, what, "Needs you", Act("See what to do", progress), blocks=False)
    later = f"What you add to {here.source} afterwards does not come by itself."
    what = f"You can export at any time. {later}"
    if here.conversion_date:
        best = day_year(here.conversion_date - timedelta(days=1))
        what = f"Best on {best}, 24 hours before your Trial Conversion date. Earlier works too. {later}"
    act = Act("How it works", f"{here.base}/export")
    return Line(NAME, "Export", title, Mark.LATER, what, "Next", act, blocks=False)
