"""What only all files of an export together can tell: gaps between slices, days apart, pages and kinds that lack."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from app.engine.reading.results import FileDone
from app.mapping.kind import Source
from app.problems import Problem

_DAYS_APART = 2
_NEEDED = "patients"


def bundle_problems(files: Sequence[FileDone], source: Source) -> Iterator[Problem]:
    """The problems of the export as a whole. Without a readable patients file, `no_patients_file` stops the run."""
    read = [f for f in files if f.kind is not None and f.refused is None]
    kinds = {f.kind for f in read}
    if _NEEDED not in kinds:
        yield Problem("no_patients_file", _NEEDED)
    for kind in source.kinds:
        if kind.awaited and kind.name not in kinds and kind.name != _NEEDED:
            yield Problem("kind_absent", kind.name)
    yield from _gaps(read)
    yield from _days_apart(read)
    yield from _pages(read)


def _gaps(read: Sequence[FileDone]) -> Iterator[Problem]:
    slices: dict[str, list[tuple[date, date]]] = {}
    whole = set()
    for file in read:
        kind = file.kind or ""
        if "from" in file.facts and "to" in file.facts:
            slices.setdefault(kind, []).append(
                (date.fromisoformat(file.facts["from"]), date.fromisoformat(file.facts["to"]))
            )
        else:
            whole.add(kind)
    for kind, ranges in slices.items():
        reached: date | None = None
        for since, until in sorted(ranges):
            if reached is not None and since > reached + timedelta(days=1) and kind not in whole:
                yield Problem("partial_export_gap", kind, details={"from": str(reached), "to": str(since)})
            reached = max(reached or until, until)


def _days_apart(read: Sequence[FileDone]) -> Iterator[Problem]:
    days = sorted(date.fromisoformat(f.facts["run"]) for f in read if "run" in f.facts)
    if days and days[-1] - days[0] > timedelta(days=_DAYS_APART):
        yield Problem("export_dates_differ", details={"from": str(days[0]), "to": str(days[-1])})


def _pages(read: Sequence[FileDone]) -> Iterator[Problem]:
    rows: dict[str, int] = {}
    announced: dict[str, int] = {}
    for file in read:
        total = file.facts.get("total_entries")
        if file.kind and total is not None:
            rows[file.kind] = rows.get(file.kind, 0) + file.rows
            announced[file.kind] = max(announced.get(file.kind, 0), total)
    for kind, total in announced.items():
        if total > rows[kind]:
            yield Problem("json_pages_missing", kind, count=total - rows[kind])
