"""The acts of support on a move: always with a reason, which the clinic can read and the audit keeps."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from app.db import now
from app.migration.advance import By, Cause, advance
from app.migration.audit import chain_holds
from app.migration.models import AuditEntry, ChangeRequest, Waiver
from app.migration.states import LIVE, OVER, Actor, Event, State
from app.problems import Problem
from app.sandbox.demo import WORKSPACE
from tests.conftest import At
from tests.harness.page_text import done, headline, typed, words
from tests.harness.prepared_moves import tiny_export
from tests.harness.product import ANA, GRACE, MEGAN, ROSA, Product

REASON = "The clinic asked us on the phone to do this."


def act(product: Product, name: str, email: str = ANA, **form: str) -> int:
    return int(product.visitor(email).post(f"/support/{product.migration_id}/{name}", data=form).status_code)


def stop_reading(product: Product) -> None:
    files = {"files": ("export.zip", tiny_export())}
    done(product.visitor(MEGAN).post(f"{product.at}/handover/upload", files=files))

    def fail(session: Session) -> None:
        by = By("worker", Actor.WORKER)
        advance(session, product.migration_id, Event.FAIL, by, Cause(problem=Problem("work_failed")))

    product.write(fail)


@pytest.mark.parametrize("point", ["preparing", "matching", "reviewing", "finalised"])
@pytest.mark.parametrize("email", [ANA, ROSA])
def test_support_sees_the_whole_move_in_every_state(shown_at: At, point: str, email: str) -> None:
    product = shown_at(point)
    page = product.visitor(email).get(f"/support/{product.migration_id}")
    assert page.status_code == 200
    assert headline(page) == "Harbour Street Physiotherapy"
    assert product.migration_id in words(page)
    assert "{source}" not in words(page)


def test_failed_work_is_retried_with_a_reason(product_at: At) -> None:
    product = product_at("preparing")
    stop_reading(product)
    assert act(product, "retry", reason=REASON) == 303
    assert product.state() is State.FETCHING
    entry = next(entry for entry in product.audit() if entry.act == "retry")
    assert (entry.by, entry.role, entry.reason) == (ANA, "support", REASON)
    assert REASON in words(product.visitor(MEGAN).get(f"{product.at}/people"))


def test_a_move_is_ended_with_a_reason(product_at: At) -> None:
    product = product_at("matching")
    assert act(product, "cancel", reason=REASON) == 303
    assert product.state() is State.CANCELLED
    assert product.audit()[-1].reason == REASON


def test_a_finished_move_is_undone_with_a_reason_and_within_its_days(product_at: At) -> None:
    product = product_at("finalised")
    assert "Take this move back" in words(product.visitor(ANA).get(f"/support/{product.migration_id}"))
    assert act(product, "undo", reason="no") == 422
    product.put(finalised_at=now() - timedelta(days=31))
    assert act(product, "undo", reason=REASON) == 409
    assert "Take this move back" not in words(product.visitor(ANA).get(f"/support/{product.migration_id}"))
    product.put(finalised_at=now())
    assert act(product, "undo", reason=REASON) == 303
    product.work()
    assert product.state() is State.UNDONE
    entry = next(entry for entry in product.audit() if entry.act == "undo")
    assert (entry.by, entry.role, entry.reason) == (ANA, "support", REASON)


@pytest.mark.parametrize("name", ["retry", "cancel", "waive", "answer", "undo"])
@pytest.mark.parametrize("reason", ["", "   ", "because"])
def test_without_a_sentence_nothing_is_done(product_at: At, name: str, reason: str) -> None:
    product = product_at("preparing")
    stop_reading(product)
    form = {"reason": reason, "text": reason, "check": "invitations", "request_id": "x"}
    answer = product.visitor(ANA).post(f"/support/{product.migration_id}/{name}", data=form)
    assert answer.status_code == 422
    what = "an answer" if name == "answer" else "a reason"
    assert f"Write {what} that the clinic can read, in a sentence." in words(answer)
    assert product.state() is State.FETCHING_FAILED
    assert product.audit()[-1].act == "fail"


def test_typed_text_is_kept_after_an_error(product_at: At) -> None:
    product = product_at("preparing")
    answer = product.visitor(ANA).post(f"/support/{product.migration_id}/cancel", data={"reason": "too few"})
    assert typed(answer, "reason") == "too few" or "too few" in answer.text


def test_the_clinic_reads_about_a_waived_check(product_at: At) -> None:
    product = product_at("preparing")
    assert "Waiting on 1" in words(product.visitor(MEGAN).get(f"{product.at}/checklist"))
    for _ in range(2):
        assert act(product, "waive", check="invitations", reason=REASON) == 303
    assert product.acts().count("waive") == 1, "twice is once"
    page = words(product.visitor(MEGAN).get(f"{product.at}/checklist"))
    assert "Support waived this check" in page
    assert f"Support’s reason: {REASON}" in page
    mails = product.mails("check_waived")
    assert {mail.recipient for mail in mails} == {MEGAN, GRACE}
    assert mails[0].params["reason"] == REASON
    assert REASON in words(product.visitor(MEGAN).get(f"{product.at}/people"))


@pytest.mark.parametrize("check", ["locations", "practitioners", "services", "activities", "nonsense", ""])
def test_no_other_check_can_be_waived(product_at: At, check: str) -> None:
    product = product_at("preparing")
    assert act(product, "waive", check=check, reason=REASON) == 404
    with product.runtime.ledger.read() as session:
        assert session.get(Waiver, (product.migration_id, check)) is None


@pytest.mark.parametrize("name", ["retry", "cancel"])
def test_an_act_that_is_too_late_shows_the_state_of_the_move(product_at: At, name: str) -> None:
    product = product_at("finalised")
    answer = product.visitor(ANA).post(f"/support/{product.migration_id}/{name}", data={"reason": REASON})
    assert answer.status_code == 409
    assert headline(answer) == "This step is over: your move is finished"
    assert f'href="/support/{product.migration_id}"' in answer.text
    assert name not in product.acts()


def test_an_answer_to_an_unknown_request_returns_404(product_at: At) -> None:
    product = product_at("reviewing")
    assert act(product, "answer", request_id="nonsense", text=REASON) == 404


def test_support_cannot_act_for_the_clinic(product_at: At) -> None:
    product = product_at("reviewing")
    for path in ("approve", "review/change-plan", "review/requests", "matches", "handover/replace", "progress/cancel"):
        assert product.visitor(ROSA).post(f"{product.at}/{path}").status_code == 403


def holds(product: Product) -> bool:
    with product.runtime.ledger.read() as session:
        return chain_holds(session, WORKSPACE)


def tamper(product: Product, statement: sa.Executable) -> None:
    def write(session: Session) -> None:
        session.connection().execute(statement)

    product.write(write)


def test_the_audit_of_a_whole_move_holds_together(product_at: At) -> None:
    product = product_at("finalised")
    assert len(product.audit()) >= 10
    assert holds(product)


AUDIT = AuditEntry.__table__  # type: ignore[attr-defined]  # made by SQLModel
TAMPERED: dict[str, sa.Executable] = {
    "a name": sa.update(AUDIT).where(AUDIT.c.id == 4).values(by="somebody@else.example"),
    "a reason": sa.update(AUDIT).where(AUDIT.c.id == 4).values(reason="Another reason."),
    "a time": sa.update(AUDIT).where(AUDIT.c.id == 4).values(at=now()),
    "a fact": sa.update(AUDIT).where(AUDIT.c.id == 4).values(facts={"to": "elsewhere"}),
    "a hash": sa.update(AUDIT).where(AUDIT.c.id == 4).values(hash="0" * 64),
    "a line that is gone": sa.delete(AUDIT).where(AUDIT.c.id == 4),
    "a first line that is gone": sa.delete(AUDIT).where(AUDIT.c.id <= 3),
    "two lines that changed places": sa.update(AUDIT).where(AUDIT.c.id == 4).values(id=10_000),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_changed_audit_line_is_detected(product_at: At, what: str) -> None:
    product = product_at("matching")
    with product.runtime.ledger.read() as session:
        assert session.get_one(AuditEntry, 4).workspace_id == WORKSPACE
    tamper(product, TAMPERED[what])
    assert not holds(product), what


def test_an_inserted_audit_line_is_detected(product_at: At) -> None:
    product = product_at("matching")
    statement = sa.insert(AUDIT).values(
        at=now(), workspace_id=WORKSPACE, migration_id=product.migration_id, by=MEGAN,
        role="clinic", act="approve", reason="", facts={}, previous=product.audit()[-1].hash, hash="0" * 64,
    )  # fmt: skip
    tamper(product, statement)
    assert not holds(product)


@pytest.mark.parametrize("state", list(State))
def test_support_is_offered_a_check_or_a_request_only_while_the_move_is_open(product_at: At, state: State) -> None:
    product = product_at("finalised" if state in LIVE else "preparing")
    product.gateway().invite_user("Priya Two", "priya.two@example.com", "practitioner")

    def ask(session: Session) -> None:
        request = ChangeRequest(
            id="req_one", migration_id=product.migration_id, trial_number=1, text="Please look.", asked_by=MEGAN
        )
        session.add(request)

    product.write(ask)
    product.put(state=state.value, paused_from="fetching" if state is State.PAUSED else None)
    page = product.visitor(ANA).get(f"/support/{product.migration_id}").text
    offered = [form for form in ("waive", "answer") if f'action="/support/{product.migration_id}/{form}"' in page]
    assert offered == ([] if state in OVER else ["waive", "answer"])
