"""The samples hold every kind; the long form takes each dialect with ten seeds."""

from tests.figures.kinds import TWENTY, absent_from_every_dialect


def test_between_them_the_dialects_have_rows_of_all_twenty_kinds() -> None:
    assert len(TWENTY) == 20
    assert absent_from_every_dialect("tiny") == set()
