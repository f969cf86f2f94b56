"""Clients and users that look alike are reported and never merged."""

from tests.index.story import Export


def test_two_clients_with_the_same_name_and_birthday_both_move_and_are_reported(export: Export) -> None:
    one = export.has("patients", "1", twin="ann lee|1980-01-01", namesake="ann lee")
    two = export.has("patients", "2", twin="Ann Lee|1980-01-01", namesake="Ann  Lee")
    other = export.has("patients", "3", twin="ann lee|1990-01-01", namesake="ann lee")
    alone = export.has("patients", "4", twin="bo roe|1990-01-01", namesake="bo roe")

    part = export.part("patients")
    assert [part[line].verdict for line in (one, two, other, alone)] == [None] * 4
    assert part[one].findings == part[two].findings == ("possible_duplicate_patient",)
    assert part[other].findings == ("same_name",)
    assert part[alone].findings == ()


def test_a_client_that_does_not_move_is_not_compared(export: Export) -> None:
    one = export.has("patients", "1", twin="ann lee|1980-01-01")
    export.has("patients", "2", twin="ann lee|1980-01-01", deleted=True)

    assert export.row("patients", one).findings == ()


def test_the_later_of_two_users_with_one_email_is_reported(export: Export) -> None:
    first = export.has("users", "1", name="Ann", alias="desk@harbour.example")
    later = export.has("users", "2", name="Bo", alias="Desk@harbour.example")

    assert export.row("users", first).findings == ()
    assert export.row("users", later).findings == ("user_email_duplicate",)


def test_two_practitioners_may_share_a_name(export: Export) -> None:
    export.has("practitioners", "1", name="Sam Lee")
    second = export.has("practitioners", "2", name="Sam Lee")

    assert export.row("practitioners", second).findings == ()
