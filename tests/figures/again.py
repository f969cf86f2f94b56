"""The same export imported twice, or by several workers: no record is duplicated, and none differs."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.sources.cliniko.sample import SizeName
from tests.figures.command import Tried, trial
from tests.figures.figure import Measure, Reached
from tests.figures.samples import sample
from tests.harness.postgres import postgres_url

WORKERS = (1, 2, 4)


@contextmanager
def sqlite() -> Iterator[str]:
    """The address of a Caspen database that is made by its first use."""
    with tempfile.TemporaryDirectory(prefix="caspen-figure-") as folder:
        yield f"sqlite:///{Path(folder).resolve()}/live.sqlite"


postgres = contextmanager(postgres_url)


def wrong_twice(first: Tried, second: Tried) -> list[str]:
    """The faults of the second of two imports of one export into one workspace."""
    wrong = [f"import {n}: status {t.status}" for n, t in enumerate((first, second), 1) if not t.balances]
    firsts = {kind["kind"]: kind for kind in first.answer["kinds"]}
    if not first.sum_of("created"):
        wrong.append("the first import created nothing")
    for kind in second.answer["kinds"]:
        before = firsts[kind["kind"]]
        if kind["created"] or kind["updated"]:
            wrong.append(f"{kind['kind']}: {kind['created']} created and {kind['updated']} updated the second time")
        if kind["unchanged"] != before["created"] + before["unchanged"]:
            wrong.append(f"{kind['kind']}: {kind['unchanged']} unchanged, {before['created']} created before")
    return wrong


def finalised_twice(address: Callable[[], object], size: SizeName) -> list[str]:
    with sample(size) as (path, _), address() as url:  # type: ignore[attr-defined]  # a context manager's maker
        first, second = (trial(path, "--database", url, "--finalise") for _ in range(2))
    return wrong_twice(first, second)


def on_sqlite(long: bool) -> Reached:
    return _reached(finalised_twice(sqlite, "mid" if long else "small"))


def on_postgres(long: bool) -> Reached:
    try:
        return _reached(finalised_twice(postgres, "mid" if long else "small"))
    except pytest.skip.Exception as missing:
        return Reached("not taken", ok=False, why=(str(missing),))


def _reached(wrong: Sequence[str]) -> Reached:
    return Reached("all unchanged" if not wrong else f"{len(wrong)} differences", ok=not wrong, why=tuple(wrong))


def differing(size: SizeName, workers: Sequence[int]) -> list[str]:
    """The differences between trials of a sample with these numbers of workers."""
    with sample(size) as (path, _):
        tried = {count: trial(path, "--workers", str(count)) for count in workers}
    wrong = [f"{count} workers: status {each.status}" for count, each in tried.items() if not each.balances]
    first = tried[workers[0]]
    for count, each in tried.items():
        if each.answer["digest"] != first.answer["digest"]:
            kinds = [kind for kind, digest in each.digests.items() if digest != first.digests.get(kind)]
            wrong.append(f"{count} workers: another digest of {', '.join(kinds) or 'the whole'}")
    return wrong


def by_several(long: bool) -> Reached:
    wrong = differing("mid" if long else "small", WORKERS)
    return Reached("equal digests" if not wrong else f"{len(wrong)} differences", ok=not wrong, why=tuple(wrong))


MEASURES = (
    Measure("the same export finalised twice, SQLite", "all unchanged", on_sqlite),
    Measure("the same export finalised twice, PostgreSQL", "all unchanged", on_postgres),
    Measure("a trial by 1, 2 and 4 workers", "equal digests", by_several),
)
