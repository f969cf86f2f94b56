"""The copies of an abandoned move are deleted."""

from datetime import timedelta

from app.db import now
from app.migration.models import HelpMessage, Migration
from app.migration.states import Event, State
from app.worker.clean_up import give_up_abandoned
from tests.conftest import At
from tests.harness.clinic import MEGAN, Clinic, clinic_files
from tests.harness.page_text import words
from tests.harness.product import MEGAN as MEGAN_OF_THE_DEMO
from workers.periodic_tasks import destroy_what_is_due

LATER = now() + timedelta(days=31)


def put(clinic: Clinic, **values: object) -> None:
    with clinic.runtime.ledger.write() as session:
        move = session.get_one(Migration, clinic.id)
        for name, value in values.items():
            setattr(move, name, value)
        session.add(move)


def test_an_abandoned_trial_is_deleted_with_all_copies(clinic: Clinic) -> None:
    clinic.tried()
    assert give_up_abandoned(clinic.runtime) == []
    assert give_up_abandoned(clinic.runtime, LATER - timedelta(days=2)) == []
    assert clinic.state() is State.REVIEWING
    assert give_up_abandoned(clinic.runtime, LATER) == [clinic.id]
    assert clinic.state() is State.CANCELLED
    assert give_up_abandoned(clinic.runtime, LATER) == []
    destroy_what_is_due(clinic.runtime)
    assert list(clinic.runtime.objects.list(clinic.id)) == []
    assert clinic.runtime.caspen.trial_names() == []
    assert clinic.migration.wrapped_key == ""


def test_a_returning_visitor_is_informed_and_may_start_again(product_at: At) -> None:
    product = product_at("reviewing")
    assert product.migration_id in give_up_abandoned(product.runtime, LATER)
    destroy_what_is_due(product.runtime)
    assert MEGAN_OF_THE_DEMO in {mail.recipient for mail in product.mails("abandoned")}
    page = words(product.visitor(MEGAN_OF_THE_DEMO).see(product.at))
    assert "This move was stopped" in page
    assert "Start again" in page
    assert "Nobody went on, so the move was ended" in words(
        product.visitor(MEGAN_OF_THE_DEMO).see(f"{product.at}/people")
    )


def test_a_recent_act_keeps_a_move(clinic: Clinic) -> None:
    clinic.tried()
    put(clinic, since=now() - timedelta(days=400))
    assert give_up_abandoned(clinic.runtime) == []


def test_a_move_is_not_ended_while_support_has_to_act(clinic: Clinic) -> None:
    clinic.tried()
    clinic.act(Event.REQUEST_CHANGES)
    assert give_up_abandoned(clinic.runtime, LATER) == []
    assert clinic.state() is State.CHANGES_REQUESTED


def test_a_message_or_a_conversion_to_come_keeps_a_move(clinic: Clinic) -> None:
    clinic.hand_over(clinic_files())
    clinic.drain()
    put(clinic, conversion_date=(LATER - timedelta(days=20)).date().isoformat())
    assert give_up_abandoned(clinic.runtime, LATER) == []
    put(clinic, conversion_date=None)
    with clinic.runtime.ledger.write() as session:
        asked = HelpMessage(id="1", migration_id=clinic.id, author=MEGAN.name, text="Wait", written_at=LATER)
        session.add(asked)
    assert give_up_abandoned(clinic.runtime, LATER) == []
    assert clinic.state() is State.MATCHING


def test_getting_ready_may_take_its_time(clinic: Clinic) -> None:
    assert give_up_abandoned(clinic.runtime, LATER + timedelta(days=300)) == []
    assert clinic.state() is State.PREPARING
