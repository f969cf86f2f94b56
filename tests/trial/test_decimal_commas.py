"""In a file whose amounts have decimal commas, `1.200` may be a thousand and two hundred: it is no amount, and said."""

from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from app.mapping.kind import Kind
from app.mapping.numbers import has_decimal_comma, money
from app.reading.survey import amount_columns
from app.sources.cliniko.source import CLINIKO
from tests.harness.clinic import Clinic, clinic_files
from tests.mapping.cells import context, read
from tests.register.story import told_of

HEADER = "Appointment Type ID,Name,Duration In Minutes,Price\n"
AMOUNTS = {
    "appointment_types": {"price"},
    "patient_cases": {"max_invoiceable_amount"},
    "patients": {"unapplied_account_credit", "opening_balance", "account_balance"},
}
WITH_COMMA = ("30,00", "1.234,5", "1 234,50", "-5,50", "(5,50)", "30,00 €", "0,00", "$12,5")
WITHOUT = (
    "1,234",
    "1,234.56",
    "1,23,456.00",
    "30.00",
    "1.200",
    "1'234.50",
    "0,125",
    "12, 5",
    ",",
    "1,-",
    "1.200,-",
    "",
)


@pytest.mark.parametrize(("cell", "has_one"), [*product(WITH_COMMA, [True]), *product(WITHOUT, [False])])
def test_a_comma_before_one_or_two_last_figures_is_a_decimal_comma(cell: str, *, has_one: bool) -> None:
    assert has_decimal_comma(cell) is has_one


@pytest.mark.parametrize("kind", [kind for kind in CLINIKO.kinds if kind.imported], ids=lambda kind: str(kind.name))
def test_every_column_of_money_is_known_by_its_type(kind: Kind[Any]) -> None:
    assert amount_columns(kind.row) == AMOUNTS.get(kind.name, set())


@pytest.mark.parametrize("cell", ["1.200", "-1.200", "$1.200", "(1.200)", "999.000", "12.345"])
def test_three_figures_behind_a_point_are_no_certain_amount_among_decimal_commas(cell: str) -> None:
    assert read(money, cell, replace(context(), decimal_commas=True)) == (None, ["bad_number"])
    value, codes = read(money, cell)
    assert (value is None, codes) == (False, [])


@pytest.mark.parametrize("cell", ["1.20", "0.125", "1200", "1.2", "1234.567", "1.234,50"])
def test_any_other_amount_is_the_same_among_decimal_commas(cell: str) -> None:
    assert read(money, cell, replace(context(), decimal_commas=True)) == read(money, cell)


def test_what_one_file_proves_is_no_proof_of_another(clinic: Clinic) -> None:
    files: dict[str, str | bytes] = {**clinic_files()}
    files["Appointment types 2.csv"] = f'{HEADER}81,Long,60,"1.234,50"\n82,Course,60,1.200\n83,Short,15,85\n'
    files["Appointment types 3.csv"] = f"{HEADER}91,Exact,30,1.200\n"
    clinic.tried(files)
    reported = {(p.code, p.source_id) for p in clinic.problems("export:1") + clinic.problems("trial:1")}
    assert {key for code, key in reported if code == "bad_number"} == {"82"}
    assert {key for code, key in reported if code == "spreadsheet_value_mended"} == {"81"}
    assert clinic.trial.balanced
    prices = {one["source_id"]: Decimal(one["price"]) for one in told_of(clinic).records("services")}
    prices.pop("9")
    assert prices == {"81": Decimal("1234.5"), "82": 0, "83": 85, "91": Decimal("1.2")}
