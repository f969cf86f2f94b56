"""Clinical notes are on no page for readers without the right, and on the pages of readers with it."""

import re
from collections.abc import Iterator
from html import unescape

from sqlmodel import col, select

from app.access.access_tables import Membership
from app.caspen.tables import Form, FormTemplate, ProgressNote, ProgressNoteTemplate
from app.migration.models import ExportFile, Part
from tests.conftest import At
from tests.harness.product import MEGAN, RICK, Product, Visitor
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
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts_in(part)


def sentences(product: Product) -> set[str]:
    """Beginnings of notes and form answers, without texts of the clinic's templates."""
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


def sentences_on(visitor: Visitor, product: Product, wanted: set[str]) -> dict[str, set[str]]:
    by_address = {}
    for address in addresses(product):
        page = unescape(re.sub(r"<[^>]+>", "\n", visitor.see(address).text))
        if present := {sentence for sentence in wanted if sentence in page}:
            by_address[address] = present
    return by_address


def test_clinical_text_is_hidden_from_readers_without_the_right(product_at: At) -> None:
    product = product_at("reviewing")
    wanted = sentences(product)
    assert len(wanted) > 20
    assert sentences_on(without_the_tick(product), product, wanted) == {}
    assert sentences_on(product.visitor(MEGAN), product, wanted), "who may read them finds them"
