"""Samples give the result that their generator expects; the long form imports fifteen of them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.sources.cliniko.sample import DialectName, Expectation, SizeName
from tests.figures.command import Tried, trial
from tests.figures.samples import DIALECTS, differences, sample, wrong_with

SAMPLES: list[tuple[SizeName, DialectName]] = [*(("tiny", dialect) for dialect in DIALECTS), ("small", "native")]


@pytest.mark.parametrize(("size", "dialect"), SAMPLES)
def test_every_row_and_problem_of_a_sample_is_as_planted(size: SizeName, dialect: DialectName) -> None:
    assert wrong_with(size, 1, dialect) == []


def test_one_row_or_problem_too_many_is_named() -> None:
    with sample("tiny", 2) as (export, expected):
        tried, today = trial(export), expected.at(datetime.now(UTC))

    assert differences(tried, today) == []
    assert differences(tried, one_client_more(today)) == [
        f"patients read: {today.kinds['patients'].read}, expected {today.kinds['patients'].read + 1}",
        f"patients created: {today.kinds['patients'].created}, expected {today.kinds['patients'].created + 1}",
    ]
    assert len(differences(tried, replace(today, problems=today.problems[1:]))) == 1
    assert len(differences(Tried(0, {**tried.answer, "kinds": tried.answer["kinds"][1:]}), today)) == 1


def one_client_more(expected: Expectation) -> Expectation:
    clients = expected.kinds["patients"]
    more = replace(clients, read=clients.read + 1, created=clients.created + 1)
    return replace(expected, kinds={**expected.kinds, "patients": more})
