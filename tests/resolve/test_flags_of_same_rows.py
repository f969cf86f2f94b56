"""Two rows with the same id and opposite flags contradict each other, whatever words they use."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import product
from types import NoneType
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import pytest

from app.mapping.columns import columns_of, normalise_header
from app.mapping.context import Context
from app.mapping.equality import digests_of, statements_of
from app.mapping.kind import Kind
from app.mapping.parse import parse_row
from app.resolving.duplicates import contains_all
from app.sources.cliniko.source import CLINIKO
from tests.shapes.export import KINDS

CONTEXT = Context(ZoneInfo("Australia/Sydney"), "AU", date(2026, 11, 20))
YES, NO = ("true", "TRUE", "yes", "Y", "1", "1.0"), ("false", "False", "no", "N", "0", "0.0")
AS_BLANK = {"patient_arrived", "did_not_arrive"}  # a visit without a mark waits, as one with `false` does


def flags() -> Iterator[tuple[Kind[Any], str]]:
    for kind in CLINIKO.kinds:
        if kind.name not in KINDS:
            continue
        hints = get_type_hints(kind.row)
        yield from (
            (kind, placed.name)
            for placed in columns_of(kind.row)
            if set(get_args(hints[placed.name])) == {bool, NoneType} and not placed.column.set_by_reading
        )


FLAGS = list(flags())
FLAGS_BY_NAME = {name for _, name in FLAGS}


def cells_of(kind: Kind[Any]) -> dict[str, str]:
    """The filled cells of a row of a kind, by attribute."""
    by_header = {header: placed.name for placed in columns_of(kind.row) for header in placed.normalised_headers()}
    row = KINDS[kind.name][0]
    named = {by_header.get(normalise_header(header)): cell for header, cell in row.items()}
    return {name: cell for name, cell in named.items() if name and name not in ("updated_at", *FLAGS_BY_NAME)}


def said(kind: Kind[Any], flag: Mapping[str, str]) -> tuple[bytes, Mapping[str, str]]:
    """The digest of a row with these flags, and its meaning. An empty flag has a column."""
    filled = {**cells_of(kind), **flag}
    cells = {name: cell for name, cell in filled.items() if cell}
    columns = frozenset(filled)
    row = parse_row(kind, cells, CONTEXT, columns).row
    assert row is not None
    instead = kind.identity.compared_values(row, "AU") if kind.identity.compared_values else {}
    digest = digests_of({**vars(row), **instead}, cells, CONTEXT.zone).exact
    return digest, statements_of(row, instead, columns, cells, CONTEXT.zone, kind.identity.compared_from)


def is_one(a: Mapping[str, str], b: Mapping[str, str]) -> bool:
    return any(contains_all(x, y, lambda *_: False) for x, y in ((a, b), (b, a)))


@pytest.mark.parametrize(("kind", "flag"), FLAGS, ids=[f"{kind.name}.{name}" for kind, name in FLAGS])
def test_yes_and_no_are_never_one_row_and_other_words_for_them_are(kind: Kind[Any], flag: str) -> None:
    is_mark = flag.endswith("_at")  # a time, or a word instead of it: `false` is like no time at all
    yes, no = ([said(kind, {flag: word}) for word in words if not (is_mark and "." in word)] for words in (YES, NO))
    blank = [said(kind, {flag: ""})]
    assert len({digest for digest, _ in yes}) == 1
    assert len({digest for digest, _ in no}) == 1
    for one, other in (*product(yes[:1], no[:1]), *product(yes[:1], blank)):
        assert one[0] != other[0]
        assert not is_one(one[1], other[1])
    assert is_one(no[0][1], blank[0][1]) == (is_mark or flag in AS_BLANK)
    for one, other in (*product(yes[:1], yes), *product(no[:1], no)):
        assert is_one(one[1], other[1])
    assert is_one(yes[0][1], said(kind, {})[1])


def test_columns_that_say_one_thing_are_compared_where_a_row_has_only_one_of_them() -> None:
    kinds = {kind.name: kind for kind in CLINIKO.kinds}
    visit, client = kinds["appointments"], kinds["patients"]
    for kind, one, other, same in (
        (visit, {"patient_arrived": "true", "did_not_arrive": "false"}, {"patient_arrived": "false"}, False),
        (visit, {"patient_arrived": "false", "did_not_arrive": "true"}, {"did_not_arrive": "false"}, False),
        (visit, {"patient_arrived": "true", "did_not_arrive": "false"}, {"patient_arrived": "1"}, True),
        (visit, {"patient_arrived": "", "did_not_arrive": ""}, {"patient_arrived": "no"}, True),
        (client, {"unsubscribed_sms_marketing": "true"}, {"accepted_sms_marketing": "true"}, False),
        (client, {"unsubscribed_sms_marketing": "true"}, {"accepted_sms_marketing": ""}, False),
        (client, {"unsubscribed_sms_marketing": "true"}, {"accepted_sms_marketing": "false"}, True),
    ):
        assert is_one(said(kind, one)[1], said(kind, other)[1]) is same, (one, other)
