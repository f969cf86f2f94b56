"""What a plan file says of an export's files: each found by its path or bare name, each kind and field by its name."""

from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

from app.commands.files import ANSWERED_BEFORE, BadFile, yaml_of
from app.engine.reading.recognise import is_field, known_headers, understood
from app.mapping.columns import normalise_header
from app.mapping.kind import Kind, Source
from app.mapping.plan import ENCODINGS, LEAVE_OUT, Plan
from app.migration.models import ExportFile

NAMES = ANSWERED_BEFORE


def says_of_files(path: Path | None) -> bool:
    """Whether a plan file has answers about the export's files."""
    return path is not None and any(yaml_of(path).get(name) for name in NAMES)


def with_files(plan: Plan, path: Path, files: Iterable[ExportFile], source: Source) -> Plan:
    """The plan with the file's answers, for an export that has been read. Raises BadFile for what it does not have."""
    given = yaml_of(path)
    paths = [file.path for file in files]
    recognised = {file.path: file.kind for file in files if file.kind}
    kinds: dict[str, str] = {}
    for name, said in _table(given, "file_kinds", path).items():
        found = _first(name, paths, path, kinds)
        kinds[found] = _kind_name(str(said), source, path, found)
    pairs: dict[str, dict[str, str]] = {}
    for name, columns in _table(given, "column_pairs", path).items():
        found = _first(name, paths, path, pairs)
        kind_name = kinds.get(found, recognised.get(found))
        if kind_name is None or kind_name == LEAVE_OUT:
            raise BadFile(f"{path}: {found} is not recognised: say in file_kinds what it is, then which columns it has")
        if not isinstance(columns, dict):
            raise BadFile(f"{path}: column_pairs of {found} must hold headers, each with a field")
        kind = source.kind(kind_name)
        pairs[found] = {str(header): _field(str(said or ""), kind, path) for header, said in columns.items()}
        kinds[found] = kind_name
    headerless = given.get("headerless") or []
    if not isinstance(headerless, list):
        raise BadFile(f"{path}: headerless must be a list of files")
    bare = tuple(sorted(_one(name, paths, path) for name in headerless))
    for found in bare:
        if found not in kinds:
            raise BadFile(f"{path}: {found} has no header: say in file_kinds what it is")
    letters: dict[str, str] = {}
    for name, answer in _table(given, "file_encodings", path).items():
        letters[_first(name, paths, path, letters)] = _encoding(str(answer), path)
    answers = {"file_kinds": kinds, "column_pairs": pairs, "headerless": bare, "file_encodings": letters}
    return plan.model_copy(update=answers)


def must_fit_columns(plan: Plan, path: Path, files: Iterable[ExportFile], source: Source) -> None:
    """Raises BadFile for a header that its file lacks, and for two columns of one file that would fill one field: two
    answers of the plan, or an answer and a column that is understood by its own name. Asked after the files were read
    with the plan."""
    for file in files:
        pairs = plan.column_pairs.get(file.path, {})
        headers = [str(header) for header in file.facts.get("headers", ())]
        if not pairs or not headers:
            continue
        numbered = {f"Column {number}": header for number, header in enumerate(headers, start=1)}
        fields: dict[str, str] = {}
        for header, field in pairs.items():
            if header not in headers and header not in numbered:
                raise BadFile(f"{path}: {file.path} has no column {header!r}")
            if field and (other := fields.setdefault(field, header)) != header:
                raise BadFile(f"{path}: {file.path}: {other!r} and {header!r} are both paired with {field}: keep one")
        if file.kind is None:
            continue
        paired = pairs.keys() | {numbered[header] for header in pairs.keys() & numbered.keys()}
        own_fields = understood(source.kind(file.kind), headers).columns
        for header, field in zip(headers, own_fields, strict=True):
            if header not in paired and field in fields:
                raise BadFile(
                    f"{path}: {file.path}: {fields[field]!r} is paired with {field}, and so is {header!r} by its name: "
                    f"pair {header!r} with another field, or with nothing"
                )


def _table(given: Mapping[str, Any], name: str, path: Path) -> dict[Any, Any]:
    found = given.get(name) or {}
    if not isinstance(found, dict):
        raise BadFile(f"{path}: {name} must hold files, each with what is said of it")
    return found


def _one(name: object, paths: list[str], path: Path) -> str:
    """A file by its path or, where there is one of that name only, by its name."""
    wanted = str(name)
    if wanted in paths:
        return wanted
    named = [each for each in paths if each.rsplit("/", 1)[-1] == wanted]
    if len(named) == 1:
        return named[0]
    if named:
        raise BadFile(f"{path}: several files are called {wanted}: write its path, such as {named[0]}")
    raise BadFile(f"{path}: the export has no file {wanted}")


def _first(name: object, paths: list[str], path: Path, answered: Container[str]) -> str:
    """A file without an answer yet. By its path and by its name a file has two answers, and one would be lost."""
    found = _one(name, paths, path)
    if found in answered:
        raise BadFile(f"{path}: {found} is answered twice, by its path and by its name: keep one of the two")
    return found


def _kind_name(said: str, source: Source, path: Path, file: str) -> str:
    if said == LEAVE_OUT or any(kind.name == said for kind in source.kinds):
        return said
    known = ", ".join(kind.name for kind in source.kinds if kind.imported)
    raise BadFile(f"{path}: {file}: there is no kind {said}. Kinds: {known}; or {LEAVE_OUT}")


def _encoding(answer: str, path: Path) -> str:
    """How letters are stored, by its usual name such as `MacRoman` or by Python's."""
    plain = normalise_header(answer)
    for encoding, label in ENCODINGS.items():
        if plain in (normalise_header(encoding), normalise_header(label)):
            return encoding
    raise BadFile(f"{path}: {answer} is no set of letters that we know. Known: {', '.join(ENCODINGS.values())}")


def _field(said: str, kind: Kind[Any], path: Path) -> str:
    """A field by our name or by the source's own header; empty for a column that is left."""
    if not said or is_field(kind, said):
        return said
    by_header = known_headers(kind).get(normalise_header(said))
    if by_header is None:
        known = ", ".join(p.name for p in kind.columns)
        raise BadFile(f"{path}: {kind.name} have no field {said}. Fields: {known}")
    return by_header
