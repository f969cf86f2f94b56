"""Files of an export whose rows are of no kind: nobody has said what they hold, or they were left out or refused.

Their rows belong to the export and to every sum of it. Those of a file that waits for an answer are held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from app.migration.models import ExportFile, Trial


@dataclass(frozen=True, slots=True)
class FileApart:
    """A file with rows that are of no kind. `rows` counts rows, or documents where `path` is a folder.

    `outcome` is what becomes of all its rows: held while nobody has named their kind, left out by the clinic, refused.
    """

    path: str
    rows: int
    outcome: Literal["held", "left_out", "refused"] = "held"

    @property
    def name(self) -> str:
        """The name without its folders; a folder's own name with a slash behind it."""
        is_folder = self.path.endswith("/")
        return self.path.rstrip("/").rpartition("/")[2] + ("/" if is_folder else "")


def files_apart(files: Iterable[ExportFile]) -> tuple[FileApart, ...]:
    """The files of a reading whose rows are of no kind, in the order of `files`.

    Copies, and files without any row, are not among them.
    """
    some = (file for file in files if file.kind is None and not file.facts.get("copy_of"))
    counted = (FileApart(file.path, file.rows or int(file.facts.get("rows_seen", 0)), _outcome(file)) for file in some)
    return tuple(file for file in counted if file.rows)


def _outcome(file: ExportFile) -> Literal["held", "left_out", "refused"]:
    if file.refused is not None:
        return "refused"
    return "left_out" if set_aside(file) else "held"


def unanswered_files(files: Iterable[ExportFile]) -> tuple[FileApart, ...]:
    """Those of them that were not read because nobody has said what they hold."""
    return tuple(file for file in files_apart(files) if file.outcome == "held")


def refused_rows(files: Iterable[ExportFile]) -> int:
    """The rows seen of the files that were refused, whether their kind is known or not."""
    return sum(file.rows for file in files if file.refused is not None)


def set_aside(file: ExportFile) -> bool:
    """Whether a file needs no answer: the clinic left the file out, or the same file is there a second time."""
    return bool(file.facts.get("left_out") or file.facts.get("copy_of"))


def to_json(files: Sequence[FileApart]) -> list[dict[str, str | int]]:
    """The form in which a trial keeps these files. Files that wait for an answer are kept without their outcome."""
    told: list[dict[str, str | int]] = []
    for file in files:
        told.append({"path": file.path, "rows": file.rows})
        if file.outcome != "held":
            told[-1]["outcome"] = file.outcome
    return told


def apart_of(trial: Trial) -> tuple[FileApart, ...]:
    """The files whose rows were of no kind when the trial started; empty for trials made before this was kept."""
    return tuple(
        FileApart(str(file["path"]), int(file["rows"]), file.get("outcome", "held")) for file in trial.unanswered or ()
    )


def unanswered_of(trial: Trial) -> tuple[FileApart, ...]:
    """Those of them that waited for an answer."""
    return tuple(file for file in apart_of(trial) if file.outcome == "held")
