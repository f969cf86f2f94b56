"""The forms of a page as a person sees them: inputs, choices, labels and buttons."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from httpx import Response

GROUPS = frozenset({"radio", "checkbox"})
TEXTS = frozenset({"legend", "label", "textarea", "option", "h2"})
"""Elements whose words are kept: labels, choices, what is typed, and headings."""
OF_FORMS = (*TEXTS, "form", "fieldset", "button", "select", "input")
TAG = re.compile(rf'<(/?)({"|".join(OF_FORMS)})\b((?:[^>"]|"[^"]*")*)>')
ATTRIBUTE = re.compile(r'([\w:-]+)(?:="([^"]*)")?')
ANY_TAG = re.compile(r"<[^>]*>")


@dataclass
class Input:
    """One input. `choices` are the words of its values; `chosen` the values that the page shows."""

    name: str
    kind: str
    id: str = ""
    label: str = ""
    legend: str = ""
    chosen: list[str] = field(default_factory=list)
    choices: dict[str, str] = field(default_factory=dict)
    is_disabled: bool = False


@dataclass
class PageForm:
    """One form: where it is sent, its hidden fields, what a person fills in, and its buttons by name and value."""

    action: str
    method: str
    hidden: list[tuple[str, str]] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def by_name(self) -> dict[str, list[Input]]:
        found: dict[str, list[Input]] = {}
        for each in self.inputs:
            found.setdefault(each.name, []).append(each)
        return found


def forms_of(page: Response) -> list[PageForm]:
    """Every form of a page, in order."""
    reader = _Reader(page.url.path)
    reader.read(page.text)
    for form in reader.forms:
        for each in form.inputs:
            own = reader.labels.get(each.id, "")
            if each.kind in GROUPS:
                each.choices = dict.fromkeys(each.choices, own)
            each.label = each.label or own
    return reader.forms


class _Reader:
    """Parses one of the product's pages: attributes are in double quotes, and the text has no unescaped `<`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.forms: list[PageForm] = []
        self.labels: dict[str, str] = {}
        self._form: PageForm | None = None
        self._select: Input | None = None
        self._option: str | None = None
        self._legends: list[str] = []
        self._heading = ""
        self._text: list[str] | None = None
        self._label = ""

    def read(self, page: str) -> None:
        after = 0
        for found in TAG.finditer(page):
            if self._text is not None:
                self._text.append(unescape(ANY_TAG.sub("", page[after : found.start()])))
            after = found.end()
            if found[1]:
                self._close(found[2])
            else:
                self._open(found[2], {name: unescape(value) for name, value in ATTRIBUTE.findall(found[3])})

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "form":
            self._form = PageForm(attributes.get("action") or self.address, attributes.get("method", "get"))
            self.forms.append(self._form)
        elif tag == "fieldset":
            self._legends.append("")
        elif tag in TEXTS:
            self._text = []
            self._label = attributes.get("for", "")
            self._option = attributes.get("value", "") if tag == "option" else self._option
            if tag == "option" and self._select is not None and "selected" in attributes:
                self._select.chosen = [attributes.get("value", "")]
        if self._form is None:
            return
        if tag == "button":
            self._form.buttons.append((attributes.get("name", ""), attributes.get("value", "")))
        elif tag in ("select", "textarea") or (tag == "input" and attributes.get("type", "text") != "hidden"):
            self._add(self._form, tag, attributes)
        elif tag == "input":
            self._form.hidden.append((attributes["name"], attributes.get("value", "")))

    def _add(self, form: PageForm, tag: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("type", "text") if tag == "input" else tag
        each = Input(
            attributes["name"],
            kind,
            attributes.get("id", ""),
            attributes.get("aria-label", ""),
            is_disabled="disabled" in attributes,
        )
        if kind in GROUPS:
            each.legend = self._legends[-1] if self._legends else self._heading
            each.choices = {attributes.get("value", "on"): ""}
            each.chosen = [attributes.get("value", "on")] if "checked" in attributes else []
        elif kind == "input" or tag == "input":
            each.chosen = [attributes.get("value", "")]
        elif tag == "select":
            self._select = each
        form.inputs.append(each)

    def _close(self, tag: str) -> None:
        words = " ".join("".join(self._text or ()).split())
        if tag == "form":
            self._form = None
        elif tag == "fieldset" and self._legends:
            self._legends.pop()
        elif tag == "legend" and self._legends:
            self._legends[-1] = words
        elif tag == "h2":
            self._heading = words
        elif tag == "label":
            self.labels[self._label] = words.removesuffix(" (optional)")
        elif tag == "option" and self._select is not None and self._option is not None:
            self._select.choices[self._option] = words
            if not self._select.chosen:
                self._select.chosen = [self._option]
        elif tag == "textarea" and self._form is not None:
            self._form.inputs[-1].chosen = ["".join(self._text or ()).strip()]
        elif tag == "select":
            self._select = None
        if tag in TEXTS:
            self._text = None


@dataclass(frozen=True)
class Typed:
    """What a person changed in one input: its label and the words of the choice or the text."""

    label: str
    words: str
    value: str
    is_secret: bool


WRITTEN = {
    "conversion": "05/01/2027",
    "before": "01/03/2022",
    "link": "https://10.0.0.1/export.zip",
    "email": "kim@clinic.example",
    "reason": "The clinic asked us on the phone.",
}
SECRET = frozenset({"link", "password"})


def otherwise(form: PageForm) -> Iterator[tuple[str, list[str], list[Typed]]]:
    """Every input of a form filled in differently from the page: its name, its values, and their labels."""
    for name, some in form.by_name.items():
        kind = some[0].kind
        if any(each.is_disabled for each in some) or kind == "file":
            continue
        if kind == "select":
            value = next(value for value in reversed(some[0].choices) if value not in some[0].chosen)
            yield name, [value], [Typed(some[0].label, some[0].choices[value], value, False)]
        elif kind == "radio":
            other = next(each for each in some if not each.chosen)
            ((value, words),) = other.choices.items()
            yield name, [value], [Typed(other.legend, words, value, False)]
        elif kind == "checkbox":
            ticked = [each for each in some if not each.chosen]
            values = [value for each in ticked for value in each.choices]
            yield name, values, [typed for each in some for typed in _tick(each, is_alone=len(some) == 1)]
        else:
            text = WRITTEN.get(name, "400" if name.startswith("count-") else f"My own words for {name}")
            yield name, [text], [Typed(some[0].label, text, text, name in SECRET)]


def _tick(each: Input, *, is_alone: bool) -> Iterator[Typed]:
    """A tick that was set or taken away. A tick of a group is named by its own words under the words of the group."""
    ((value, words),) = each.choices.items()
    if is_alone and each.name not in ("absent", "accept"):
        yield Typed(words, "not ticked" if each.chosen else "ticked", value, False)
    elif not each.chosen:
        yield Typed(each.legend, words.partition(",")[0], value, False)
