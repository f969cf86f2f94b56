"""The Trial Conversion date: the day on which the clinic's free Caspen trial becomes paid."""

from app.checklist.line import Act, CheckLine, Mark
from app.checklist.situation import Situation
from app.formatting import day_year

NAME = "dates"
TITLE = "Give your Trial Conversion date"


def check(facts: Situation) -> CheckLine:
    """The date is optional. It only serves recommendations."""
    href = f"{facts.base}/checklist#conversion-form"
    if facts.conversion_date is None:
        what = "The day your free Caspen trial becomes paid. We tell you when best to export."
        return CheckLine(
            NAME, "Export", TITLE, Mark.LATER, what, "When you like", Act("Give the date", href), blocks=False
        )
    what = f"{day_year(facts.conversion_date)}."
    return CheckLine(NAME, "Export", TITLE, Mark.DONE, what, "Done", Act("Change", href, "the date"), blocks=False)
