"""What holds for every route that lists folders: to their end, at most so much, and never half of one."""

from dataclasses import replace
from typing import Any

import pytest

from app.links import FileState
from tests.links.cases import CASES, Case
from tests.links.conftest import Desk
from tests.links.files import ServedFile
from tests.links.replies import Fault

SMALL = ServedFile(size=70_001, seed=2)


@pytest.fixture(params=[case for case in CASES if case.folders], ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


TREE = {
    "patients.csv": SMALL,
    "patients.csv\n2": replace(SMALL, seed=3),
    "a/b.csv": replace(SMALL, seed=4),
    "it's #1 100%.csv": replace(SMALL, seed=5),
    "Letters": {"one.pdf": replace(SMALL, seed=6), "More": {"two.pdf": replace(SMALL, seed=7)}},
}


def test_a_folder_is_listed_to_its_end(desk: Desk, case: Case, shop: Any) -> None:
    tree = {k: v for k, v in TREE.items() if "/" not in k} if case.provider in ("dropbox", "sharepoint") else TREE
    tree = {k: v for k, v in tree.items() if "\n" not in k} if case.provider in ("dropbox", "sharepoint") else tree
    link = shop.share(shop.folder(tree))
    found = desk.probe(link)
    assert found.folder
    assert found.size == (len(found.files) * SMALL.length if case.sized else None)
    told: list[Any] = []
    fetched = {f.path: f.sha256 for f in desk.fetch(link, tell=told.append)}
    wanted = {"patients.csv": SMALL.sha256, "Letters/More/two.pdf": replace(SMALL, seed=7).sha256}
    assert wanted.items() <= fetched.items()
    assert fetched["it's #1 100%.csv"] == replace(SMALL, seed=5).sha256
    if tree is TREE:
        assert {"patients (2).csv", "a_b.csv"} <= fetched.keys()
    assert len(fetched) == len(found.files)
    assert told == []


def test_many_files_come_over_many_pages(desk: Desk, shop: Any) -> None:
    link = shop.share(shop.folder({f"{n:03}.csv": SMALL for n in range(61)}))
    assert sorted(file.path for file in desk.probe(link).files) == [f"{n:03}.csv" for n in range(61)]
    desk.limits(max_files=60)
    assert desk.stopped(link) == "too_many_files"


def test_folders_within_folders_have_an_end(desk: Desk, shop: Any) -> None:
    desk.limits(max_depth=2)
    deep: dict[str, Any] = {"x.csv": SMALL}
    for level in range(2):
        deep = {f"level {level}": deep}
    assert desk.probe(shop.share(shop.folder(deep))).folder
    assert desk.stopped(shop.share(shop.folder({"more": deep}))) == "too_many_files"


def test_a_folder_with_nothing_in_it_is_told(desk: Desk, shop: Any) -> None:
    assert desk.stopped(shop.share(shop.folder({"Empty": {}}))) == "folder_empty"


def test_a_folder_that_changes_meanwhile_is_told(desk: Desk, shop: Any) -> None:
    folder = shop.folder({"one.csv": SMALL, "two.csv": SMALL})
    link = shop.share(folder)

    def one_more(state: FileState) -> None:
        if state.done and len(folder.children) == 2:
            folder.children.append(shop.add("three.csv", SMALL))
            shop.share(folder)

    told: list[Any] = []
    assert len(desk.fetch(link, save=one_more, tell=told.append)) == 2
    assert [problem.code for problem in told] == ["folder_changed"]


def test_a_folder_is_gone_on_with_from_the_file_it_was_at(desk: Desk, shop: Any) -> None:
    desk.limits(attempts=1)
    folder = shop.folder({f"{n}.csv": replace(SMALL, seed=n) for n in range(4)})
    folder.children[2].faults = [Fault("end", at=10)]
    link = shop.share(folder)
    assert desk.stopped(link) == "download_incomplete"
    newest = {state.key: state for state in desk.saved}
    assert sum(state.done for state in newest.values()) in (1, 2, 3)
    asked = len(desk.net.log)
    fetched = desk.fetch(link, states=list(newest.values()))
    assert {f.sha256 for f in fetched} == {replace(SMALL, seed=n).sha256 for n in range(4)}
    assert len(desk.net.log) > asked
