"""Treatment note templates: the questions that notes are written along. They do not move yet."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.ids import key
from app.mapping.kind import Kind
from app.mapping.rows import Json
from app.mapping.structured import json_cell
from app.mapping.text import string, verbatim
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class NoteTemplate(Row):
    """One row; the content is JSON."""

    id: Annotated[str, key("Template ID")] = ""
    name: Annotated[Words, Column(string, "Name", destination="progress_note_templates.name")] = None
    content: Annotated[Words, Column(verbatim, "Content", raw=True, destination="progress_note_templates.body")] = None
    print_settings: Annotated[Json | None, Column(json_cell, "Print Settings")] = None


def looks_like_note_templates(headers: Headers) -> bool:
    """Without print settings a template has no header of its own: then the name of its folder or file says it."""
    return headers.all("name", "content", "printsettings") and not headers.any("patientid")


KIND = Kind(
    name="treatment_note_templates",
    label="Progress note templates",
    called="Treatment note templates",
    where="Not among the data exports of every account: ask whoever made your export from the API",
    fingerprint=fingerprint(looks_like_note_templates),
    row=NoteTemplate,
    tables=("progress_note_templates",),
    file_names=(
        "treatment note templates",
        "treatment_note_templates",
    ),
    json_keys=("treatment_note_templates",),
    name_of=lambda row: row.name,
    unique_names=True,
)
