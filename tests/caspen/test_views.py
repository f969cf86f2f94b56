"""The list of clients on the review pages."""

import pytest

from app.caspen.stores import Store, Stores
from app.caspen.views import clients
from tests.caspen.story import (
    WORKSPACE,
    client,
    clinic,
    rows,
    trial_of,
)


@pytest.fixture
def trial(stores: Stores) -> Store:
    mapped = [
        *clinic(2),
        *rows(
            client("1", first_name="Ann", last_name="O'Neil", email="ann_1@example.com", status="archived"),
            client("2", first_name="Anna", last_name="100%", phone_number="+61400123456"),
        ),
    ]
    return trial_of(stores, mapped)[0]


def test_clients_are_listed_by_last_name_with_their_counts(trial: Store) -> None:
    page = clients(trial, WORKSPACE)
    assert [line.name for line in page.lines] == ["Anna 100%", "Zoë Number 1000", "Zoë Number 1001", "Ann O'Neil"]
    assert [(line.appointments, line.notes) for line in page.lines] == [(0, 0), (1, 1), (1, 1), (0, 0)]
    assert [line.archived for line in page.lines] == [False, False, False, True]
    assert page.total == 4


@pytest.mark.parametrize(
    ("search", "matches"),
    [
        ("ann", 2),
        ("ann o'neil", 1),
        ("ANN_1", 1),
        ("_", 1),
        ("%", 1),
        ("00%", 1),
        ("+61400", 1),
        ("nobody", 0),
        ("' OR 1=1 --", 0),
        ("\\", 0),
    ],
)
def test_a_search_matches_parts_of_names_literally(trial: Store, search: str, matches: int) -> None:
    assert clients(trial, WORKSPACE, search=search).total == matches


def test_the_pages_list_each_client_once(trial: Store) -> None:
    pages = [clients(trial, WORKSPACE, page=n, size=3) for n in (1, 2)]
    assert pages[0].pages == 2
    assert len({line.id for page in pages for line in page.lines}) == 4
    assert clients(trial, WORKSPACE, page=99, size=3).page == 2


def test_another_workspace_lists_no_client(trial: Store) -> None:
    assert clients(trial, "wsp_other").total == 0
