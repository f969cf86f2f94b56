"""Rows that refer to a row: a user's record depends on whether a practitioner refers to the user."""

from app.index import IndexLink
from tests.index.story import Export


def test_a_user_whom_a_practitioner_refers_to_is_known_to_treat(export: Export) -> None:
    treats = export.has("users", "5")
    helps = export.has("users", "6")
    export.has("practitioners", "7", IndexLink("user_id", "users", ("5",)))

    assert export.row("users", treats).joined.extra.get("practitioners") == "1"
    assert "practitioners" not in export.row("users", helps).joined.extra
