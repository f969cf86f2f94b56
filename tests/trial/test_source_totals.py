"""A trial is compared with the export's own totals of each client, and with what rows say of other rows."""

from pathlib import Path

import pytest

from app.migration.states import Event
from app.trial.source_totals import BALANCES, VisitLine, read_balances, read_visits
from app.worker.clean_up import compared_key, purge
from tests.harness.clinic import Clinic, clinic_files, clinic_in, runtime_in

HEAD = "Patient ID,First Name,Last Name,Date of Birth,Created At,First Appointment,Last Appointment,Next Appointment"
MONEY = "Account Balance,Opening balance,Unapplied Account Credit"
VISIT = "Appointment ID,Start Time,End Time,PatientID(s),Practitioner ID,Business ID,Appointment Type ID"
MORE = "Cancellation Time,Treatment Notes Status,Number of Patients,Maximum Number of Patients"
MADE = "2020-01-01 10:00:00 +1000"


def day(number: int, hour: int = 9) -> str:
    return f"2024-03-{number:02} {hour:02}:00:00 +1100"


def client(number: int, first: str = "", last: str = "", following: str = "", money: str = ",,") -> str:
    return f"{number},Ann,Lee{number},1980-02-13,{MADE},{first},{last},{following},{money}"


def visit(number: int, who: str, on: int, cancelled: str = "", status: str = "", places: str = "1,1") -> str:
    return f'{number},{day(on)},{day(on, 10)},"{who}",7,5,9,{cancelled},{status},{places}'


def export_files(clients: list[str], visits: list[str], **files: str) -> dict[str, str | bytes]:
    found: dict[str, str | bytes] = {**clinic_files()}
    del found["Patients.csv"], found["Appointments.csv"]
    found["Patients-Cliniko-20240320.csv"] = "\n".join([f"{HEAD},{MONEY}", *clients]) + "\n"
    if visits:
        found["Appointments-Cliniko-20240320.csv"] = "\n".join([f"{VISIT},{MORE}", *visits]) + "\n"
    return found | {name.replace("_", "."): text for name, text in files.items()}


def numbers(clinic: Clinic) -> dict[str, int]:
    return clinic.trial.held_against or {}


def visits_of(clinic: Clinic) -> dict[str, VisitLine]:
    return {line["id"]: line for line in read_visits(clinic.runtime, clinic.migration, 1)}


def test_clients_whose_first_and_last_visit_came_agree(clinic: Clinic) -> None:
    clients = [client(1, day(1), day(9)), client(2, day(3), day(3)), client(3)]
    visits = [visit(1, "1", 1), visit(2, "1", 9), visit(3, "2", 3), visit(4, "1", 12, day(11)), visit(5, "3", 5)]
    clinic.tried(export_files(clients, visits))
    assert numbers(clinic)["clients_compared"] == numbers(clinic)["clients_agree"] == 2
    assert visits_of(clinic) == {}


@pytest.mark.parametrize(
    ("last", "following"),
    [(9, 25), (25, 0), (20, 0), (9, 20)],
    ids=["one is booked", "the source counts bookings", "later that day", "the next is later that day"],
)
def test_bookings_ahead_are_no_difference(clinic: Clinic, last: int, following: int) -> None:
    visits = [visit(1, "1", 1), visit(2, "1", 9), *([visit(3, "1", following)] if following else [])]
    visits += [visit(4, "1", last)] if last > 9 else []
    clinic.tried(export_files([client(1, day(1), day(last), day(following) if following else "")], visits))
    assert numbers(clinic)["clients_agree"] == 1


def test_a_visit_that_is_not_in_the_export_is_reported_by_client(clinic: Clinic) -> None:
    clients = [client(1, day(1), day(15)), client(2, day(2), day(2)), client(3, day(4), day(4))]
    clinic.tried(export_files(clients, [visit(1, "1", 1), visit(2, "2", 2)]))
    assert numbers(clinic)["clients_differ"] == 2
    assert numbers(clinic)["visits_not_exported"] == 2
    lines = visits_of(clinic)
    assert set(lines) == {"1", "3"}
    assert lines["1"]["told_last"] == "2024-03-14T22:00:00+00:00"
    assert lines["1"]["came_last"] == "2024-02-29T22:00:00+00:00"
    assert lines["3"]["came_last"] is None
    assert lines["1"]["name"] == "Ann Lee1"
    assert lines["1"]["line"] == 2


def test_a_waiting_visit_is_distinguished_from_a_visit_that_was_not_exported(clinic: Clinic) -> None:
    held = visit(2, "1", 15).replace(",7,5,9,", ",77,5,9,")
    clinic.tried(export_files([client(1, day(1), day(15))], [visit(1, "1", 1), held]))
    assert numbers(clinic)["visits_kept_back"] == 1
    assert visits_of(clinic)["1"]["exported"] is True


def test_a_repeated_client_is_compared_once(clinic: Clinic) -> None:
    clients = [client(1, day(1), day(1)), client(1, day(1), day(1))]
    clinic.tried(export_files(clients, [visit(1, "1", 1)]))
    assert numbers(clinic)["clients_compared"] == 1


def test_clients_with_a_balance_are_listed_and_balances_do_not_move(clinic: Clinic) -> None:
    clients = [client(1, money="120.00,0.0,"), client(2, money="0.0,,25.5"), client(3, money="0.00,0,0"), client(4)]
    clinic.tried(export_files(clients, []))
    assert (numbers(clinic)["balances"], numbers(clinic)["balances_owing"]) == (2, 1)
    lines = list(read_balances(clinic.runtime, clinic.migration, 1))
    assert [(line["id"], line["amounts"]) for line in lines] == [
        ("1", ["120.00", "0.0", None]),
        ("2", ["0.0", None, "25.5"]),
    ]
    assert all(str(line["client"]).startswith("cli_") for line in lines)


def test_the_notes_and_places_that_visits_mention_are_counted(clinic: Clinic) -> None:
    visits = [visit(1, "1", 1, status="Final"), visit(2, "1", 2, status="90"), visit(3, "2", 3, status="Draft")]
    visits += [visit(4, "1, 2", 4, places="2,10"), visit(5, "9", 5, status="Final")]
    clinic.tried(export_files([client(1), client(2)], visits))
    assert numbers(clinic)["says_final"] == 2, "the visit of an unknown client did not come"
    assert numbers(clinic)["says_draft"] == 1
    assert numbers(clinic)["places"] == numbers(clinic)["appointments_in_groups"] == 2
    assert numbers(clinic)["notes_final"] == 0


def test_nothing_of_single_clients_is_in_the_ledger_or_in_the_clear(clinic: Clinic) -> None:
    clients = [client(1, day(1), day(15), money="98765.43,,").replace("Ann,Lee1", "Zebulon,Quartermaine")]
    clinic.tried(export_files(clients, [visit(1, "1", 1)]))
    assert numbers(clinic)["clients_differ"] == 1
    paths = [path for path in Path(clinic.runtime.settings.var).rglob("*") if path.is_file()]
    everywhere = b"".join(path.read_bytes() for path in paths if "trial_" not in path.name)
    assert b"98765.43" not in everywhere
    assert b"Quartermaine" not in everywhere


def test_it_goes_with_the_trial_and_with_the_key(clinic: Clinic) -> None:
    clinic.tried(export_files([client(1, money="5.00,,")], []))
    first = f"{compared_key(clinic.id, 1)}/{BALANCES}"
    assert clinic.runtime.objects.exists(first)
    clinic.act(Event.CHANGE_PLAN)
    clinic.start_trial()
    clinic.drain()
    assert not clinic.runtime.objects.exists(first)
    assert len(list(read_balances(clinic.runtime, clinic.migration, 2))) == 1
    clinic.act(Event.CANCEL)
    purge(clinic.runtime, clinic.id)
    assert list(read_balances(clinic.runtime, clinic.migration, 2)) == []


@pytest.mark.postgres
def test_postgres_and_sqlite_come_to_the_same_numbers_and_lines(clinic: Clinic, postgres: str, tmp_path: Path) -> None:
    clients = [
        client(1, day(1), day(9), day(20)),
        client(2, day(3), day(5), money="12.50,,"),
        client(3, day(2), day(3), money=",-3.00,7"),
        client(4),
    ]
    visits = [
        *(visit(n, "1", on, status="Final") for n, on in ((1, 1), (2, 9), (3, 20))),
        visit(4, "2", 3, day(2)),
        visit(5, "2", 5, places="2,4"),
        visit(6, "3", 2),
    ]
    files = export_files(clients, visits)
    clinic.tried(files)
    with runtime_in(tmp_path / "pg", database_url=postgres, caspen_database_url=postgres) as runtime:
        other = clinic_in(runtime).tried(files)
        assert numbers(other) == numbers(clinic)
        assert numbers(other)["clients_compared"] == 3
        assert numbers(other)["clients_agree"] < 3, "somebody differs, so that lines can"
        for read in (read_visits, read_balances):
            lines = list(read(runtime, other.migration, 1))
            assert lines
            assert lines == list(read(clinic.runtime, clinic.migration, 1))
