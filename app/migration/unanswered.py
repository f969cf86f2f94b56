"""Files of an export that wait for an answer: their rows belong to the export, and do not come while nobody answers."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from app.migration.models import ExportFile, Trial


@dataclass(frozen=True, slots=True)
class UnansweredFile:
    """A file with rows whose kind nobody has named. `rows` counts rows, or documents where `path` is a folder."""

    path: str
    rows: int

    @property
    def name(self) -> str:
        """The name without its folders; a folder's own name with a slash behind it."""
        is_folder = self.path.endswith("/")
        return self.path.rstrip("/").rpartition("/")[2] + ("/" if is_folder else "")


def unanswered_files(files: Iterable[ExportFile]) -> tuple[UnansweredFile, ...]:
    """The files of a reading that were not read because nobody has said what they hold, in the order of `files`.

    Files that were left out on purpose, copies, and files without any row are not among them.
    """
    waiting = (file for file in files if file.kind is None and file.refused is None)
    counted = ((file, int(file.facts.get("rows_seen", 0))) for file in waiting if not set_aside(file))
    return tuple(UnansweredFile(file.path, rows) for file, rows in counted if rows)


def set_aside(file: ExportFile) -> bool:
    """Whether a file needs no answer: the clinic left the file out, or the same file is there a second time."""
    return bool(file.facts.get("left_out") or file.facts.get("copy_of"))


def to_json(files: Sequence[UnansweredFile]) -> list[dict[str, str | int]]:
    """The form in which a trial keeps these files."""
    return [asdict(file) for file in files]


def unanswered_of(trial: Trial) -> tuple[UnansweredFile, ...]:
    """The files that waited for an answer when the trial started; empty for trials made before this was kept."""
    return tuple(UnansweredFile(str(file["path"]), int(file["rows"])) for file in trial.unanswered or ())
