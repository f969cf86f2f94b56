"""The page that asks for a file's kind, used as by a browser: read, filled in, sent."""

import re
from html import unescape

from httpx import Response

from app.migration.models import ExportFile
from tests.harness.page_text import words
from tests.harness.product import MEGAN, Product
from tests.wizard.questionable import REGISTER, number_of


def form_of(page: Response) -> dict[str, str]:
    """The inputs that the page's own form would send unchanged."""
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    for name, inner in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page.text, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inner) or re.search(r'<option value="([^"]*)"', inner)
        form[name] = unescape(chosen[1]) if chosen else ""
    if re.search(r'name="headerless" value="1" checked', page.text):
        form["headerless"] = "1"
    return form


def column(page: Response, header: str) -> str:
    """The name of the list next to a column."""
    match = re.search(rf'<select[^>]*name="(c\d+)"[^>]*aria-label="Column {re.escape(header)} becomes"', page.text)
    assert match, f"no column {header} on {words(page)[:500]}"
    return match[1]


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
