"""Reading ends with a verdict on every file, whatever the bytes, and counts the rows up to damage."""

import json
import random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from tests.reading.story import HEADER, Desk, ReadResult, patients, zipped
from tests.reading.workbooks import workbook
from tests.reading.zips import Item, build

SEEDS = range(60)
WHOLE = {
    "export.zip": zipped({"patients.csv": patients(40), "inner.zip": zipped({"b.csv": patients(3, 90)})}),
    "wide.zip": build([Item(wide=True, descriptor=False), Item(b"b.csv", descriptor=True)], zip64=True),
    "patients.csv": patients(40).encode(),
    "patients.json": json.dumps([{"id": n, "first_name": "Ann", "last_name": "Lee"} for n in range(20)]).encode(),
    "patients.xlsx": workbook({"S": [HEADER.split(","), ["7", "Ann", "Lee", ""]]}),
}


def verdicts(result: ReadResult) -> None:
    for file in result.files:
        assert file.refused is None or not file.parts
        assert file.refused is None or file.problems[0].code == file.refused
        assert file.kind is not None or file.problems
        assert sum(p.rows for p in file.parts) in (0, file.rows)
    assert result.indexed() == sum(p.rows for f in result.files for p in f.parts)


@pytest.mark.parametrize("name", WHOLE)
def test_spoiled_bytes_get_a_verdict(desk: Desk, name: str) -> None:
    for seed in SEEDS:
        dice = random.Random(seed)
        data = bytearray(WHOLE[name])
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        verdicts(desk.read({name: bytes(data)}))


@pytest.mark.parametrize("name", WHOLE)
def test_cut_bytes_get_a_verdict(desk: Desk, name: str) -> None:
    for share in range(1, 20):
        verdicts(desk.read({name: WHOLE[name][: len(WHOLE[name]) * share // 20]}))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@for_all(st.text(st.sampled_from('ab1,;"\n\r\t =\x00\x81é€'), max_size=80))
def test_any_text_below_a_header_gets_a_verdict(desk: Desk, text: str) -> None:
    verdicts(desk.csv(f"{HEADER}\n{text}"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@for_all(st.binary(max_size=60))
def test_any_bytes_get_a_verdict(desk: Desk, data: bytes) -> None:
    verdicts(desk.csv(data))
    verdicts(desk.csv(data, "patients.json"))
