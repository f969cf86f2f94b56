"""Things that rows only name: shown by the name that rows give for their id, and never called archived."""

import re

import pytest
from sqlmodel import select

from app.migration.models import ProblemLine
from tests.conftest import At
from tests.harness.page_text import absent, done, words
from tests.harness.prepared_moves import hand_over
from tests.harness.product import MEGAN, Product
from tests.wizard.choices import save, tab
from tests.wizard.exports import zipped

PATIENTS = "Patient ID,First Name,Last Name,Date of Birth\n101,Ann,Smith,03/04/1980\n102,Bea,Hall,31/12/1975\n"
BUSINESSES = (
    "Business ID,Business Name,Display Name,Time Zone,Country Code\n"
    "501,Harbour Street,Harbour Street,Australia/Sydney,AU\n"
)
HEAD = (
    "Appointment ID,Start Time,End Time,Practitioner,Practitioner ID,Business,Business ID,PatientID(s),"
    "Appointment Type,Appointment Type ID,Number of Patients,Maximum Number of Patients\n"
)


def visit(number: int, *, who: str = "", who_id: str = "", what: str = "", what_id: str = "") -> str:
    day = f"2026-04-{number:02}"
    times = f"{day} 14:00:00 +1000,{day} 14:30:00 +1000"
    return f"{number},{times},{who},{who_id},Harbour Street,501,101,{what},{what_id},1,1\n"


def with_visits(product: Product, *visits: str) -> Product:
    product.close_gaps()
    files = {"Patients.csv": PATIENTS, "Businesses.csv": BUSINESSES, "Appointments.csv": HEAD + "".join(visits)}
    hand_over(product, zipped(files))
    return product


def rows_of(product: Product, show: str) -> dict[str, str]:
    """The words below each name of a tab."""
    page = product.visitor(MEGAN).get(f"{product.at}/matches?show={show}")
    heads = re.findall(r'<th[^>]*scope="row"[^>]*>\s*<bdi>(.*?)</bdi>(.*?)</th>', page.text, re.S)
    return {name: re.sub(r"<[^>]+>", "", rest).strip() for name, rest in heads}


NOT_DESCRIBED = "no row of its own in the export"
CONSULT = {"what": "Consult", "what_id": "77"}


def test_a_practitioner_without_a_file_has_the_first_name_that_rows_give(product_at: At) -> None:
    product = with_visits(
        product_at("preparing"),
        visit(1, who="", who_id="601", **CONSULT),
        visit(2, who="Dr Grace Okonkwo", who_id="601", **CONSULT),
        visit(3, who="G. Okonkwo", who_id="601", **CONSULT),
        visit(4, who="Grace Okonkwo", **CONSULT),
        visit(5, who="Dr Who", who_id="602", **CONSULT),
    )
    assert rows_of(product, "practitioners") == {"Dr Grace Okonkwo": NOT_DESCRIBED, "Dr Who": NOT_DESCRIBED}
    grace = tab(product, "practitioners")["Dr Grace Okonkwo"]
    assert grace.chosen, "she is matched to the person of that name"
    assert not tab(product, "practitioners")["Dr Who"].chosen


@pytest.mark.parametrize("has_ids", [False, True])
def test_names_without_rows_are_never_called_archived(product_at: At, has_ids: bool) -> None:
    ids = {"who_id": "601", "what_id": "77"} if has_ids else {}
    product = with_visits(product_at("preparing"), visit(1, who="Dr Who", what="Consult", **ids))
    for show, name in (("practitioners", "Dr Who"), ("services", "Consult")):
        assert rows_of(product, show) == {name: NOT_DESCRIBED}


def test_a_matched_name_is_not_said_to_be_made(product_at: At) -> None:
    product = with_visits(product_at("preparing"), visit(1, who="Grace Okonkwo", who_id="601", **CONSULT))
    megan = product.visitor(MEGAN)
    handover = megan.get(f"{product.at}/handover")
    assert "has none of the names" not in words(handover), "Grace Okonkwo is in the workspace"
    done(megan.post(f"{product.at}/handover/found", data={"absent": absent(handover)}))
    consult = tab(product, "services")["Consult"]
    page = megan.get(f"{product.at}/matches?show=services").text
    service = re.findall(r'<option value="(ser_\w+)"', page)[0]
    done(save(product, "services", **{consult.field: service}))
    done(save(product, "practitioners", act="start"))
    product.work()
    with product.runtime.ledger.read() as session:
        codes = set(session.exec(select(ProblemLine.code).where(ProblemLine.run == "trial:1")))
    assert "appointment_type_created_from_name" in codes
    for at in ("problems", "problems/appointment_type_created_from_name", "problems/practitioner_placeholder_created"):
        shown = words(megan.get(f"{product.at}/{at}"))
        assert "is made for it" not in shown
        assert "inactive ones are made" not in shown


def test_an_export_of_unknown_names_is_counted_in_words(product_at: At) -> None:
    product = product_at("preparing")
    rows = visit(1, who="Dr Who", who_id="601", **CONSULT).replace("Harbour Street", "Bondi")
    product.close_gaps()
    businesses = BUSINESSES.replace("Harbour Street", "Bondi")
    files = {"Patients.csv": PATIENTS, "Businesses.csv": businesses, "Appointments.csv": HEAD + rows}
    hand_over(product, zipped(files))
    shown = words(product.visitor(MEGAN).get(f"{product.at}/handover"))
    assert "Your workspace has none of the names in this export: 1 location and 1 practitioner" in shown
