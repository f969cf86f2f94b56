"""The text of each completeness warning: the facts, and the statement that a clinic ticks to go on."""

from dataclasses import dataclass

from app.formatting import day_year, number, plural
from app.formatting import names as listed
from app.mapping.kind import Source
from app.mapping.plan import ENCODINGS
from app.migration.completeness_warnings import CompletenessWarning, Days
from app.migration.states import Event, State, move_for


@dataclass(frozen=True, slots=True)
class WarningText:
    """`title` states the facts, with both dates; `small` what to do; `tick` the statement to tick.

    `suggests_missing`: the warning suggests that the export is incomplete.
    """

    key: str
    code: str
    title: str
    small: str
    tick: str
    suggests_missing: bool = True


MOST_NAMES = 10  # a title names so many files; further files are counted
AGAIN = "Choose “Any time” for both dates when you export, unless you want this range only."
CUTS = {
    "csv_unclosed_quote": "a quotation mark is never closed",
    "file_may_be_cut": "the last row ends early",
    "cell_may_be_cut": "a text has exactly as many characters as a spreadsheet cell can hold",
}
SIGNS = {
    "none_ahead": (
        "No appointment lies ahead",
        "Was the export made with an end date?",
        "We have no appointments ahead",
    ),
    "starts_late": (
        "The first appointment is more than a year later than the first client",
        "Does the export start with a date?",
        "We had no appointments before",
    ),
}


def to_text(warning: CompletenessWarning, source: Source, state: State = State.REVIEWING) -> WarningText:
    """A warning in the clinic's words. The text names only acts that are possible in the migration's `state`."""
    if warning.signs:
        signs = (f"{source.kind(kind).label.lower()}: {CUTS[code]}" for code, kind in warning.signs)
        small = f"We see it by this: {'; '.join(signs)}. Export again, and do not open the files in a spreadsheet."
        title = "Part of the export may be cut off"
        return WarningText(warning.key, warning.code, title, small, "Nothing is missing from it")
    names = [source.kind(kind).label for kind in warning.kinds]
    label = listed([names[0], *(name.lower() for name in names[1:])]) if names else ""
    words = _words(warning, label, label.lower(), source.label, state)
    return WarningText(warning.key, warning.code, *words, warning.suggests_missing)


def _words(warning: CompletenessWarning, label: str, lower: str, source: str, state: State) -> tuple[str, str, str]:
    days = " and ".join(range_of(days) for days in warning.days)
    count = warning.count
    match warning.code:
        case "kind_absent":
            return f"Not in your export: {lower}", f"You use it in {source}.", f"We go on without {lower}"
        case "partial_export":
            return f"{label}: only {days} was exported", AGAIN, f"We want these days of {lower} only"
        case "partial_export_gap":
            small = "Export the missing days, too, or everything from any time to any time."
            return f"{label}: nothing was exported of {days}", small, f"We go on without these days of {lower}"
        case "json_pages_missing":
            title = f"{label}: the files announce {number(count)} more than they hold"
            return title, "Some of their pages are missing. Hand over all of them.", f"We go on without them: {lower}"
        case "zip_part_missing":
            title = f"{plural(count, 'zip')} of the download {'is' if count == 1 else 'are'} missing"
            return (
                title,
                "They are numbered 001, 002 and so on. Hand over all of them.",
                "We go on without it",
            )
        case "encoding_guessed":
            used, *others = (ENCODINGS.get(name, name) for name in warning.encodings)
            title = f"{label}: we are not sure how letters with accents are stored"
            small = f"We read them as {used}, and {' or '.join(others)} fits as well. Look at names with accents below."
            return title, small, f"The names with accents in {lower} are right"
        case "export_dates_differ":
            title = f"The files were exported on different days, {days}"
            small = "Something may have changed in between. Export everything on one day to be sure."
            return title, small, "That is right, we have looked at what changed in between"
        case "many_orphans":
            title = f"{label}: more than a fifth belong to something that is not in the export, {number(count)} in all"
            small = f"Export again from {source} without dates, so that what they belong to comes along."
            return title, small, f"These {lower} may stay behind"
        case "content_is_text":
            hold = "holds" if count == 1 else "hold"
            title = f"{label}: {number(count)} {hold} plain text where questions and answers were expected"
            small = "Each came word for word, as one answer. Look at some of them before you approve."
            return title, small, f"These {lower} may come as plain text"
        case "gone_from_export":
            are = "is" if count == 1 else "are"
            title = f"{label}: {number(count)} that an earlier move brought {are} not in this export"
            small = f"Nothing of them changes in Caspen. Were they deleted in {source}, or is the export cut?"
            return title, small, f"These {lower} stay in Caspen as they are"
        case "files_unanswered":
            return _not_identified(warning, state)
        case "count_differs":
            return _count(warning, label, lower, source)
        case sign:
            return SIGNS[sign]


def _not_identified(warning: CompletenessWarning, state: State) -> tuple[str, str, str]:
    named = [f"“{name}”" for name in warning.files[:MOST_NAMES]]
    rest = len(warning.files) - len(named)
    files = listed([*named, plural(rest, "other file")] if rest else named)
    them, they_are = ("the file", "it is") if len(warning.files) == 1 else ("the files", "they are")
    was = "was" if warning.count == 1 else "were"
    title = f"{plural(warning.count, 'row')} of {files} {was} not brought: nobody has said what {they_are}"
    hold = f"{them} {'holds' if they_are == 'it is' else 'hold'}"
    if move_for(Event.CHANGE_PLAN, state) is not None:
        small = f"To bring them, change the plan first, say what {hold}, and start a new trial."
    elif state is State.CHANGES_REQUESTED:
        small = f"When your request is answered or withdrawn, you can change the plan, say what {hold}, and start a "
        small += "new trial."
    elif state is State.MATCHING:
        small = f"To bring them, say what {hold}, and start a new trial."
    else:
        small = ""
    return title, small, f"We go on without the {plural(warning.count, 'row')} of {files}"


def _count(warning: CompletenessWarning, label: str, lower: str, source: str) -> tuple[str, str, str]:
    apart = warning.own - warning.there
    are = "is" if apart == 1 else "are"
    title = f"{label}: you counted {number(warning.own)}, and {number(apart)} of them {are} not in the export"
    small = f"{source} has more than it gave you. Export once more, or correct your number."
    return title, small, f"We go on with the {lower} that came"


def range_of(days: Days) -> str:
    """A date range as text: "1 January 2026 to 20 November 2026"."""
    first, last = (day_year(day).split(" ", 1)[1] for day in days)
    return first if days[0] == days[1] else f"{first} to {last}"
