"""The contract of every route that lists folders: a complete listing within the limits, or a problem."""

from dataclasses import replace
from typing import Any

import pytest

from app.links.checkpoint import FileState
from tests.links.cases import CASES
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.replies import Fault
from tests.links.route_case import RouteCase

SMALL = ServedFile(size=70_001, seed=2)


@pytest.fixture(params=[case for case in CASES if case.folders], ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> RouteCase:
    case: RouteCase = request.param
    return case


TREE = {
    "patients.csv": SMALL,
    "patients.csv\n2": replace(SMALL, seed=3),
    "a/b.csv": replace(SMALL, seed=4),
    "it's #1 100%.csv": replace(SMALL, seed=5),
    "Letters": {"one.pdf": replace(SMALL, seed=6), "More": {"two.pdf": replace(SMALL, seed=7)}},
}


def test_a_folder_is_listed_completely(downloader: Downloader, case: RouteCase, fake: Any) -> None:
    tree = {k: v for k, v in TREE.items() if "/" not in k} if case.provider in ("dropbox", "sharepoint") else TREE
    tree = {k: v for k, v in tree.items() if "\n" not in k} if case.provider in ("dropbox", "sharepoint") else tree
    link = fake.share(fake.folder(tree))
    contents = downloader.probe(link)
    assert contents.folder
    assert contents.size == (len(contents.files) * SMALL.length if case.sized else None)
    problems: list[Any] = []
    fetched = {f.path: f.sha256 for f in downloader.fetch(link, report=problems.append)}
    wanted = {"patients.csv": SMALL.sha256, "Letters/More/two.pdf": replace(SMALL, seed=7).sha256}
    assert wanted.items() <= fetched.items()
    assert fetched["it's #1 100%.csv"] == replace(SMALL, seed=5).sha256
    if tree is TREE:
        assert {"patients (2).csv", "a_b.csv"} <= fetched.keys()
    assert len(fetched) == len(contents.files)
    assert problems == []


def test_many_files_are_listed_over_many_pages(downloader: Downloader, fake: Any) -> None:
    link = fake.share(fake.folder({f"{n:03}.csv": SMALL for n in range(61)}))
    assert sorted(file.path for file in downloader.probe(link).files) == [f"{n:03}.csv" for n in range(61)]
    downloader.limits(max_files=60)
    assert downloader.stopped(link) == "too_many_files"


def test_the_depth_of_folders_is_limited(downloader: Downloader, fake: Any) -> None:
    downloader.limits(max_depth=2)
    deep: dict[str, Any] = {"x.csv": SMALL}
    for level in range(2):
        deep = {f"level {level}": deep}
    assert downloader.probe(fake.share(fake.folder(deep))).folder
    assert downloader.stopped(fake.share(fake.folder({"more": deep}))) == "too_many_files"


def test_an_empty_folder_is_folder_empty(downloader: Downloader, fake: Any) -> None:
    assert downloader.stopped(fake.share(fake.folder({"Empty": {}}))) == "folder_empty"


def test_a_folder_that_changes_during_the_download_is_reported(downloader: Downloader, fake: Any) -> None:
    folder = fake.folder({"one.csv": SMALL, "two.csv": SMALL})
    link = fake.share(folder)

    def add_file(state: FileState) -> None:
        if state.done and len(folder.children) == 2:
            folder.children.append(fake.add("three.csv", SMALL))
            fake.share(folder)

    problems: list[Any] = []
    assert len(downloader.fetch(link, save=add_file, report=problems.append)) == 2
    assert [problem.code for problem in problems] == ["folder_changed"]


def test_a_folder_resumes_at_its_unfinished_file(downloader: Downloader, fake: Any) -> None:
    downloader.limits(attempts=1)
    folder = fake.folder({f"{n}.csv": replace(SMALL, seed=n) for n in range(4)})
    folder.children[2].faults = [Fault("end", at=10)]
    link = fake.share(folder)
    assert downloader.stopped(link) == "download_incomplete"
    newest = {state.key: state for state in downloader.saved}
    assert sum(state.done for state in newest.values()) in (1, 2, 3)
    asked = len(downloader.net.log)
    fetched = downloader.fetch(link, states=list(newest.values()))
    assert {f.sha256 for f in fetched} == {replace(SMALL, seed=n).sha256 for n in range(4)}
    assert len(downloader.net.log) > asked
