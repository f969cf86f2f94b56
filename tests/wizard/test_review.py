"""The review: every row is somewhere, changes are asked for and withdrawn, and approval waits for the answer."""

import csv
import io
import re

import pytest
from sqlmodel import Session, col, select

from app.migration.balance import balance_of
from app.migration.guards import approvable
from app.migration.models import ExportFile, ProblemLine, Trial
from app.migration.states import State
from app.sources import source
from tests.conftest import At
from tests.harness.page_text import done, headline, typed, words
from tests.harness.product import ANA, GRACE, MEGAN, RICK, VERA, Product
from tests.world.ledger_lies import reseal


def ask(product: Product, text: str, email: str = MEGAN) -> int:
    return int(product.visitor(email).post(f"{product.at}/review/requests", data={"text": text}).status_code)


def unbalance(product: Product) -> None:
    """A row is not accounted for, as after a lost row."""

    def write(session: Session) -> None:
        trial = session.get_one(Trial, (product.migration_id, 1))
        kinds = [kind.copy() for kind in trial.kinds]
        next(kind for kind in kinds if kind["kind"] == "patients")["read"] += 1
        of_clients = select(ExportFile).where(ExportFile.kind == "patients", col(ExportFile.refused).is_(None))
        file = session.exec(of_clients.limit(1)).one()
        file.rows += 1
        session.add(file)
        trial.kinds, trial.balanced = kinds, False
        session.add(trial)

    product.write(write)
    reseal(product.runtime)


@pytest.mark.parametrize("point", ["preparing", "matching"])
def test_there_is_nothing_to_review_before_a_trial(shown_at: At, point: str) -> None:
    product = shown_at(point)
    assert headline(product.visitor(MEGAN).get(f"{product.at}/review")) == "There is no trial to review yet"


def test_the_sum_adds_up_on_the_page(shown_at: At) -> None:
    product = shown_at("reviewing")
    page = product.visitor(MEGAN).get(f"{product.at}/review")
    assert headline(page) == "Review your trial"
    text = words(page)
    assert "Every line balances." in text
    assert "rows in your export" in text
    assert "not accounted for" not in text


def test_the_table_adds_up_row_by_row(shown_at: At) -> None:
    product = shown_at("reviewing")
    answer = product.visitor(VERA).get(f"{product.at}/review/table.csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) >= 7
    for row in rows:
        parts = ("created", "updated", "unchanged", "left_out", "skipped", "held", "refused")
        assert int(row["in your export"]) == sum(int(row[name]) for name in parts), row["kind"]
        assert row["balances"] == "yes"
        assert row["source digest"] == row["caspen digest"]


def test_a_missing_row_is_reported_and_nothing_is_green(product_at: At) -> None:
    product = product_at("reviewing")
    unbalance(product)
    page = product.visitor(MEGAN).get(f"{product.at}/review")
    assert "1 rows are not accounted for" in words(page) or "1 row is not accounted for" in words(page)
    assert "1 missing" in words(page)
    assert f'href="{product.at}/approve"' not in page.text.split('id="main"')[1]


def note(product: Product, code: str, *places: tuple[str, int | None]) -> None:
    """The trial has a problem of this code at each place: of a row in a part, or of a whole file."""

    def write(session: Session) -> None:
        for file, line in places:
            level = "held" if line else "info"
            session.add(
                ProblemLine(
                    migration_id=product.migration_id,
                    run="trial:1",
                    part=1 if line else 0,
                    code=code,
                    level=level,
                    kind="patients",
                    file=file,
                    line=line,
                )
            )

    product.write(write)
    reseal(product.runtime)


def test_unverified_files_and_set_aside_rows_are_named_without_blocking_approval(product_at: At) -> None:
    product = product_at("reviewing")
    assert "could not be compared the second time" not in words(product.visitor(MEGAN).get(f"{product.at}/review"))
    note(product, "not_verified", *((f"Contacts {n}.xlsx", None) for n in range(1, 8)))
    note(product, "row_quarantined", ("Patients.csv", 17))
    page = product.visitor(MEGAN).get(f"{product.at}/review")
    assert "7 files could not be compared the second time: Contacts 1.xlsx" in words(page)
    assert "and 2 more" in words(page)
    assert "1 row could not be worked on and is held back: Patients.csv, line 17" in words(page)
    assert f'href="{product.at}/approve"' in page.text
    assert product.visitor(MEGAN).get(f"{product.at}/problems/row_quarantined").status_code == 200


CARD = re.compile(r'<li( class="ticked")?>\s*<p class="tiny">([^<]+)</p>\s*<h3><a href="([^"]+)">')


def cards(product: Product) -> dict[str, tuple[str, bool]]:
    """The sample cards by reason: target and tick."""
    page = product.visitor(RICK).get(f"{product.at}/review")
    return {why: (href, bool(ticked)) for ticked, why, href in CARD.findall(page.text)}


def test_telling_examples_of_every_kind_are_offered_and_each_opens(shown_at: At) -> None:
    product = shown_at("reviewing")
    sample_cards = cards(product)
    assert {"Newest client", "Longest note", "Appointment in a group", "Form with a signature"} <= sample_cards.keys()
    assert {
        "Note that is a draft",
        "Most messages",
        "Case with a limit",
        "Contact who refers most",
    } <= sample_cards.keys()
    assert len({href for href, _ in sample_cards.values()}) == len(sample_cards) >= 14
    for href, _ in sample_cards.values():
        assert product.visitor(RICK).get(href).status_code == 200, href


def test_a_viewed_sample_is_ticked_for_the_whole_clinic(product_at: At) -> None:
    product = product_at("reviewing")
    before = cards(product)
    assert not any(ticked for _, ticked in before.values())
    looked = ("Longest note", "Form with a signature")
    for why in looked:
        product.visitor(MEGAN).get(before[why][0])
    assert {why for why, (_, ticked) in cards(product).items() if ticked} == set(looked)
    assert f"2 of {len(before)} looked at" in words(product.visitor(RICK).get(f"{product.at}/review"))


def test_every_imported_kind_links_to_its_list(shown_at: At) -> None:
    product = shown_at("reviewing")
    page = product.visitor(RICK).get(f"{product.at}/review")
    lists = set(re.findall(rf'class="tall" href="({product.at}/[^"]+)"', page.text))
    assert len(lists) >= 14
    for address in lists:
        assert product.visitor(RICK).get(address).status_code == 200, address
    assert 'class="tall"' not in product.visitor(VERA).get(f"{product.at}/review").text


def test_something_wrong_with_a_client_begins_a_request_with_a_number_alone(shown_at: At) -> None:
    product = shown_at("reviewing")
    megan = product.visitor(MEGAN)
    assert typed(megan.get(f"{product.at}/review", params={"about": "1000016"}), "text") == "Number 1000016:"
    assert typed(megan.get(f"{product.at}/review", params={"about": "<b>Ana Li"}), "text") == ""


@pytest.mark.parametrize("email", [VERA, ANA])
def test_no_client_is_named_to_those_who_may_not_see_clients(shown_at: At, email: str) -> None:
    product = shown_at("reviewing")
    page = product.visitor(email).get(f"{product.at}/review")
    assert page.status_code == 200
    assert "/clients/" not in page.text
    assert "Newest client" not in words(page)


def test_a_change_request_reaches_support(product_at: At) -> None:
    product = product_at("reviewing")
    assert ask(product, "Line 12 should be archived.") == 303
    assert product.state() is State.CHANGES_REQUESTED
    page = words(product.visitor(MEGAN).get(f"{product.at}/review"))
    assert "Line 12 should be archived." in page
    assert "Approval waits for this." in page
    assert "a request is open" in page
    assert {mail.recipient for mail in product.mails("changes_requested")} == {ANA}
    assert "Line 12" not in f"{[mail.params for mail in product.mails()]}"


def test_asking_twice_asks_once(product_at: At) -> None:
    product = product_at("reviewing")
    assert [ask(product, "Line 12 should be archived.") for _ in range(3)] == [303, 303, 303]
    assert product.acts().count("request_changes") == 1
    assert words(product.visitor(MEGAN).get(f"{product.at}/review")).count("Line 12") == 1


def test_typed_text_survives_a_faster_colleague_and_stands_beside_hers(product_at: At) -> None:
    product = product_at("reviewing")
    ask(product, "Line 12 should be archived.", GRACE)
    answer = product.visitor(MEGAN).post(f"{product.at}/review/requests", data={"text": "Line 40 has two notes."})
    assert answer.status_code == 409
    assert "Line 40 has two notes." in words(answer)
    assert "support has: Line 12 should be archived." in words(answer)
    assert headline(answer) == "This step is over: support has your request"


@pytest.mark.parametrize(("text", "trouble"), [("", "Write what should be different."), ("x" * 4001, "Shorten it")])
def test_an_empty_or_too_long_request_comes_back(product_at: At, text: str, trouble: str) -> None:
    product = product_at("reviewing")
    answer = product.visitor(MEGAN).post(f"{product.at}/review/requests", data={"text": text})
    assert answer.status_code == 422
    assert trouble in words(answer)
    assert typed(answer, "text") == text
    assert product.state() is State.REVIEWING


def test_a_request_that_is_withdrawn_opens_approval_again(product_at: At) -> None:
    product = product_at("reviewing")
    ask(product, "Line 12 should be archived.")
    megan = product.visitor(MEGAN)
    address = re.findall(r'action="([^"]+/withdraw)"', megan.get(f"{product.at}/review").text)[0]
    for _ in range(2):
        done(megan.post(address))
    assert product.state() is State.REVIEWING
    assert product.acts().count("withdraw_changes") == 1
    assert "Withdrawn" in words(megan.get(f"{product.at}/review"))


def current_digest(product: Product) -> str:
    with product.runtime.ledger.read() as session:
        return session.get_one(Trial, (product.migration_id, product.move().trial_number)).digest or ""


def test_the_request_of_another_move_cannot_be_withdrawn(product_at: At) -> None:
    product = product_at("reviewing")
    ask(product, "Line 12 should be archived.")
    address = re.findall(r"/requests/(\w+)/withdraw", product.visitor(MEGAN).get(f"{product.at}/review").text)[0]
    olive = product.visitor("olive@riverbend.example")
    olive.post(f"/m/{product.other_id}/review/requests/{address}/withdraw")
    assert product.state() is State.CHANGES_REQUESTED


@pytest.mark.parametrize("is_changed", [False, True])
def test_an_answer_of_support_leads_to_the_review_or_to_the_names_of_a_changed_plan(
    product_at: At, is_changed: bool
) -> None:
    product = product_at("reviewing")
    digest = current_digest(product)
    ask(product, "Line 12 should be archived.")
    ana = product.visitor(ANA)
    request = re.findall(r'name="request_id" value="(\w+)"', ana.get(f"/support/{product.migration_id}").text)[0]
    form = {"request_id": request, "text": "Archived clients come as archived now."}
    if is_changed:
        product.put(plan={**product.move().plan, "country": "NZ"})
    done(ana.post(f"/support/{product.migration_id}/answer", data=form))
    done(ana.post(f"/support/{product.migration_id}/answer", data=form))
    late = ana.post(f"/support/{product.migration_id}/answer", data=form | {"text": "Something else entirely."})
    assert late.status_code == 409
    assert "Something else entirely." in words(late), "what was typed is kept"
    assert product.state() is (State.MATCHING if is_changed else State.REVIEWING)
    if not is_changed:
        landed = product.visitor(MEGAN).see(product.at)
        assert "Archived clients come as archived now." in words(landed), "the clinic lands on the review"
        with product.runtime.ledger.read() as session:
            assert approvable(digest)(session, product.move()) is None
    page = words(product.visitor(MEGAN).get(f"{product.at}/review"))
    assert "Archived clients come as archived now." in page
    assert "Ana Ferreira" in page
    assert {mail.recipient for mail in product.mails("changes_answered")} == {MEGAN, GRACE}


def test_the_names_can_be_changed_and_a_new_trial_made(product_at: At) -> None:
    product = product_at("reviewing")
    megan = product.visitor(MEGAN)
    for _ in range(2):
        answer = done(megan.post(f"{product.at}/review/change-plan"))
    assert product.acts().count("change_plan") == 1
    assert answer.headers["location"] == product.at, "pressed twice"
    assert headline(megan.get(f"{product.at}/review")) == "Trial 1, as it was made", "the old one stays to be looked at"
    assert ask(product, "Too late.") == 409
    done(megan.post(f"{product.at}/matches", data={"act": "start"}))
    product.work()
    assert product.move().trial_number == 2
    assert "Trial 2" in words(megan.get(f"{product.at}/review"))


def test_after_the_move_the_review_can_still_be_read(shown_at: At) -> None:
    product = shown_at("finalised")
    page = product.visitor(MEGAN).get(f"{product.at}/review")
    assert page.status_code == 200
    assert "Ask for a change" not in words(page)


def test_the_clinics_own_numbers_appear_next_to_the_trials(product_at: At) -> None:
    product = product_at("reviewing")
    megan = product.visitor(MEGAN)
    assert "Type your own numbers from Cliniko" in words(megan.get(f"{product.at}/review"))
    with product.runtime.ledger.read() as session:
        trial = session.get_one(Trial, (product.migration_id, 1))
    read, arrived = next((k["read"], k["created"] + k["updated"]) for k in trial.kinds if k["kind"] == "patients")
    assert arrived < read, "one is told twice, one waits"
    done(megan.post(f"{product.at}/uses/counts", data={"count-patients": str(arrived)}))
    assert "The same number as came across." in words(megan.get(f"{product.at}/review"))
    done(megan.post(f"{product.at}/uses/counts", data={"count-patients": str(arrived + 1)}))
    text = words(megan.get(f"{product.at}/review"))
    assert "1 held back." in text[text.index("Your own numbers") :]
    done(megan.post(f"{product.at}/uses/counts", data={"count-patients": str(read + 7)}))
    text = words(megan.get(f"{product.at}/review"))
    assert re.search(r"You counted \d+ more: \d+ not in your export", text)
    assert "that your export may not be whole" in text
    support = words(product.visitor(ANA).get(f"/support/{product.migration_id}"))
    assert "Clients: you counted" in support


@pytest.mark.parametrize("side", ["read", "brought"])
def test_a_clinic_with_a_matching_number_ticks_nothing(product_at: At, side: str) -> None:
    product = product_at("reviewing")
    megan = product.visitor(MEGAN)
    with product.runtime.ledger.read() as session:
        trial = session.get_one(Trial, (product.migration_id, 1))
    lines = [line for line in balance_of(trial, source("cliniko")).lines if line.kind]
    asked = {question.kind for question in source("cliniko").counts}
    numbers = {f"count-{line.kind}": str(getattr(line, side)) for line in lines if line.kind in asked}
    assert len(numbers) == len(asked)
    done(megan.post(f"{product.at}/uses/counts", data=numbers))
    review, approve = megan.get(f"{product.at}/review"), megan.get(f"{product.at}/approve")
    expected = "The same number as in your export." if side == "read" else "The same number as came across."
    assert words(review).count(expected) == len(asked)
    assert "you counted" not in words(approve)
    assert "count_differs" not in approve.text


def test_the_diarys_number_of_notes_equals_the_trials(shown_at: At) -> None:
    product = shown_at("reviewing")
    with product.runtime.ledger.read() as session:
        totals = session.get_one(Trial, (product.migration_id, 1)).held_against or {}
    assert totals["says_final"] == totals["visits_with_final"] > 0
    assert totals["says_draft"] == totals["visits_with_draft"] > 0
