"""An export without a list of locations: appointments find their location in Caspen by its name."""

import csv
import io
import re
from collections import Counter
from html import unescape

from sqlmodel import select

from app.caspen.tables import Appointment, Location
from app.migration.plans import plan_of
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.prepared_moves import hand_over, try_out
from tests.harness.product import MEGAN, Product
from tests.wizard.choices import save
from tests.wizard.exports import unzipped, without

CHOICES = re.compile(r'<select[^>]*name="default"[^>]*>(.*?)</select>', re.S)
CHOICE = re.compile(r'<option value="([^"]*)"( selected)?>(.*?)</option>', re.S)


def handed_over_without_locations(product: Product) -> Product:
    """The demo clinic's export without its list of locations."""
    hand_over(product, without("businesses"))
    product.close_gaps()
    return product


def places(product: Product) -> dict[str, tuple[str, bool]]:
    """The choices for other appointments by name: their value, and whether it is chosen."""
    page = product.visitor(MEGAN).get(f"{product.at}/matches?show=locations")
    inside = CHOICES.findall(page.text)
    return {unescape(label): (value, bool(chosen)) for value, chosen, label in CHOICE.findall("".join(inside))}


def appointments_by(product: Product) -> Counter[tuple[str, str]]:
    """The number of visits by the location's name in the export and in the trial."""
    header, *rows = csv.reader(io.StringIO(appointments_file().decode("utf-8-sig"), newline=""))
    named = {row[header.index("Appointment ID")]: row[header.index("Business")] for row in rows}
    caspen = product.runtime.caspen
    with caspen.live.database.read() as session:
        locations = {each.id: each.name for each in session.exec(select(Location)).all()}
    with caspen.trial(product.migration_id, product.move().trial_number).database.read() as session:
        visits = session.exec(select(Appointment)).all()
        return Counter(
            (named.get(str(each.source_id).partition(":")[0], "?"), locations[each.location_id]) for each in visits
        )


def appointments_file() -> bytes:
    return next(body for name, body in unzipped().items() if "/Appointments-" in name)


def test_an_appointment_goes_to_the_location_of_its_name_and_the_others_where_the_clinic_says(product_at: At) -> None:
    product = handed_over_without_locations(product_at("preparing"))
    page = words(product.visitor(MEGAN).get(f"{product.at}/matches?show=locations"))
    assert "Your export has no list of your locations" in page
    known = places(product)
    assert [name for name, (_, chosen) in known.items() if chosen] == ["Harbour Street"]
    done(save(product, "locations", default=known["Newport"][0]))
    assert plan_of(product.move()).default_location == known["Newport"][0]
    assert [name for name, (_, chosen) in places(product).items() if chosen] == ["Newport"]

    try_out(product)

    went = appointments_by(product)
    assert went["Harbour Street", "Harbour Street"] > 0
    assert went["", "Newport"] > 0
    assert {where for name, where in went if name == "Harbour Street"} == {"Harbour Street"}
    assert {where for name, where in went if name == ""} == {"Newport"}


def test_a_location_that_is_not_offered_is_not_taken(product_at: At) -> None:
    product = handed_over_without_locations(product_at("preparing"))
    before = plan_of(product.move()).default_location
    assert save(product, "locations", default="loc_of_another_clinic").status_code == 409
    assert plan_of(product.move()).default_location == before


def test_a_workspace_with_one_location_is_not_asked(product_at: At) -> None:
    product = product_at("preparing")
    hand_over(product, without("businesses"))
    assert places(product) == {}


def test_the_record_says_how_its_location_was_found(product_at: At) -> None:
    product = handed_over_without_locations(product_at("preparing"))
    try_out(product)
    megan = product.visitor(MEGAN)
    with product.runtime.caspen.trial(product.migration_id, 1).database.read() as session:
        visits = session.exec(select(Appointment)).all()
    pages = [words(megan.get(f"{product.at}/records/appointments/{each.id}")) for each in visits[:20]]
    assert not [page for page in pages if re.search(r"Location [^|]{0,80}Found by its number", page)]
