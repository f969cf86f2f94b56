"""The names page as a form: the choices of each name, and the present choice."""

import re
from dataclasses import dataclass
from html import unescape

from httpx import Response

from tests.harness.page_text import absent
from tests.harness.product import MEGAN, Product

ROW = re.compile(r'<select[^>]*name="(c:[^"]*)" aria-label="([^"]*) is in Caspen"[^>]*>(.*?)</select>', re.S)
OPTION = re.compile(r'<option value="([^"]*)"( selected)?>(.*?)</option>', re.S)


@dataclass(frozen=True)
class Name:
    """A name of the export, its field, and its choices in words."""

    field: str
    name: str
    chosen: str
    options: dict[str, str]

    def value(self, words: str) -> str:
        return next(value for value, label in self.options.items() if words in label)


def names(answer: Response) -> dict[str, Name]:
    fields = {}
    for field, name, inside in ROW.findall(answer.text):
        options = {value: unescape(label) for value, _, label in OPTION.findall(inside)}
        chosen = next((value for value, selected, _ in OPTION.findall(inside) if selected), "")
        fields[unescape(name)] = Name(field, unescape(name), chosen, options)
    return fields


def tab(product: Product, show: str) -> dict[str, Name]:
    return names(product.visitor(MEGAN).get(f"{product.at}/matches?show={show}"))


def save(product: Product, show: str, act: str = "save", **fields: str) -> Response:
    form = {"show": show, "act": act, **fields}
    answer: Response = product.visitor(MEGAN).post(f"{product.at}/matches", data=form)
    return answer


def acknowledge(product: Product) -> None:
    """Acknowledges the contents of the export."""
    megan, at = product.visitor(MEGAN), f"{product.at}/handover"
    megan.post(f"{at}/found", data={"absent": absent(megan.get(at))})
