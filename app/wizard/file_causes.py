"""Why files of an export were not read: each with its own problem, in the catalogue's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from app.mapping.kind import Source
from app.migration.exports import files_of
from app.migration.fates import codes_of_files
from app.migration.models import ExportFile, Migration
from app.problems import Problem, catalogue

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
