"""After the move, the page asks the clinic to close its share link, and confirms when it is closed."""

from app.fetch.open_links import recheck_open_links
from app.migration.exports import LINK
from app.migration.models import Export
from app.storage import seal_secret
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.product import MEGAN, VERA, Product
from tests.links.files import ServedFile
from tests.links.network import FakeInternet

S3 = "https://riverbend.s3.ap-southeast-2.amazonaws.com/export.zip"


def handed_over_by_link(product: Product) -> None:
    """Changes the export of a finished move into an export by link."""
    move = product.move()
    with product.runtime.ledger.write() as session:
        export = session.get_one(Export, (move.id, move.export_number))
        export.way, export.link_hint = "link", "riverbend.example/export.zip"
        export.sealed_link = seal_secret(f"{S3}?sig=canary", product.runtime.link_key(move), LINK)
        session.add(export)


def sealed(product: Product) -> str | None:
    with product.runtime.ledger.read() as session:
        return session.get_one(Export, (product.migration_id, product.move().export_number)).sealed_link


def report(product: Product, email: str = MEGAN) -> str:
    page = product.visitor(email).get(f"{product.at}/report")
    assert "canary" not in page.text
    return words(page)


def test_an_open_link_is_reported_until_it_is_closed(product_at: At, net: FakeInternet) -> None:
    product = product_at("finalised")
    handed_over_by_link(product)
    net.serve(S3, ServedFile())
    assert "Your export may still be open to anyone who has the link" in report(product)
    recheck_open_links(product.runtime)
    assert "It still opened when we looked" in report(product)
    assert "Look now" not in report(product, VERA)
    asked = len(net.log)
    recheck_open_links(product.runtime)
    assert len(net.log) == asked, "once a day is enough"
    net.routes.clear()
    done(product.visitor(MEGAN).post(f"{product.at}/report/link"))
    assert "The share link is closed" in report(product)
    assert sealed(product) is None
    done(product.visitor(MEGAN).post(f"{product.at}/report/link"))
    assert "The share link is closed" in report(product)


def test_an_unreachable_host_proves_nothing_about_the_link(product_at: At, net: FakeInternet) -> None:
    product = product_at("finalised")
    handed_over_by_link(product)
    net.resolve[S3.split("/")[2]] = ["93.184.216.99"]  # nobody answers there
    net.describe()
    done(product.visitor(MEGAN).post(f"{product.at}/report/link"))
    assert "Your export may still be open to anyone who has the link" in report(product)
    assert sealed(product) is not None
