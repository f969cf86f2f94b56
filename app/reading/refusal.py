"""The refusal of a file or an archive: why, and how far it was read."""

from collections.abc import Mapping

CUT = "file_may_be_cut"


class Refused(Exception):
    """A file is left out with a catalogued code; the rest of the export is read.

    `rows` counts the data rows up to the damage, the damaged row included; `line` is the line of the damage. `is_cut`:
    the only fault is that the file ends too early. `ends_archive`: the rest of the archive is not read.
    """

    def __init__(
        self,
        code: str,
        *,
        line: int | None = None,
        rows: int = 0,
        column: str | None = None,
        details: Mapping[str, str] | None = None,
        is_cut: bool = False,
        ends_archive: bool = False,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.line = line
        self.rows = rows
        self.column = column
        self.details = dict(details or {})
        self.is_cut = is_cut
        self.ends_archive = ends_archive
        self.kind: str | None = None  # the file's kind, if known
