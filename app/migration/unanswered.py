"""Files of an export whose rows are of no kind: files that nobody has identified, left out or refused.

Their rows belong to the export and to every sum. The rows of an unidentified file are held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.migration.models import ExportFile, Trial


@dataclass(frozen=True, slots=True)
class FileApart:
    """A file with rows of no kind. `rows` counts rows, or documents when `path` is a folder.

    `outcome` applies to all rows: held while nobody has named their kind, left out by the clinic, or refused.
    """

    path: str
    rows: int
    outcome: Literal["held", "left_out", "refused"] = "held"

    @property
    def name(self) -> str:
        """The name without its folders. A folder's own name ends with a slash."""
        is_folder = self.path.endswith("/")
        return self.path.rstrip("/").rpartition("/")[2] + ("/" if is_folder else "")


def files_apart(files: Iterable[ExportFile]) -> tuple[FileApart, ...]:
    """The files of a reading whose rows are of no kind, in the order of `files`, without copies and empty files."""
    some = (file for file in files if file.kind is None and not file.facts.get("copy_of"))
    counted = (FileApart(file.path, file.rows or int(file.facts.get("rows_seen", 0)), _outcome(file)) for file in some)
    return tuple(file for file in counted if file.rows)


def _outcome(file: ExportFile) -> Literal["held", "left_out", "refused"]:
    if file.refused is not None:
        return "refused"
    return "left_out" if _needs_no_answer(file) else "held"


def unanswered_files(files: Iterable[ExportFile]) -> tuple[FileApart, ...]:
    """The files that were not read because nobody has identified them."""
    return tuple(file for file in files_apart(files) if file.outcome == "held")


def refused_rows(files: Iterable[ExportFile]) -> int:
    """The number of rows in refused files of any kind."""
    return sum(file.rows for file in files if file.refused is not None)


def _needs_no_answer(file: ExportFile) -> bool:
    """Whether a file needs no answer: the clinic left the file out, or the export holds it twice."""
    return bool(file.facts.get("left_out") or file.facts.get("copy_of"))


def to_json(files: Sequence[FileApart]) -> list[dict[str, str | int]]:
    """The files as a trial stores them. An unidentified file is stored without its outcome."""
    stored: list[dict[str, str | int]] = []
    for file in files:
        stored.append({"path": file.path, "rows": file.rows})
        if file.outcome != "held":
            stored[-1]["outcome"] = file.outcome
    return stored


def apart_of(trial: Trial) -> tuple[FileApart, ...]:
    """The files whose rows were of no kind when the trial started. Empty for trials from before they were stored."""
    return tuple(
        FileApart(str(file["path"]), int(file["rows"]), file.get("outcome", "held")) for file in trial.unanswered or ()
    )


def unanswered_of(trial: Trial) -> tuple[FileApart, ...]:
    """The files that nobody had identified when the trial started."""
    return tuple(file for file in apart_of(trial) if file.outcome == "held")
