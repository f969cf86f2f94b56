"""Treatment note templates: the questions that a note answers. Each becomes a progress note template."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.ids import key
from app.mapping.json_cells import NotJsonError
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.note_content import read_content_or_text
from app.mapping.rich import template_html
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import numbered, string, verbatim
from app.mapping.traits import Exclusion, Names, Recognition
from app.problems import Level, Problem
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class NoteTemplateRow(Row):
    """One row; `content` is JSON."""

    id: Annotated[str, key("Template ID")] = ""
    name: Annotated[Words, Column(string, "Name", destination="progress_note_templates.name")] = None
    content: Annotated[
        Words,
        Column(
            verbatim, "Content", required=True, raw=True, is_object=True, destination="progress_note_templates.body"
        ),
    ] = None
    print_settings: Annotated[Words, Column(verbatim, "Print Settings", is_object=True)] = None


def reason_not_moved(row: NoteTemplateRow) -> Problem | None:
    """`bad_json` for a row whose content is damaged JSON, else None."""
    try:
        read_content_or_text(row.content)
    except NotJsonError:
        return Problem("bad_json", level=Level.HELD)
    return None


def to_records(row: NoteTemplateRow, joined: Joined, lookups: Lookups) -> Result:
    """The template: headings and questions without answers, except a paragraph's initial text. Damaged JSON: held."""
    try:
        content = read_content_or_text(row.content)
    except NotJsonError:
        return NotMapped(Outcome.HELD, Problem("bad_json", KIND.name, source_id=row.id, level=Level.HELD))
    body = template_html(content)
    values: dict[str, Value] = {
        "name": numbered(row.name or f"Template {row.id}", joined.extra.get("same_name")),
        "body": body.html,
        "status": "archived" if row.archived_at else "active",
        "source_created_at": row.created_at,
    }
    codes = {
        "name_missing": row.name is None,
        "template_empty": content.is_empty,
        "print_settings_not_imported": has_members(row.print_settings),
    }
    reported = (*body.codes, *(code for code, applies in codes.items() if applies))
    problems = tuple(Problem(code, KIND.name, source_id=row.id) for code in reported)
    return Mapped((Record("progress_note_templates", KIND.name, row.id, values),), problems)


def has_members(cell: Words) -> bool:
    """Whether a cell of JSON is more than an empty object, an empty list or null."""
    return (cell or "").strip() not in ("", "{}", "[]", "null")


def looks_like_note_templates(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of the treatment note templates of Cliniko's API.

    A file without print settings has no header of its own, and is recognised by its name.
    """
    return headers.all("name", "content", "printsettings") and not headers.any("patientid")


KIND = Kind(
    name="treatment_note_templates",
    label="Progress note templates",
    source_label="Treatment note templates",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_note_templates),
        file_names=(
            "treatment note templates",
            "treatment_note_templates",
            "note templates",
            "progress note templates",
        ),
        json_keys=("treatment_note_templates",),
    ),
    row=NoteTemplateRow,
    to_records=to_records,
    exclusion=Exclusion(reason=reason_not_moved),
    tables=("progress_note_templates",),
    names=Names(
        name_of=lambda row: row.name,
        are_unique=True,
    ),
)
