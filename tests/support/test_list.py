"""Support's list: every move, grouped by who must act, longest waiting first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from app.db import now
from app.migration.models import HelpMessage, Migration
from app.migration.state_words import WORDS, Waits
from app.migration.states import WORKING, State
from app.support.support_pages import HEADS, line_of, load_lines
from tests.conftest import At
from tests.harness.audit_lines import make_audit_say
from tests.harness.page_text import done, headline, words
from tests.harness.product import ANA, MEGAN, ROSA, Product

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def move(name: str = "Clinic", state: State = State.REVIEWING, *, hours: float = 1, **some: Any) -> Migration:
    since = NOW - timedelta(hours=hours)
    values: dict[str, Any] = {"id": f"mig_{name}", "workspace_id": f"wsp_{name}", "clinic": name, "source": "cliniko"}
    values |= {"last_sign_of_work": NOW} if state in WORKING else {}
    return Migration(**(values | {"state": state.value, "since": since} | some))


@pytest.mark.parametrize("state", list(State))
def test_every_state_names_who_must_act(state: State) -> None:
    line = line_of(move(state=state), 0, False, NOW)
    assert line.waits is WORDS[state].waits
    assert line.waits in HEADS
    assert line.seconds == 3600


def test_a_stopped_move_waits_for_the_person_who_can_act() -> None:
    clinic = line_of(move(state=State.READING_FAILED, problem={"code": "no_patients_file"}), 0, False, NOW)
    ours = line_of(move(state=State.READING_FAILED, problem={"code": "no_space"}), 0, False, NOW)
    assert (clinic.waits, clinic.kind) == (Waits.CLINIC, "stop")
    assert (ours.waits, ours.kind) == (Waits.SUPPORT, "stop")


@pytest.mark.parametrize(("silent", "waits"), [(10, Waits.NOBODY), (59, Waits.NOBODY), (150, Waits.SUPPORT)])
def test_a_minute_without_a_sign_of_work_is_ours(silent: int, waits: Waits) -> None:
    last_sign = NOW - timedelta(seconds=silent)
    line = line_of(move(state=State.TRIALLING, last_sign_of_work=last_sign), 0, False, NOW)
    assert line.waits is waits
    assert ("No sign of work for 2 minutes" in line.waits_for) is (waits is Waits.SUPPORT)


@pytest.mark.parametrize("state", sorted(WORKING))
@pytest.mark.parametrize(("waiting", "waits"), [(10, Waits.NOBODY), (150, Waits.SUPPORT)])
def test_work_that_no_worker_has_begun_after_a_minute_is_ours(state: State, waiting: int, waits: Waits) -> None:
    line = line_of(move(state=state, hours=waiting / 3600, last_sign_of_work=None), 0, False, NOW)
    assert line.waits is waits
    assert ("No sign of work for 2 minutes" in line.waits_for) is (waits is Waits.SUPPORT)


def test_an_unanswered_message_makes_a_move_ours() -> None:
    line = line_of(move(), 0, True, NOW)
    assert (line.waits, line.waits_for) == (Waits.SUPPORT, "A message has no answer yet")


@pytest.mark.parametrize("point", ["fetching", "reading", "trialling"])
def test_a_move_that_support_paused_waits_for_support(product_at: At, point: str) -> None:
    product = product_at("matching")
    product.put(state=point)
    ana = product.visitor(ANA)
    reason = {"reason": "We look into the files first."}
    done(ana.post(f"/support/{product.migration_id}/pause", data=reason))
    assert "Waits for us" in words(ana.get(f"/support/{product.migration_id}"))
    assert "Support has paused it" in words(ana.get("/support?who=support"))
    done(ana.post(f"/support/{product.migration_id}/resume", data=reason))
    assert "Waits for us" not in words(ana.get(f"/support/{product.migration_id}"))


def test_a_download_that_the_clinic_paused_waits_for_the_clinic(product_at: At) -> None:
    product = product_at("matching")
    product.put(state=State.FETCHING.value)
    done(product.visitor(MEGAN).post(f"{product.at}/progress/pause"))
    assert "Waits for the clinic" in words(product.visitor(ANA).get(f"/support/{product.migration_id}"))


def filled(product: Product) -> Product:
    def put(session: Session) -> None:
        start = now() - timedelta(days=1)
        moves = [move("Halted", State.READING_FAILED, problem={"code": "no_patients_file"}, since=start)]
        for number in range(3):
            values: dict[str, Any] = {"since": start + timedelta(hours=number)}
            moves.append(move(f"Waiting {number}", State.CHANGES_REQUESTED, **values))
            moves.append(move(f"Trying {number}", State.TRIALLING, **values, last_sign_of_work=now()))
        for each in moves:
            session.add(each)
            session.flush()
            make_audit_say(session, each)
        session.add(HelpMessage(id="1", migration_id=product.other_id, author=MEGAN, text="Help"))

    product.write(put)
    return product


def test_supports_longest_waiting_moves_are_first(product_at: At) -> None:
    product = filled(product_at("preparing"))
    with product.runtime.ledger.read() as session:
        lines = load_lines(session)
    assert [line.waits for line in lines] == sorted((line.waits for line in lines), key=list(HEADS).index)
    ours = [line.migration.clinic for line in lines if line.waits is Waits.SUPPORT]
    assert ours[:3] == ["Waiting 0", "Waiting 1", "Waiting 2"]
    assert ours[3] == "Riverbend Podiatry", "its message has no answer"


def test_the_page_counts_groups_and_names_them(product_at: At) -> None:
    product = filled(product_at("preparing"))
    for email in (ANA, ROSA):
        page = product.visitor(email).get("/support")
        assert headline(page) == "9 migrations, 4 need us"
        text = words(page)
        assert text.index("Waiting 0") < text.index("Halted") < text.index("Trying 0")


FILTERS = {
    "q=waiting": 3,
    "q=mig_Halted": 1,
    "q=%25": 0,
    "who=support": 4,
    "who=nobody": 3,
    "state=stopped": 1,
    "state=stalled": 0,
    "q=nothing+fits": 0,
    "who=nonsense": 0,
}


@pytest.mark.parametrize("asked", FILTERS)
def test_the_list_can_be_narrowed(product_at: At, asked: str) -> None:
    product = filled(product_at("preparing"))
    page = product.visitor(ANA).get(f"/support?{asked}")
    assert page.status_code == 200
    assert headline(page).startswith(f"{FILTERS[asked]} migration")


def test_an_empty_list_is_explained(product_at: At) -> None:
    product = product_at("nothing")
    assert "1 migration" in headline(product.visitor(ANA).get("/support")), "the other clinic has"


def test_the_list_and_the_move_page_agree_on_who_must_act(product_at: At) -> None:
    product = product_at("matching")
    done(product.visitor(MEGAN).post(f"{product.at}/help", data={"text": "What is a practitioner?"}))
    assert "A message has no answer yet" in words(product.visitor(ANA).get("/support"))
    page = words(product.visitor(ANA).get(f"/support/{product.migration_id}"))
    assert "Waits for us" in page
    assert "Waits for the clinic" not in page
