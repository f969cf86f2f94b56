"""The page that asks what a file is, as a browser uses it: read, filled in as it stands, sent."""

import re
from html import unescape

from httpx import Response

from app.migration.models import ExportFile
from tests.pages import words
from tests.product import MEGAN, Product
from tests.wizard.questionable import REGISTER, number_of


def form_of(page: Response) -> dict[str, str]:
    """What the page's own form would send as it stands."""
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    for name, inner in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page.text, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inner) or re.search(r'<option value="([^"]*)"', inner)
        form[name] = unescape(chosen[1]) if chosen else ""
    if re.search(r'name="headerless" value="1" checked', page.text):
        form["headerless"] = "1"
    return form


def column(page: Response, header: str) -> str:
    """The name of the list that stands beside a column."""
    found = re.search(rf'<select[^>]*name="(c\d+)"[^>]*aria-label="Column {re.escape(header)} becomes"', page.text)
    assert found, f"no column {header} on {words(page)[:500]}"
    return found[1]


def page_of(product: Product, path: str = REGISTER, email: str = MEGAN) -> Response:
    answer: Response = product.visitor(email).get(f"{product.at}/files/{number_of(product, path)}")
    return answer


def say(product: Product, form: dict[str, str], act: str, path: str = REGISTER) -> Response:
    answer: Response = product.visitor(MEGAN).post(
        f"{product.at}/files/{number_of(product, path)}", data={**form, "act": act}
    )
    return answer


def file_at(product: Product, path: str = REGISTER) -> ExportFile:
    with product.runtime.ledger.read() as session:
        return session.get_one(
            ExportFile, (product.migration_id, product.move().export_number, number_of(product, path))
        )


def path_of(product: Product, path: str) -> str:
    return file_at(product, path).path
