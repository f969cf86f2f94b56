"""Who may not read clinical notes in Caspen finds no word of one on any page, and who may finds them."""

import re
from collections.abc import Iterator
from html import unescape

from sqlmodel import col, select

from app.access.models import Membership
from app.caspen.tables import Form, FormTemplate, ProgressNote, ProgressNoteTemplate
from app.migration.models import ExportFile, Part
from tests.conftest import At
from tests.product import MEGAN, RICK, Product, Visitor
from tests.wizard.test_every_state import paths

LONG = 24  # letters that no other text begins with


def without_the_tick(product: Product) -> Visitor:
    with product.runtime.ledger.write() as session:
        member = session.get_one(Membership, ("per_rick", product.move().workspace_id))
        member.clinical = False
        session.add(member)
    return product.visitor(RICK)


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from (line.strip() for line in unescape(re.sub(r"<[^>]+>", "\n", value)).splitlines())
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_in(one)


def sentences(product: Product) -> set[str]:
    """How notes and answers of forms begin; nothing that stands in a template of the clinic."""
    store = product.runtime.caspen.trial(product.migration_id, product.move().trial_number)
    with store.database.read() as session:
        clinical = [*session.exec(select(ProgressNote.body)), *session.exec(select(Form.content))]
        common = [*session.exec(select(ProgressNoteTemplate.body)), *session.exec(select(FormTemplate.content))]
    return {text[:LONG] for text in texts_in(clinical) if len(text) >= LONG} - {
        text[:LONG] for text in texts_in(common)
    }


def addresses(product: Product) -> Iterator[str]:
    """Every page of the move, every file of the export, and the first rows of each file."""
    yield from paths(product, "GET")
    with product.runtime.ledger.read() as session:
        files = session.exec(select(ExportFile.number).where(ExportFile.migration_id == product.migration_id)).all()
        lines = session.exec(
            select(Part.file_number, Part.first_line).where(col(Part.migration_id) == product.migration_id)
        ).all()
    yield from (f"{product.at}/files/{number}" for number in files)
    yield from (f"{product.at}/rows/{number}/{line}" for number, line in lines)


def found_on(visitor: Visitor, product: Product, wanted: set[str]) -> dict[str, set[str]]:
    found = {}
    for address in addresses(product):
        page = unescape(re.sub(r"<[^>]+>", "\n", visitor.see(address).text))
        if here := {sentence for sentence in wanted if sentence in page}:
            found[address] = here
    return found


def test_no_page_shows_a_clinical_sentence_to_who_may_not_read_it(product_at: At) -> None:
    product = product_at("reviewing")
    wanted = sentences(product)
    assert len(wanted) > 20
    assert found_on(without_the_tick(product), product, wanted) == {}
    assert found_on(product.visitor(MEGAN), product, wanted), "who may read them finds them"
