"""E-mails are sent over SMTP once each, retried after a failure, and hold no data of a client."""

import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlmodel import Session, select

from app.caspen.tables import Client
from app.migration.mail_names import Mail
from app.migration.models import Migration, OutboxMail
from app.migration.outbox import post as write_mail
from app.notify.mails import KINDS
from app.notify.sender import Sender
from tests.conftest import At
from tests.harness.page_text import done
from tests.harness.prepared_moves import approve
from tests.harness.product import ANA, GRACE, MEGAN, Product
from tests.notify.conftest import Post

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
FACTS = {"reason": "Priya joins in March.", "code": "no_patients_file"}


def write(product: Product, kind: str, cause: str = "a cause") -> None:
    def put(session: Session) -> None:
        migration = session.get_one(Migration, product.migration_id)
        write_mail(session, migration, Mail(kind), cause=cause, facts=FACTS)

    product.write(put)


def sender(product: Product, post: Post) -> Sender:
    return Sender(product.settings.model_copy(update={"smtp_url": post.url}), product.runtime.ledger)


def test_a_mail_arrives_as_text_and_html(product_at: At, post: Post) -> None:
    product = product_at("preparing")
    write(product, "received")
    assert sender(product, post).send_due() == 2
    assert sorted(str(mail["To"]) for mail in post.got) == [GRACE, MEGAN]
    mail = post.got[0]
    assert str(mail["Subject"]) == "We have your export"
    assert str(mail["From"]) == product.settings.mail_from
    assert str(mail["Auto-Submitted"]) == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text, html = (part.get_content() for part in mail.iter_parts())
    for body in (text, html):
        assert "Harbour Street Physiotherapy" in body
        assert f"{product.settings.base_url}{product.at}/progress" in body
        assert "{" not in body.split("</style>")[-1]
    assert all(mail.sent_at is not None for mail in product.mails("received"))


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS if kind.name != "sign_in"])
def test_the_link_of_every_mail_opens_the_right_page(product_at: At, post: Post, kind: str) -> None:
    product = product_at("finalised" if kind in ("finalised", "undone") else "reviewing")
    before = len(product.mails())
    write(product, kind)
    assert sender(product, post).send_due(100) >= len(product.mails()) - before > 0
    mail = next(
        mail for mail in post.got if mail["Message-ID"] in {f"<{m.id}@caspen.example>" for m in product.mails(kind)}
    )
    text = next(mail.iter_parts()).get_content()
    link = next(
        word for line in text.splitlines() for word in line.split() if word.startswith(product.settings.base_url)
    )
    reader = product.visitor(str(mail["To"]))
    assert reader.see(urlsplit(link).path).status_code == 200
    asked = product.visitor().get(urlsplit(link).path)
    assert asked.headers["location"] == f"/signin?next={urlsplit(link).path}"
    wanted = next(each for each in KINDS if each.name == kind)
    assert wanted.button in text
    assert "Margaret" not in text


def test_a_request_goes_to_support_and_the_rest_to_the_clinic(product_at: At) -> None:
    product = product_at("reviewing")
    done(product.visitor(MEGAN).post(f"{product.at}/review/requests", data={"text": "Line 12."}))
    assert {mail.recipient for mail in product.mails("changes_requested")} == {ANA}
    assert {mail.recipient for mail in product.mails("ready_to_review")} == {MEGAN, GRACE}


def test_no_mail_of_a_whole_move_holds_anything_of_a_client(product_at: At, post: Post) -> None:
    product = product_at("reviewing")
    done(approve(product))
    product.work()
    sender(product, post).send_due(100)
    sent = "".join(str(part.get_content()) for mail in post.got for part in mail.iter_parts())
    assert {str(mail["Subject"]) for mail in post.got} >= {"We have your export", "Your clinic is live in Caspen"}
    with product.runtime.caspen.live.database.read() as session:
        clients = session.exec(select(Client)).all()
    assert len(clients) > 30
    for client in clients:
        for value in (client.last_name, client.email, client.phone_number):
            assert not value or len(value) < 5 or value not in sent


@pytest.mark.parametrize("trouble", ["451 later", "550 never", "drop"])
def test_a_failed_mail_is_retried_with_the_same_id(product_at: At, post: Post, trouble: str) -> None:
    product = product_at("preparing")
    with time_machine.travel(NOON, tick=False) as clock:
        write(product, "received")
        post.answers = [trouble, trouble]
        mine = sender(product, post)
        assert mine.send_due() == 0
        assert mine.send_due() == 0, "not at once"
        first = product.mails("received")[0]
        assert first.attempts == 1
        assert first.last_error
        assert MEGAN not in (first.last_error or "")
        clock.shift(timedelta(seconds=30))
        assert mine.send_due() == 2
        assert product.mails("received")[0].last_error is None
    assert len({str(mail["Message-ID"]) for mail in post.got}) == len(post.got) == 2


def test_the_wait_grows_and_never_ends(product_at: At, post: Post) -> None:
    product = product_at("preparing")
    waits = []
    with time_machine.travel(NOON, tick=False) as clock:
        write(product, "received")
        mine = sender(product, post)
        for _ in range(14):
            post.answers = ["451 later"] * 2
            mine.send_due()
            mail = product.mails("received")[0]
            assert mail.not_before is not None
            waits.append((mail.not_before - datetime.now(UTC)).total_seconds())
            clock.shift(timedelta(seconds=waits[-1] + 1))
    assert waits == sorted(waits)
    assert waits[0] == 10
    assert waits[-1] == 3600


def test_a_copy_after_a_crash_has_the_same_message_id(product_at: At, post: Post) -> None:
    product = product_at("preparing")
    write(product, "received")
    mine = sender(product, post)
    mine.send_due()

    def forget(session: Session) -> None:
        for mail in product.mails("received"):
            kept = session.get_one(OutboxMail, mail.id)
            kept.sent_at, kept.not_before = None, None
            session.add(kept)

    product.write(forget)
    mine.send_due()
    ids = [str(mail["Message-ID"]) for mail in post.got]
    assert len(ids) == 4
    assert len(set(ids)) == 2


def test_the_same_cause_writes_one_mail(product_at: At) -> None:
    product = product_at("preparing")
    for _ in range(3):
        write(product, "received", "submit_export:7")
    assert len(product.mails("received")) == 2


def test_senders_side_by_side_never_send_twice(product_at: At, post: Post) -> None:
    product = product_at("preparing")
    for number in range(10):
        write(product, "received", f"cause {number}")
    senders = [sender(product, post) for _ in range(4)]
    threads = [threading.Thread(target=each.send_due, args=(100,)) for each in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [str(mail["Message-ID"]) for mail in post.got]
    assert len(ids) == len(set(ids)) == 20


def test_a_mail_that_cannot_be_rendered_does_not_stop_the_others(product_at: At, post: Post) -> None:
    product = product_at("preparing")

    def put(session: Session) -> None:
        session.add(OutboxMail(id="0", cause="x", kind="sign_in", recipient=MEGAN, params={"name": "Megan"}))

    product.write(put)
    write(product, "received")
    assert sender(product, post).send_due() == 2
    assert product.mails("sign_in")[0].last_error == "KeyError"


def test_a_clinics_name_makes_no_header(product_at: At, post: Post) -> None:
    product = product_at("reviewing")
    product.put(clinic="Harbour\r\nBcc: everybody@evil.example\r\n\r\nStreet")
    write(product, "changes_requested")
    assert sender(product, post).send_due(100) > 0
    mail = next(mail for mail in post.got if "asks for a change" in str(mail["Subject"]))
    assert mail["Bcc"] is None
    assert str(mail["To"]) == ANA


def test_without_a_mail_server_the_outbox_page_shows_what_would_go_out(product_at: At) -> None:
    product = product_at("preparing")
    write(product, "received")
    assert Sender(product.settings, product.runtime.ledger).send_due() == 2
    page = product.visitor().get("/outbox")
    assert "We have your export" in page.text
    assert f"{product.at}/progress" in page.text
    mail = product.mails("received")[0]
    html = product.visitor().get(f"/outbox/{mail.id}")
    assert html.status_code == 200
    assert "Harbour Street Physiotherapy" in html.text
    assert product.visitor().get("/outbox/nonsense").status_code == 404


def test_the_outbox_is_empty_before_anything_happened(product_at: At) -> None:
    page = product_at("nothing").visitor().get("/outbox")
    assert page.status_code == 200
    assert "No mail yet." in page.text
