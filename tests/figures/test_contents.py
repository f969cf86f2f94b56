"""Clients' files are live byte for byte; the long form takes a small clinic of three seeds in each dialect."""

from tests.figures.contents import compared


def test_each_attachment_is_live_byte_for_byte_when_the_export_is_gone() -> None:
    same, of, wrong = compared("tiny", 1, "mixed")
    assert (same, wrong) == (of, [])
    assert of > 15
