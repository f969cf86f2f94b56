"""Parses the web pages of providers: title, forms, links and list entries, in any order of attributes."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class PageForm:
    """A form with the values of its fields."""

    id: str
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class PageEntry:
    """A list entry of a page: the id of its block, its first link, and the texts of the inner blocks by class."""

    id: str
    href: str = ""
    texts: dict[str, str] = field(default_factory=dict)


@dataclass
class WebPage:
    """The parsed parts of a page. `entries` are the blocks with the requested class."""

    title: str = ""
    forms: list[PageForm] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    entries: list[PageEntry] = field(default_factory=list)

    def form(self, name: str) -> PageForm | None:
        """The form with this id, or None."""
        return next((form for form in self.forms if form.id == name), None)


def read_page(text: str, entries: str = "") -> WebPage:
    """Parses a page. `entries` is the class of the list entries. Never raises: broken parts are missing."""
    reader = _PageParser(entries)
    reader.feed(text)
    reader.close()
    return reader.page


class _PageParser(HTMLParser):
    def __init__(self, entries: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = WebPage()
        self._wanted = entries
        self._form: PageForm | None = None
        self._in_title = False
        self._blocks: list[tuple[PageEntry | None, str]] = []  # open blocks: the entry begun there, its first class

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "title":
            self._in_title = True
        elif tag == "form":
            self._form = PageForm(
                attributes.get("id", ""), attributes.get("action", ""), attributes.get("method", "get").lower()
            )
            self.page.forms.append(self._form)
        elif tag in ("input", "button") and self._form is not None and attributes.get("name"):
            self._form.fields.setdefault(attributes["name"], attributes.get("value", ""))
        elif tag == "a" and attributes.get("href"):
            self.page.links.append(attributes["href"])
            if (entry := self._entry) is not None and not entry.href:
                entry.href = attributes["href"]
        elif tag == "div" and self._wanted:
            classes = attributes.get("class", "").split()
            begun = PageEntry(attributes.get("id", "")) if self._wanted in classes else None
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
    def _entry(self) -> PageEntry | None:
        return next((begun for begun, _ in reversed(self._blocks) if begun is not None), None)
