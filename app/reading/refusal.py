"""A file or an archive that cannot be taken: why, and how far it was read before that was known."""

from collections.abc import Mapping

CUT = "file_may_be_cut"


class Refused(Exception):
    """The whole file is left out, with a catalogued code; the rest of the export goes on.

    `rows` are the data rows seen up to the damage, the damaged one included; `line` is where it is. `is_cut`: nothing
    is wrong but that the file ends in the middle of something. `ends_archive`: nothing more of its archive is read.
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
        self.kind: str | None = None  # where it is known what the file would have been
