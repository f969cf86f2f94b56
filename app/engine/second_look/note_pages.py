"""Notes that are a page each, taken apart again: the words that a reader sees, and whose note it is."""

import re
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser

from app.engine.reading.entries import Entry
from app.engine.reading.refusal import Refused
from app.engine.second_look.unread import UNREAD
from app.mapping.html_cost import bounded
from app.mapping.page_styles import parted
from app.mapping.second_look import bare

LARGEST = 5 << 20  # bytes of a page
_NUMBER = re.compile(r"\[([^\]]+)\]\.[A-Za-z]{1,5}$")
_OWNER = re.compile(r"([A-Za-z._:-]*[0-9][A-Za-z0-9._:-]*)(?:\s+-\s+.*)?")
_FRAME = frozenset({"html", "body"})
_UNSEEN = frozenset({"script", "style"})
_ABOVE = frozenset({"html", "head", "meta", "link", "base", "title", "style", "script"})  # what a page's head holds


def note_pages(entries: Iterable[Entry], headers: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    """One row for each page of a folder, with its number. Cells: id, patient, title, content, under the bare
    `headers` of these names.

    Of a page that cannot be read, all cells but its ids are `UNREAD`. Its row counts all the same.
    """
    for number_of_page, entry in enumerate(entries, start=1):
        *folders, name = entry.path.removeprefix(entry.page or "").split("/")
        number, owners = _NUMBER.search(name), filter(None, map(_OWNER.fullmatch, folders))
        owner = next(owners, None)
        cells = {"id": number[1] if number else "", "patient": owner[1] if owner else ""}
        page = _page(entry)
        cells |= {"title": page.title, "content": page.text} if page else {"title": UNREAD, "content": UNREAD}
        yield number_of_page, {bare(headers[name]): cell for name, cell in cells.items() if name in headers}


def _page(entry: Entry) -> "_Words | None":
    """The words of a page; None where its bytes cannot be read, are too many, or are not plainly UTF-8."""
    if entry.refused:
        return None
    try:
        with entry.open() as stream:
            data = stream.read(LARGEST + 1)
        page = _Words()
        page.feed(bounded(parted(data.decode("utf-8-sig")).text))
        page.close()
    except (Refused, OSError, ValueError, AssertionError, RecursionError):  # the parser asserts what a page may hold
        return None
    return page if len(data) <= LARGEST else None


class _Words(HTMLParser):
    """The visible text of a page. The first heading of the first level is the title."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self._unseen = 0
        self._in_title = False
        self._above: str | None = None  # the element of the page's head in which its words stand
        self._has_words = False
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """With the marks between its pieces, which alone tell whether two words are parted."""
        return "".join(self._pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _ABOVE:
            self._above, self._has_words = None, True
        elif tag == "head":
            self._above = None if self._has_words else tag
        elif self._above is not None:
            self._above = tag
        self._unseen += tag in _UNSEEN
        self._in_title = self._in_title or (tag == "h1" and not self.title)
        self._mark(tag, f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        self._mark(tag, f"</{tag}>")
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if self._above is not None:
            self._above = None if tag == "head" else "head"
        if tag == "h1":
            self._in_title = False

    def close(self) -> None:
        """Words of a title that does not end are words of the page."""
        super().close()
        if self._in_title:
            self._pieces.append(self.title.replace("<", "&lt;"))
            self.title = ""

    def handle_data(self, data: str) -> None:
        if self._unseen or (self._above is not None and (self._above == "title" or not data.strip())):
            return
        self._above, self._has_words = None, self._has_words or bool(data.strip())
        if self._in_title:
            self.title += data
        else:
            self._pieces.append(data.replace("<", "&lt;"))

    def _mark(self, tag: str, mark: str) -> None:
        if not self._unseen and self._above is None and tag not in _FRAME and tag != "head":
            self._pieces.append(mark)
