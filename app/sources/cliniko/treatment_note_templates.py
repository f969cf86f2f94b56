"""Treatment note templates: the questions that notes are written along. Each becomes a progress note template."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.ids import key
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.rich import template_html
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.structured import NotJsonError
from app.mapping.text import numbered, string, verbatim
from app.mapping.traits import Names, Recognition
from app.problems import Level, Problem
from app.sources.cliniko.contents import content_of
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class NoteTemplate(Row):
    """One row; the content is JSON."""

    id: Annotated[str, key("Template ID")] = ""
    name: Annotated[Words, Column(string, "Name", destination="progress_note_templates.name")] = None
    content: Annotated[
        Words,
        Column(
            verbatim, "Content", required=True, raw=True, is_object=True, destination="progress_note_templates.body"
        ),
    ] = None
    print_settings: Annotated[Words, Column(verbatim, "Print Settings", is_object=True)] = None


def to_records(row: NoteTemplate, joined: Joined, lookups: Lookups) -> Result:
    """The template: headings and questions, with nothing but a paragraph's starting text answered."""
    try:
        content = content_of(row.content)
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
        "print_settings_not_imported": says_something(row.print_settings),
    }
    told = (*body.codes, *(code for code, said in codes.items() if said))
    problems = tuple(Problem(code, KIND.name, source_id=row.id) for code in told)
    return Mapped((Record("progress_note_templates", KIND.name, row.id, values),), problems)


def says_something(cell: Words) -> bool:
    """Whether a cell of JSON holds more than brackets."""
    return (cell or "").strip() not in ("", "{}", "[]", "null")


def looks_like_note_templates(headers: Headers) -> bool:
    """Without print settings a template has no header of its own: then the name of its folder or file says it."""
    return headers.all("name", "content", "printsettings") and not headers.any("patientid")


KIND = Kind(
    name="treatment_note_templates",
    label="Progress note templates",
    source_label="Treatment note templates",
    source_location="Not among the data exports of every account: ask whoever made your export from the API",
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
    row=NoteTemplate,
    to_records=to_records,
    tables=("progress_note_templates",),
    names=Names(
        name_of=lambda row: row.name,
        are_unique=True,
    ),
)
