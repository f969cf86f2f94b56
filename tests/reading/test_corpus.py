"""Every file of the corpus gets its expected verdict, and no row of the file is lost."""

import pytest

from tests.reading.corpus import Case, accepted, refusals, unrecognised
from tests.reading.story import Desk

CASES = [*refusals(), *accepted(), *unrecognised()]


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 80
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_gets_its_verdict(desk: Desk, case: Case) -> None:
    result = desk.csv(case.content, case.path)
    file = result.only_file
    assert (file.refused, file.kind) == (case.refused, case.kind), result.codes
    assert set(case.codes) <= result.codes
    assert not set(case.never) & result.codes
    assert case.rows is None or file.rows == case.rows
    assert case.encoding is None or file.encoding == case.encoding
    assert case.line is None or file.problems[0].line == case.line
    assert sum(p.rows for p in file.parts) == (0 if file.refused else file.rows)
    assert result.indexed() == sum(p.rows for p in file.parts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_message_never_holds_a_cell(desk: Desk, case: Case) -> None:
    result = desk.csv(case.content, case.path)
    for problem in result.only_file.problems:
        assert "Ann" not in problem.todo
        assert len(problem.title) <= 200
