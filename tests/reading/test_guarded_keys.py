"""A client with a guarded id is a client, whatever words are in the row."""

import pytest

from tests.reading.story import Desk


@pytest.mark.parametrize("key", ['"=""1558354464010667075"""', "'1558354464010667075", "1558354464010667075"])
def test_a_row_with_a_wrapped_id_and_the_word_total_is_a_record(desk: Desk, key: str) -> None:
    header = "Patient ID,First Name,Last Name,Date of Birth,Medical Alerts,City,State,Post code,Country,Sex"
    rows = f"{key},Ann,Lee,,Total hip replacement,,,,,\n77,Bo,Roe,,,,,,,\n"
    result = desk.csv(f"{header}\n{rows}")
    assert "not_a_record" not in result.codes
    assert len(result.rows()) == 2
