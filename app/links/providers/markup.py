"""Web pages of providers, read with a real parser: their forms, links and title, whatever the order of attributes."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """A form as it would be sent: its fields with the values that stand in them."""

    id: str
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Entry:
    """A block of a page with an id: its classes, its first link, and the texts of the blocks in it by class."""

    id: str
    href: str = ""
    texts: dict[str, str] = field(default_factory=dict)


@dataclass
class Page:
    """What we look at in a page. `entries` are the blocks whose class is the one that was asked for."""

    title: str = ""
    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def form(self, name: str) -> Form | None:
        return next((form for form in self.forms if form.id == name), None)


def read_page(text: str, entries: str = "") -> Page:
    """Never fails: what cannot be read is not there."""
    reader = _Reader(entries)
    reader.feed(text)
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self, entries: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._wanted = entries
        self._form: Form | None = None
        self._in_title = False
        self._blocks: list[tuple[Entry | None, str]] = []  # open blocks: the entry begun there, its first class

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "title":
            self._in_title = True
        elif tag == "form":
            self._form = Form(told.get("id", ""), told.get("action", ""), told.get("method", "get").lower())
            self.page.forms.append(self._form)
        elif tag in ("input", "button") and self._form is not None and told.get("name"):
            self._form.fields.setdefault(told["name"], told.get("value", ""))
        elif tag == "a" and told.get("href"):
            self.page.links.append(told["href"])
            if (entry := self._entry) is not None and not entry.href:
                entry.href = told["href"]
        elif tag == "div" and self._wanted:
            classes = told.get("class", "").split()
            begun = Entry(told.get("id", "")) if self._wanted in classes else None
            if begun is not None:
                self.page.entries.append(begun)
            self._blocks.append((begun, classes[0] if classes else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag == "form":
            self._form = None
        elif tag == "div" and self._blocks:
            self._blocks.pop()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.page.title += data
        if (entry := self._entry) is not None and self._blocks and (name := self._blocks[-1][1]):
            entry.texts[name] = entry.texts.get(name, "") + data

    @property
    def _entry(self) -> Entry | None:
        return next((begun for begun, _ in reversed(self._blocks) if begun is not None), None)
