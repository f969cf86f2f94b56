"""The canonical form of a record's content, and digests that ignore the order."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.caspen.canonical_values import exact_text, moment_text
from app.caspen.digests import Digest, content_hash, merge, trial_digest
from app.caspen.record_ids import Ids, new_id
from app.caspen.row_codec import shape
from app.caspen.tables import OBJECTS
from app.sources import source

IDENTITY = {"id": "cli_1", "source": "elsewhere", "source_kind": "patients", "source_id": "1"}


def hashed(table: str = "clients", **values: object) -> bytes:
    to = shape(table)
    needed = {"clients": {"first_name": "Ann", "last_name": "Lee"}, "taxes": {"name": "GST"}}[table]
    return content_hash(to.content, to.cells({**needed, **values}, IDENTITY))


def test_the_ids_of_the_contract() -> None:
    ids = Ids("wsp_demo", source(None).name)
    assert ids.derive("clients", "patients", "1558354464010667075") == "cli_4Z958DEHRNM1HJ1SC00H1VA9V2"
    assert ids.derive("clients", "patients", "1234567") == "cli_4Z958DEHR00000000JTT3QKSAX"
    assert ids.derive("appointments", "appointments", "77:1234567") == "app_2XR300H5WJTGXHC95J31F0RFJ1"


def test_ids_that_people_make_are_in_order_and_their_own() -> None:
    made = [new_id("clients") for _ in range(100)]
    assert len(set(made)) == 100
    assert [id_[:12] for id_ in made] == sorted(id_[:12] for id_ in made)


def test_equivalent_letters_have_one_hash() -> None:
    assert hashed(first_name=unicodedata.normalize("NFD", "Zoë")) == hashed(first_name="Zoë")


def test_the_offset_of_a_moment_does_not_change_the_hash() -> None:
    moment = datetime(2026, 3, 2, 23, 0, tzinfo=timezone(timedelta(hours=11)))
    assert hashed(source_created_at=moment) == hashed(source_created_at=datetime(2026, 3, 2, 12, tzinfo=UTC))


def test_trailing_zeros_do_not_change_the_hash() -> None:
    assert hashed("taxes", rate=Decimal("10.00")) == hashed("taxes", rate=Decimal("1E+1")) == hashed("taxes", rate=10)


def test_the_order_inside_an_object_does_not_count_but_that_of_a_list_does() -> None:
    assert hashed(address={"a": "1", "b": "2"}) == hashed(address={"b": "2", "a": "1"})
    assert hashed(intolerances=["a", "b"]) != hashed(intolerances=["b", "a"])


def test_empty_is_not_null() -> None:
    assert hashed(email="") != hashed(email=None) == hashed()


def test_a_value_in_another_column_is_another_record() -> None:
    assert hashed(email="x") != hashed(notes="x")


def test_the_day_of_finalisation_does_not_count() -> None:
    assert "created_at" not in shape("clients").content


@pytest.mark.parametrize("model", OBJECTS)
def test_every_column_but_places_and_marks_of_people_changes_the_hash(model: type) -> None:
    outside = {"workspace_id", "migration_id", "part", "line", "content_hash", "imported_at", "created_at"}
    people = {"version", "edited_at", "edited_by", "deleted_at"}
    to = shape(str(model.__tablename__))  # type: ignore[attr-defined]  # every table has one
    assert set(to.rest) <= outside | people
    assert not set(to.content) & (outside | people)


@given(st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=5)), max_size=20))
def test_a_digest_ignores_the_order_and_the_split_into_parts(records: list[tuple[str, bytes]]) -> None:
    whole, odd, even = Digest(), Digest(), Digest()
    for record_id, content in records:
        whole.add(record_id, content)
    for n, (record_id, content) in enumerate(reversed(records)):
        (odd if n % 2 else even).add(record_id, content)
    assert odd + even == whole == Digest.parse(str(whole))


def test_equal_records_do_not_cancel() -> None:
    twice = Digest()
    twice.add("a", b"1")
    twice.add("a", b"1")
    assert twice.count == 2
    assert twice.total != 0


def test_a_trials_digest_depends_on_every_kind() -> None:
    digests = {"patients": Digest(1, 5), "appointments": Digest(2, 7)}
    order = ("patients", "appointments")
    assert trial_digest(digests, order) == trial_digest(dict(reversed(digests.items())), order)
    assert trial_digest(digests, order) != trial_digest({"patients": Digest(1, 5)}, order)
    assert merge({"patients": Digest(1, 1)}, digests)["patients"] == Digest(2, 6)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3))
def test_an_amount_as_text_is_the_amount(value: Decimal) -> None:
    assert Decimal(exact_text(value)) == value
    assert "E" not in exact_text(value)


def test_moments_as_text_sort_as_time_does() -> None:
    begun = datetime(2026, 3, 2, 12, 0, 5, tzinfo=UTC)
    moments = [begun + timedelta(microseconds=n) for n in (0, 1, 500_000, 999_999, 1_000_000)]
    assert sorted(moment_text(moment) for moment in moments) == [moment_text(moment) for moment in moments]


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        moment_text(datetime(2026, 3, 2, 12, 0))  # noqa: DTZ001 - the very thing that is refused
