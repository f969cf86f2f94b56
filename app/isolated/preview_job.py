"""The job `preview`: the beginning of one file of an export, and the ids at the beginning of other files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from app.isolated.export_copy import ExportCopy
from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT, Plan
from app.reading.entries import ExportFiles, FileEntry
from app.reading.file_preview import FilePreview, preview_entry
from app.reading.grid import ReadingAnswer
from app.reading.planned_files import answer_for
from app.reading.recognise import Header, TiedKinds
from app.reading.redaction import begins_with_data
from app.reading.value_patterns import unguarded_cell
from app.sources import source as source_named


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """The file, and how to read it.

    * `may_lack_header`: the first row is read as data if it looks like data.
    * `wants_ids`: the answer includes ids; `kinds`: the kinds of the other files, by path.
    * `plan`: the plan as JSON.
    """

    copy: ExportCopy
    path: str
    headerless: bool
    may_lack_header: bool
    wants_ids: bool
    kinds: dict[str, str]
    plan: str


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """A recognised header, with its kind by name."""

    kind: str
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    dialect: str
    unknown: tuple[str, ...]
    absent: tuple[str, ...]
    doubled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviewAnswer:
    """The beginning of a file, with kinds by name. `headerless`: the first row is data."""

    form: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    names: tuple[str, ...] = ()
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()
    is_whole: bool = False
    header: HeaderFacts | None = None
    tied: tuple[str, ...] | None = None
    code: str | None = None
    headerless: bool = False

    def file_preview(self, source: Source) -> FilePreview:
        """The same as a page knows it. Raises KeyError for a kind that the source has not."""
        header: Header | TiedKinds | None = TiedKinds(self.tied) if self.tied is not None else None
        if (facts := self.header) is not None:
            header = Header(
                source.kind(facts.kind),
                facts.headers,
                facts.columns,
                facts.dialect,
                facts.unknown,
                facts.absent,
                facts.doubled,
            )
        rows = tuple((line, list(cells)) for line, cells in self.rows)
        return FilePreview(self.form, self.encoding, self.delimiter, self.names, rows, self.is_whole, header, self.code)


@dataclass(frozen=True, slots=True)
class PreviewFrame:
    """One frame of the answer: first the file's beginning; then ids by kind, if they were requested."""

    preview: PreviewAnswer | None
    ids: dict[str, frozenset[str]] | None = None


def preview_file(request: PreviewRequest, announce: Callable[[str], None]) -> Iterator[PreviewFrame]:
    """The frames of a preview. A missing file has an empty beginning."""
    source, plan = source_named(request.copy.source), Plan.model_validate_json(request.plan)
    with request.copy.opened(announce) as files:
        entry, headerless = find_entry(files, request.path), request.headerless
        preview = preview_entry(entry, source, ReadingAnswer(headerless=headerless)) if entry else FilePreview()
        if entry and request.may_lack_header and not headerless and begins_with_data(preview):
            headerless, preview = True, preview_entry(entry, source, ReadingAnswer(headerless=True))
        yield PreviewFrame(_answer(preview, headerless=headerless))
        if request.wants_ids and preview.names:
            yield PreviewFrame(None, known_ids(files, source, plan, request.kinds))


def _answer(preview: FilePreview, *, headerless: bool) -> PreviewAnswer:
    header = preview.header
    facts = None
    if isinstance(header, Header):
        facts = HeaderFacts(
            header.kind.name,
            header.headers,
            header.columns,
            header.dialect,
            header.unknown,
            header.absent,
            header.doubled,
        )
    return PreviewAnswer(
        preview.form,
        preview.encoding,
        preview.delimiter,
        preview.names,
        tuple((line, tuple(cells)) for line, cells in preview.rows),
        preview.is_whole,
        facts,
        header.kinds if isinstance(header, TiedKinds) else None,
        preview.code,
        headerless,
    )


def find_entry(files: ExportFiles, path: str) -> FileEntry | None:
    """The file or list of an export at `path`; None for an unknown path and for a folder that counts as a file."""
    return files.entries.at(path) or next((entry for entry in files.entries if entry.path == path), None)


def known_ids(files: ExportFiles, source: Source, plan: Plan, kinds: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """By kind, the ids in the first rows of its files, by which columns that refer to the kind are recognised.

    `kinds` is the kind of each file that was read, by path. The plan's answer for a file counts before it.
    """
    targets = {p.column.links_to for kind in source.kinds for p in kind.columns}
    ids: dict[str, set[str]] = {}
    for entry in chain(files.entries, *files.entries.lists_among(kinds).values()):
        wanted = answer_for(plan, entry.path)
        kind = wanted.kind or kinds.get(entry.path)
        if kind not in targets or kind is None or kind == LEAVE_OUT or entry.attached:
            continue
        ids.setdefault(kind, set()).update(_row_ids(preview_entry(entry, source, wanted)))
    return {kind: frozenset(kind_ids) for kind, kind_ids in ids.items()}


def _row_ids(preview: FilePreview) -> frozenset[str]:
    """The ids of the rows of a preview; none without a header that is recognised."""
    header = preview.header
    if not isinstance(header, Header):
        return frozenset()
    keys = {p.name for p in header.kind.columns if p.column.is_key}
    at = next((n for n, column in enumerate(header.columns) if column in keys), None)
    return frozenset() if at is None else frozenset(filter(None, map(unguarded_cell, preview.column(at))))
