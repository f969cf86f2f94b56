"""The files of an export as people read them: detected kind, result, and open questions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from app.formatting import plural
from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT, Plan
from app.migration.exports import files_of
from app.migration.fates import codes_of_files
from app.migration.models import ExportFile, Migration
from app.migration.plans import plan_of
from app.problems import Problem, catalogue
from app.reading.document_folders import folder_of
from app.reading.planned_files import answer_for
from app.web.page_context import Visit

# Why files were not read: a problem from the catalogue for each file.

MOST_CAUSES = 50  # causes that a page shows; the files of further causes are only counted
MOST_PATHS = 5  # files that a page names for a cause


@dataclass(frozen=True, slots=True)
class FileCause:
    """A problem for which files were not read, and the paths of these files."""

    problem: Problem
    paths: tuple[str, ...]

    @property
    def shown(self) -> tuple[str, ...]:
        return self.paths[:MOST_PATHS]


def file_codes(session: Session, migration: Migration, number: int) -> dict[str, str]:
    """The problem code of each file that reading `number` left unread, by path."""
    files = [file for file in files_of(session, migration.id, number) if is_unread(file)]
    codes = {file.path: file.refused for file in files if file.refused in catalogue() and file.refused is not None}
    paths = {file.path for file in files} - codes.keys()
    if paths:
        codes_by_path = codes_of_files(session, migration, number)
        codes |= {path: codes_by_path[path] for path in paths & codes_by_path.keys()}
    return codes


def is_unread(file: ExportFile) -> bool:
    """Whether a file has no rows of a known kind."""
    return file.kind is None or file.refused is not None


def file_causes(codes: Mapping[str, str], files: Iterable[ExportFile], source: Source) -> tuple[FileCause, ...]:
    """The problems of unread files, each once with its files by path; the problem of most files first.

    `files` belong to the same reading as `codes`.
    """
    by_path = {file.path: file for file in files}
    problems: dict[tuple[str, str, str], Problem] = {}
    paths: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for path, code in sorted(codes.items()):
        problem = cause_of(code, source, by_path.get(path))
        key = (code, problem.title, problem.todo)
        problems[key] = problem
        paths[key].append(path)
    return tuple(
        FileCause(problems[key], tuple(some))
        for key, some in sorted(paths.items(), key=lambda item: (-len(item[1]), item[1]))
    )


def cause_of(code: str, source: Source, file: ExportFile | None = None, *, is_support: bool = False) -> Problem:
    """Why a file was not read: its kind, the missing column, and the columns that it has, where known.

    Support does not see a file's headers here: they may be cells.
    """
    details = {"source": source.label}
    if file is not None:
        kind = next((kind for kind in source.kinds if kind.name == file.kind), None)
        details |= {"kind": kind.source_label} if kind else {}
        details |= {name: str(value) for name, value in file.facts.get("refused_for", {}).items()}
        if is_support:
            details.pop("found", None)
    return Problem(code, details=details)


HELPED = frozenset({"missing_key_column", "header_missing"})  # refusals that pairing columns can resolve


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of the export. `rows` were read, or counted in a file of unknown kind.

    `is_unknown`: no known kind, and not left out. `is_open`: the file needs an answer. `is_unread`: an answer came
    after the last reading. `is_folder`: the line stands for all documents of a folder. `can_open` is False for
    folders that are recognised by name, since they need no answer.
    """

    number: int
    path: str
    label: str
    words: str
    mark: str  # a state of the pages: done, needs, later
    rows: int
    columns: int | None
    is_unknown: bool
    is_open: bool
    is_unread: bool
    is_answered: bool
    can_open: bool
    is_folder: bool = False
    todo: str = ""  # what to do, for a file that was not read


def lines_of(visit: Visit) -> list[FileLine]:
    """Every file of the export's last reading, open questions first."""
    with visit.read() as session:
        migration = session.get_one(Migration, visit.move.id)
        files = files_of(session, migration.id, migration.export_number)
        codes = file_codes(session, migration, migration.export_number)
    return build_lines(files, plan_of(migration), visit.source, codes)


def build_lines(files: Iterable[ExportFile], plan: Plan, source: Source, codes: Mapping[str, str]) -> list[FileLine]:
    """A line for each file. `codes` are the problem codes of unread files, by path."""
    lines = [_line(file, plan, source, codes.get(file.path)) for file in files]
    return sorted(lines, key=lambda line: (not line.is_open, not line.is_unread, line.number))


def waiting_words(lines: Iterable[FileLine]) -> str:
    """How many files need an answer, as a sentence. "" if there are none."""
    count = sum(line.is_open for line in lines)
    files = plural(count, "file waits", "files wait")
    return f"{files} for you to say what {'it is' if count == 1 else 'they are'}." if count else ""


def _line(file: ExportFile, plan: Plan, source: Source, code: str | None) -> FileLine:
    folder = folder_of(file.path)
    wanted = answer_for(plan, folder or file.path)
    labels = {kind.name: kind.label for kind in source.kinds}
    label = "Left out" if wanted.kind == LEAVE_OUT else labels.get(wanted.kind or "", "")
    is_unread = wanted.mark != str(file.facts.get("answered", ""))
    counted = int(file.facts.get("rows_seen", 0))
    is_askable = folder is not None or "columns" in file.facts
    unknown = file.kind is None and file.refused is None and is_askable and not file.facts.get("left_out")
    cause = cause_of(code, source, file) if code and file.kind is None and file.refused is None else None
    words, mark = _words(file, cause)
    if is_unread:
        words, mark = (
            (f"{label}, when it is read again" if label else "As it was found, when it is read again"),
            "later",
        )
    return FileLine(
        number=file.number,
        path=file.path,
        label=labels.get(file.kind or "", ""),
        words=words,
        mark=mark,
        rows=file.rows or counted,
        columns=file.facts.get("columns"),
        is_unknown=file.kind is None and file.refused is None and not {"left_out", "copy_of"} & file.facts.keys(),
        is_open=(unknown or file.refused in HELPED) and not wanted.mark,
        is_unread=is_unread,
        is_answered=bool(wanted.mark),
        can_open=folder is None or unknown or bool(wanted.mark),
        is_folder=folder is not None,
        todo=cause.todo if cause and mark == "later" and not is_unread and not file.facts.get("left_out") else "",
    )


def _words(file: ExportFile, cause: Problem | None) -> tuple[str, str]:
    if file.facts.get("left_out"):
        return "Left out, as you said", "later"
    if file.facts.get("copy_of"):
        return "The same file is there twice", "later"
    if file.refused:
        return Problem(file.refused).title if file.refused in catalogue() else "Could not be read", "needs"
    if file.kind:
        return ("Read, as you said" if file.facts.get("answered") else "Read"), "done"
    if "candidates" in file.facts:
        return "Could be of more than one kind", "needs"
    if "columns" in file.facts:
        return "We do not know it", "needs"
    if folder_of(file.path) is not None:
        return "We do not know what this folder holds", "needs"
    return (cause.title if cause else "We do not know what this file holds"), "later"
