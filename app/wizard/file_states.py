"""The files of an export as people read them: what each was taken for, what became of it, what waits for an answer."""

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
from app.reading.preview_lookups import wanted_of
from app.web.page_context import Visit

# Why files of an export were not read: each with its own problem, in the catalogue's words.

MOST_CAUSES = 50  # files that a page names one by one; further ones are counted


@dataclass(frozen=True, slots=True)
class FileCause:
    """One file that was handed over and not read, and why."""

    path: str
    problem: Problem


def file_codes(session: Session, migration: Migration, number: int) -> dict[str, str]:
    """By path, the problem code of each file that reading number `number` left unread."""
    files = [file for file in files_of(session, migration.id, number) if is_unread(file)]
    codes = {file.path: file.refused for file in files if file.refused in catalogue() and file.refused is not None}
    paths = {file.path for file in files} - codes.keys()
    if paths:
        told = codes_of_files(session, migration, number)
        codes |= {path: told[path] for path in paths & told.keys()}
    return codes


def is_unread(file: ExportFile) -> bool:
    """Whether a file became no rows of a known kind."""
    return file.kind is None or file.refused is not None


def file_causes(codes: Mapping[str, str], files: Iterable[ExportFile], source: Source) -> tuple[FileCause, ...]:
    """The causes in words, in the order of paths. `files` are those of the reading that `codes` belong to."""
    by_path = {file.path: file for file in files}
    return tuple(FileCause(path, cause_of(code, source, by_path.get(path))) for path, code in sorted(codes.items()))


def cause_of(code: str, source: Source, file: ExportFile | None = None, *, is_support: bool = False) -> Problem:
    """Why a file was not read, in words: what it is, which column it lacks and which it has, where reading knows.

    Support never sees the headers of a clinic's file here: nobody has proven that they are headers.
    """
    details = {"source": source.label}
    if file is not None:
        kind = next((kind for kind in source.kinds if kind.name == file.kind), None)
        details |= {"kind": kind.called} if kind else {}
        details |= {name: str(said) for name, said in file.facts.get("refused_for", {}).items()}
        if is_support:
            details.pop("found", None)
    return Problem(code, details=details)


HELPED = frozenset({"missing_key_column", "header_missing"})  # refusals that pairing columns can mend


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file. `rows` are those that were read, or counted in a file that nobody knows.

    `is_unknown` is a file of no known kind that was not left aside on purpose.
    `is_open` says that somebody has to say what it is; `is_unread` that something was said since it was last read.
    `is_folder`: the line is about all documents of a folder. `may_look` is False for folders that are read by their
    name: nobody is asked about them.
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
    may_look: bool
    is_folder: bool = False
    todo: str = ""  # what to do about a file that was not read, where its problem says that


def lines_of(visit: Visit) -> list[FileLine]:
    """Every file of the export as it was last read, those that wait for an answer first."""
    with visit.read() as session:
        migration = session.get_one(Migration, visit.move.id)
        files = files_of(session, migration.id, migration.export_number)
        codes = file_codes(session, migration, migration.export_number)
    return told_lines(files, plan_of(migration), visit.source, codes)


def told_lines(files: Iterable[ExportFile], plan: Plan, source: Source, codes: Mapping[str, str]) -> list[FileLine]:
    """One line a file. `codes` are the problem codes of files that were not read, by path."""
    lines = [_line(file, plan, source, codes.get(file.path)) for file in files]
    return sorted(lines, key=lambda line: (not line.is_open, not line.is_unread, line.number))


def waiting_words(lines: Iterable[FileLine]) -> str:
    """How many files wait for the clinic to say what they are, as a sentence; empty where none does."""
    count = sum(line.is_open for line in lines)
    files = plural(count, "file waits", "files wait")
    return f"{files} for you to say what {'it is' if count == 1 else 'they are'}." if count else ""


def _line(file: ExportFile, plan: Plan, source: Source, code: str | None) -> FileLine:
    folder = folder_of(file.path)
    wanted = wanted_of(plan, folder or file.path)
    labels = {kind.name: kind.label for kind in source.kinds}
    said = "Left out" if wanted.kind == LEAVE_OUT else labels.get(wanted.kind or "", "")
    is_unread = wanted.mark != str(file.facts.get("answered", ""))
    seen = int(file.facts.get("rows_seen", 0))
    asks = folder is not None or "columns" in file.facts
    unknown = file.kind is None and file.refused is None and asks and not file.facts.get("left_out")
    cause = cause_of(code, source, file) if code and file.kind is None and file.refused is None else None
    words, mark = _words(file, cause)
    if is_unread:
        words, mark = (f"{said}, when it is read again" if said else "As it was found, when it is read again"), "later"
    return FileLine(
        number=file.number,
        path=file.path,
        label=labels.get(file.kind or "", ""),
        words=words,
        mark=mark,
        rows=file.rows or seen,
        columns=file.facts.get("columns"),
        is_unknown=file.kind is None and file.refused is None and not {"left_out", "copy_of"} & file.facts.keys(),
        is_open=(unknown or file.refused in HELPED) and not wanted.mark,
        is_unread=is_unread,
        is_answered=bool(wanted.mark),
        may_look=folder is None or unknown or bool(wanted.mark),
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
