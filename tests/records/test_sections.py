"""A client's sections: everything that belongs to the client, in Caspen's words, a page at a time."""

from datetime import timedelta

from app.caspen.gateway import Gateway
from app.caspen.stores import Store, Stores
from app.caspen.tables import Form
from app.records.client import details
from app.records.field import FormSheet, RichText
from app.records.kinds.clients import KIND as CLIENT
from app.records.kinds.forms import KIND as FORM
from app.records.names_of_ids import RecordNames
from app.records.query import counts, find, get
from app.records.reader_rights import EVERYTHING, Reader
from app.records.section import LONGEST, tabs
from app.records.sections import SECTIONS
from tests.caspen.story import IDS, NOON, WORKSPACE, appointment, client_id, clinic, live_clinic, note, trial_of
from tests.records.story import SYDNEY, case, communication, form, group, reason, row, shown

FRONT_DESK = Reader(clinical=False, confidential=False)
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # noqa: E501


def trial(stores: Stores, *more: object) -> Store:
    return trial_of(stores, [*clinic(2), *more])[0]  # type: ignore[list-item]  # rows


def test_coming_appointments_are_separate_and_the_latest_is_first(stores: Stores) -> None:
    later = NOON + timedelta(days=30)
    store = trial(stores, row(appointment("8", starts_at=later, ends_at=later + timedelta(minutes=30))))
    page = shown(stores, store, "appointments")
    assert [(line.band, line.title) for line in page.lines] == [
        ("Coming", "1 April 2026, 11:00 pm"),
        ("Past", "2 March 2026, 11:00 pm"),
    ]
    assert page.lines[0].of("Service") == "Initial consultation"
    assert page.lines[0].of("Practitioner") == "Megan Doyle"
    assert page.lines[0].of("Location") == "Harbour Street"


def test_an_appointment_elsewhere_is_on_the_clock_of_its_place_which_is_named(stores: Stores) -> None:
    place = Gateway(stores, WORKSPACE, "megan@example.com").add_location("North", timezone="Australia/Lord_Howe")
    store = trial(stores, row(appointment("9", location_id=place)))
    assert {line.title for line in shown(stores, store, "appointments").lines} == {
        "2 March 2026, 11:00 pm",
        "2 March 2026, 11:00 pm, Lord Howe time",
    }


def test_the_state_of_a_visit_has_caspens_label(stores: Stores) -> None:
    visits = [
        appointment(str(n), status=status, starts_at=NOON + timedelta(days=-n))
        for n, status in enumerate(("pending", "arrived", "missed", "cancelled"), start=1)
    ]
    page = shown(stores, trial(stores, row(*visits)), "appointments")
    assert [line.of("State") for line in page.lines][1:] == ["Pending", "Arrived", "Missed", "Canceled"]


def test_a_cancelled_visit_shows_its_reason_and_a_group_visit_its_tag(stores: Stores) -> None:
    ids = {
        "cancellation_reason_id": IDS.derive("cancellation_reasons", "appointments", "name:unwell"),
        "group_id": IDS.derive("appointment_groups", "appointments", "5500"),
    }
    store = trial(
        stores, row(reason(), group(), appointment("61", status="cancelled", starts_at=NOON + timedelta(1), **ids))
    )
    line = shown(stores, store, "appointments").lines[0]
    assert line.of("State") == "Canceled: Unwell"
    assert line.tags == (("In a group", ""),)
    assert line.of("Group") == "With others, 2 March 2026, 11:00 pm"


def test_notes_are_shown_in_full_and_drafts_are_tagged(stores: Stores) -> None:
    body = "<h1>Plan</h1><p>Rest</p>"
    store = trial(stores, row(note("7", title="Second", state="draft", body=body, note_date=NOON + timedelta(1))))
    first, second = shown(stores, store, "notes").lines
    assert (first.title, first.tags) == ("Second", (("Draft", "needs"),))
    assert [field.value for field in first.long] == [RichText(body)]
    assert (second.title, second.tags) == ("First visit", ())


def test_a_very_long_note_has_a_page_of_its_own(stores: Stores) -> None:
    store = trial(stores, row(note("7", body="<p>" + "a" * LONGEST, note_date=NOON + timedelta(1))))
    long, short = shown(stores, store, "notes").lines
    assert (long.is_long, long.long) == (True, ())
    assert (short.is_long, len(short.long)) == (False, 1)


def test_who_may_not_read_notes_gets_headings_alone(stores: Stores) -> None:
    store = trial(stores, row(form("9", content=[{"name": "x", "fields": []}])))
    for section in ("notes", "forms"):
        (line,) = shown(stores, store, section, reader=FRONT_DESK).lines
        assert line.closed
        assert line.title
        assert line.long == ()


def test_a_confidential_message_is_closed_and_others_are_not(stores: Stores) -> None:
    store = trial(
        stores,
        row(communication("1", confidential=True, subject="Results", body="<p>a</p>")),
        row(communication("2", subject="Reminder", body="<p>b</p>", occurred_at=NOON - timedelta(1)), line=91),
    )
    closed, open_ = shown(stores, store, "communications", reader=FRONT_DESK).lines
    assert (closed.closed, closed.of("Subject"), closed.long) == (True, "", ())
    assert closed.tags == (("Confidential", ""),)
    assert (open_.closed, open_.of("Subject"), len(open_.long)) == (False, "Reminder", 1)
    assert not any(line.closed for line in shown(stores, store, "communications").lines)


def test_messages_and_notes_without_a_moment_come_last(stores: Stores) -> None:
    older = NOON - timedelta(1)
    messages = [communication(number, subject=number, occurred_at=at) for number, at in (("1", None), ("2", older))]
    notes = [note(number, title=number, note_date=at) for number, at in (("8", None), ("9", older))]
    store = trial(stores, row(*messages), row(*notes, line=91))
    assert [(line.of("Subject"), line.title) for line in shown(stores, store, "communications").lines][-1] == ("1", "-")
    assert [line.title for line in shown(stores, store, "notes").lines][-1] == "8"


def test_a_form_shows_its_answers_and_only_signatures_that_are_pictures(stores: Stores) -> None:
    content = [{"name": "You", "fields": [{"type": "signature", "label": "Signed", "signature_id": "7"}]}]
    signatures = [{"signature_id": "7", "image": PIXEL}, {"signature_id": "8", "image": "javascript:alert(1)"}]
    store = trial(stores, row(form("9", content=content, signatures=signatures, status="completed", completed_at=NOON)))
    (line,) = shown(stores, store, "forms").lines
    (field,) = line.long
    assert isinstance(field.value, FormSheet)
    assert field.value.signatures == {"7": PIXEL}
    assert line.of("Completed") == "2 March 2026, 11:00 pm"


def test_a_case_shows_its_limit_and_asks_to_check_the_balance(stores: Stores) -> None:
    store = trial(stores, row(case(limit_kind="sessions", limit_sessions=10)))
    (line,) = shown(stores, store, "cases").lines
    assert line.of("Limit") == "10 sessions"
    assert line.tags == (("Check the balance", "needs"),)


def test_every_tab_shows_its_number_of_records(stores: Stores) -> None:
    store = trial(stores, row(case(), communication(), communication("2"), form()))
    values = {tab.name: tab.count for tab in tabs(SECTIONS, store, WORKSPACE, client_id())}
    values.pop("files", None)
    assert values == {"": None, "appointments": 1, "notes": 1, "forms": 1, "communications": 2, "cases": 1}


def test_a_section_without_anything_is_empty(stores: Stores) -> None:
    page = shown(stores, trial(stores), "communications")
    assert (page.lines, page.total, page.page, page.pages) == ((), 0, 1, 1)


def test_pages_hold_everything_once(stores: Stores) -> None:
    made = [note(str(n), note_date=NOON + timedelta(minutes=n)) for n in range(100, 125)]
    store = trial(stores, row(*made))
    pages = [shown(stores, store, "notes", page=n) for n in (1, 2, 3)]
    assert [len(page.lines) for page in pages] == [10, 10, 6]
    assert len({line.id for page in pages for line in page.lines}) == 26
    assert shown(stores, store, "notes", page=99).page == 3


def test_nothing_of_another_client_or_workspace_is_shown(stores: Stores) -> None:
    store = trial(stores, row(note("9", of="1001")))
    assert shown(stores, store, "notes").total == 1
    assert shown(stores, store, "notes", of="1001").total == 2
    assert counts(store, "wsp_other", client_id(), (s.kind for s in SECTIONS)) == {s.kind.name: 0 for s in SECTIONS}


def test_a_live_client_is_shown_without_deleted_records(stores: Stores) -> None:
    live_clinic(stores)
    assert shown(stores, stores.live, "notes").total == 1
    with stores.live.database.write() as session:
        gone = find(stores.live, WORKSPACE, SECTIONS[1].kind, client_id=client_id()).records[0]
        again = session.get_one(type(gone), (WORKSPACE, gone.id))
        again.deleted_at = NOON
        session.add(again)
    assert shown(stores, stores.live, "notes").total == 0


def test_details_show_only_fields_with_a_value(stores: Stores) -> None:
    store = trial(stores)
    client = get(store, WORKSPACE, CLIENT, client_id())
    assert client is not None
    values = {
        field.label: field.words for field in details(store, RecordNames(stores, store, WORKSPACE, SYDNEY), client)
    }
    assert values["Name"] == "Zoë Number 1000"
    assert values["Date of birth"] == "2 January 1990"
    assert values["Phones"] == "+61 400 123 456, mobile"
    assert values["Alert"] == ""


def test_a_list_does_not_load_heavy_columns(stores: Stores) -> None:
    store = trial(stores, row(form("9", content=[{"name": "x", "fields": []}])))
    (record,) = find(store, WORKSPACE, FORM).records
    assert isinstance(record, Form)
    assert "content" not in record.__dict__
    assert EVERYTHING.clinical
