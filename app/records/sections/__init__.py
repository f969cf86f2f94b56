"""The sections of a client's page after the details, one file each, in the order of their tabs.

The import fails with IncompleteSection where a section is not in the list, or has no template.
"""

from collections.abc import Sequence
from pathlib import Path

from app.listed_modules import unlisted_modules
from app.records.section import ClientSection
from app.records.sections import appointments, cases, communications, files, forms, notes
from app.templating import TEMPLATES

SECTIONS: tuple[ClientSection, ...] = (
    appointments.SECTION,
    notes.SECTION,
    forms.SECTION,
    files.SECTION,
    communications.SECTION,
    cases.SECTION,
)

BY_NAME = {section.name: section for section in SECTIONS}


class IncompleteSection(Exception):
    """A part of a section is missing. The message names the part, one line for each."""


def require_whole_sections(sections: Sequence[ClientSection], templates: Path) -> None:
    """Raises IncompleteSection for a section outside the list, and for a section without its template."""
    gaps = [
        f"app/records/sections/{name}.py: add the section to SECTIONS"
        for name in unlisted_modules(__name__, "SECTION", sections)
    ]
    gaps += [
        f"app/records/sections: add templates/sections/{section.name}.html for {section.label}"
        for section in sections
        if not (templates / f"{section.name}.html").is_file()
    ]
    if gaps:
        raise IncompleteSection("\n".join(gaps))


require_whole_sections(SECTIONS, TEMPLATES / "sections")
