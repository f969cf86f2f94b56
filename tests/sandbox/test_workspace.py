"""The sandbox for Caspen: gaps are closed as by people, and a new empty clinic can be added and moved."""

import re

import pytest

from app.caspen.workspace_snapshot import load_workspace
from app.records.sections import SECTIONS
from app.sandbox.demo import GAPS, PEOPLE, WORKSPACE, open_gaps, seed
from tests.conftest import At
from tests.harness.page_text import done, headline, typed, words
from tests.harness.product import ANA, MEGAN


def test_the_demo_clinic_has_gaps_that_its_checklist_finds(product_at: At) -> None:
    product = product_at("nothing")
    facts = load_workspace(product.runtime.caspen, WORKSPACE)
    assert open_gaps(facts) == list(GAPS)
    page = product.visitor(MEGAN).see("/sandbox")
    assert headline(page) == "A Caspen workspace to try with"
    gaps = re.search(r"(\d+) gaps that the checklist finds: ([^.]+)\.", words(page))
    assert gaps is not None
    assert int(gaps[1]) == sum(map(int, re.findall(r"\d+", gaps[2]))) == len(GAPS)
    assert f"Close all {len(GAPS)} gaps" in words(page)


def test_seeding_twice_seeds_once(product_at: At) -> None:
    product = product_at("nothing")
    before = load_workspace(product.runtime.caspen, WORKSPACE)
    seed(product.runtime)
    assert load_workspace(product.runtime.caspen, WORKSPACE) == before
    assert len(PEOPLE) == 4


def test_a_single_press_closes_all_gaps(product_at: At) -> None:
    product = product_at("nothing")
    megan = product.visitor(MEGAN)
    for _ in range(2):
        done(megan.post(f"/sandbox/{WORKSPACE}/close"))
    assert open_gaps(load_workspace(product.runtime.caspen, WORKSPACE)) == []
    page = words(megan.get(f"/sandbox/{WORKSPACE}"))
    assert "Add locations, people and services here" in page
    assert "nothing to find" not in page


def test_a_person_is_invited_and_accepts(product_at: At) -> None:
    product = product_at("nothing")
    megan = product.visitor(MEGAN)
    form = {"name": "Ruby Castellano", "email": "Ruby@x.example", "role": "practitioner"}
    done(megan.post(f"/sandbox/{WORKSPACE}/people", data=form))
    ruby = next(p for p in load_workspace(product.runtime.caspen, WORKSPACE).practitioners if "Ruby" in p.name)
    assert not ruby.accepted
    done(megan.post(f"/sandbox/{WORKSPACE}/people/{ruby.user_id}/accept"))
    ruby = next(p for p in load_workspace(product.runtime.caspen, WORKSPACE).practitioners if "Ruby" in p.name)
    assert ruby.accepted
    assert megan.post(f"/sandbox/{WORKSPACE}/people/usr_nobody/accept").status_code == 404


def test_a_service_is_added_as_visit_or_activity(product_at: At) -> None:
    product = product_at("nothing")
    megan = product.visitor(MEGAN)
    done(megan.post(f"/sandbox/{WORKSPACE}/services", data={"name": "Report", "kind": "activity", "duration": "45"}))
    done(megan.post(f"/sandbox/{WORKSPACE}/services", data={"name": "Odd", "duration": "9" * 5000}))
    services = {s.name: (s.kind, s.duration) for s in load_workspace(product.runtime.caspen, WORKSPACE).services}
    assert services["Report"] == ("activity", 45)
    assert services["Odd"] == ("appointment", 30)


WRONG = [
    ("locations", {"name": "", "zone": "Australia/Sydney"}, "Write the location's name."),
    ("locations", {"name": "X", "zone": "Mars/Olympus"}, "Choose a time zone."),
    ("services", {"name": " "}, "Write the service's name."),
    ("people", {"name": "", "email": "a@b.example"}, "Write the person's name."),
    ("people", {"name": "A", "email": "a"}, "Write an e-mail address"),
]


@pytest.mark.parametrize(("place", "form", "trouble"), WRONG)
def test_a_wrong_input_is_explained(product_at: At, place: str, form: dict[str, str], trouble: str) -> None:
    product = product_at("nothing")
    answer = product.visitor(MEGAN).post(f"/sandbox/{WORKSPACE}/{place}", data=form)
    assert answer.status_code == 422
    assert trouble in words(answer)


def test_an_unknown_workspace_returns_404(product_at: At) -> None:
    product = product_at("nothing")
    megan = product.visitor(MEGAN)
    assert megan.get("/sandbox/wsp_nothing").status_code == 404
    assert megan.get("/sandbox/wsp_nothing/clients").status_code == 404
    assert megan.post("/sandbox/wsp_nothing/locations", data={"name": "X", "zone": "UTC"}).status_code == 404


def test_a_new_empty_clinic_can_be_made_and_moved(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    answer = megan.post("/sandbox/clinic", data={"name": " "})
    assert answer.status_code == 422
    made = done(megan.post("/sandbox/clinic", data={"name": "My own clinic"})).headers["location"]
    page = megan.get(made)
    assert "No location yet." in words(page)
    workspace = made.rsplit("/", 1)[1]
    back = re.findall(r'href="(/start\?workspace=\w+)"', page.text)
    assert back == [f"/start?workspace={workspace}"]
    start = megan.get(back[0])
    assert headline(start) == "Move My own clinic from Cliniko to Caspen"
    assert typed(start, "workspace") == workspace
    begun = done(megan.post("/start", data={"workspace": workspace})).headers["location"]
    assert headline(megan.get(begun)) == "Bring My own clinic across from Cliniko"
    assert product.migration_id not in begun
    assert megan.get(f"/start?workspace={WORKSPACE}").headers["location"] == product.at


def test_support_adds_a_clinic_for_another_person(product_at: At) -> None:
    product = product_at("nothing")
    ana = product.visitor(ANA)
    made = done(ana.post("/sandbox/clinic", data={"name": "Theirs"})).headers["location"]
    assert ana.get(made).status_code == 200
    assert ana.get("/").headers["location"] == "/support"


def test_live_clients_appear_when_the_move_is_live(shown_at: At) -> None:
    before = shown_at("reviewing").visitor(MEGAN)
    assert headline(before.get(f"/sandbox/{WORKSPACE}/clients")) == "0 live clients"
    after = shown_at("finalised").visitor(MEGAN)
    page = after.get(f"/sandbox/{WORKSPACE}/clients")
    assert not headline(page).startswith("0")
    address = re.findall(rf'href="(/sandbox/{WORKSPACE}/clients/cli_\w+)"', page.text)[0]
    assert after.get(address).status_code == 200
    assert after.get(f"/sandbox/{WORKSPACE}/clients/cli_nobody").status_code == 404
    assert after.get(f"{address}/letters").status_code == 404


def test_a_live_client_has_the_same_sections_as_in_the_trial(shown_at: At) -> None:
    product = shown_at("finalised")
    megan = product.visitor(MEGAN)
    page = megan.get(f"{product.at}/clients").text
    for client in re.findall(r"/clients/(cli_\w+)\"", page)[:6]:
        for section in SECTIONS:
            live = megan.get(f"/sandbox/{WORKSPACE}/clients/{client}/{section.name}")
            trial = megan.get(f"{product.at}/clients/{client}/{section.name}")
            assert live.status_code == trial.status_code == 200
            tabs = [
                re.findall(r"<li><a href=\"[^\"]+\"[^>]*>([^<]+)</a></li>", address.text) for address in (live, trial)
            ]
            assert tabs[0] == tabs[1], "as many of each"
            assert len(tabs[0]) == len(SECTIONS) + 1
            assert "Where this came from" not in words(live)
