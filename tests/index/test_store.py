"""The index as a file: written part by part, undone where a file is refused, sealed, and shared."""

import sqlite3
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest

from app.index import Index, IndexEntry
from app.mapping.plan import Plan
from app.mapping.rows import Outcome
from app.resolving.settle_index import resolve_index
from tests.index.story import IDS, SOURCE, Contents, Export, day, patient


def rows(*lines: int, name: str = "") -> list[IndexEntry]:
    return [IndexEntry(line, f"{line}", name=name or None) for line in lines]


def test_a_refused_file_leaves_nothing_behind(tmp_path: Path) -> None:
    index = Index.create(tmp_path / "index.sqlite")
    index.add("patients", 1, rows(1, 2), file=1)
    index.add("patients", 2, rows(1, 2, name="Bo"), file=2)
    index.drop_file(2)
    resolve_index(index, SOURCE, Contents())
    with Index.open(tmp_path / "index.sqlite") as sealed:
        assert [sealed.part("patients", 1, Plan(), IDS)[line].verdict for line in (1, 2)] == [None, None]
        assert len(sealed.part("patients", 2, Plan(), IDS)) == 0


def test_a_part_that_is_read_again_counts_once(tmp_path: Path) -> None:
    index = Index.create(tmp_path / "index.sqlite")
    index.add("patients", 1, rows(1, 2))
    index.drop_part("patients", 1)
    assert index.add("patients", 1, rows(1, 2, 3)) == 3
    resolve_index(index, SOURCE, Contents())
    with Index.open(tmp_path / "index.sqlite") as sealed:
        assert [view.verdict for view in sealed.part("patients", 1, Plan(), IDS).rows.values()] == [None] * 3


def test_adding_is_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> Iterator[IndexEntry]:
        yield from rows(1, 2)
        raise OSError("the archive ends here")

    index = Index.create(tmp_path / "index.sqlite")
    with pytest.raises(OSError, match="ends here"):
        index.add("patients", 1, broken())
    index.add("patients", 1, rows(5))
    resolve_index(index, SOURCE, Contents())
    with Index.open(tmp_path / "index.sqlite") as sealed:
        assert list(sealed.part("patients", 1, Plan(), IDS)) == [5]


def test_another_worker_goes_on_where_one_stopped(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    Index.create(path).add("patients", 1, rows(1))
    with Index.resume(path) as index:
        index.add("patients", 2, rows(2))
        resolve_index(index, SOURCE, Contents())
    with Index.open(path) as sealed:
        assert sealed.sealed
        assert list(sealed.part("patients", 1, Plan(), IDS)) == [1]
        assert list(sealed.part("patients", 2, Plan(), IDS)) == [2]


def test_a_sealed_index_cannot_be_changed(export: Export) -> None:
    export.has("patients", "7")

    with pytest.raises(sqlite3.OperationalError):
        export.index.add("patients", 9, rows(1))


def _verdict(path: Path) -> tuple[Outcome, str | None] | None:
    with Index.open(path) as index:
        return index.part("treatment_notes", 1, Plan(leave_out_kinds=("treatment_notes",)), IDS)[2].verdict


def test_several_processes_read_one_index_each_with_a_plan_of_its_own(export: Export) -> None:
    export.has("patients", "7")
    note = export.has("treatment_notes", "1", patient("7"))
    assert export.verdict("treatment_notes", note) is None

    with get_context("spawn").Pool(2) as pool:
        assert pool.map(_verdict, [export.path] * 2) == [(Outcome.LEFT_OUT, None)] * 2


def test_only_names_that_others_refer_to_are_in_the_file(export: Export) -> None:
    export.has("practitioners", "3", name="Sam Lee")
    export.has("patients", "7", twin="zebedee quill|1980-01-01", namesake="zebedee quill", created_at=day("2020-02-02"))
    assert export.index

    held = export.path.read_bytes().lower()
    assert b"sam lee" in held
    assert b"zebedee" not in held
