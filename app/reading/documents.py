"""Notes that arrive as a page or text file each: folder, file name and headings give the note's fields."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace
from html import escape
from html.parser import HTMLParser
from typing import Literal, TypedDict

from app.mapping.client_files import composed, key_of_path
from app.mapping.html import STRUCK_OUT, escaped, plain_text
from app.mapping.html_limits import bounded
from app.mapping.html_meaning import keep_attributes
from app.mapping.html_tags import is_element
from app.mapping.page_styles import StyledPage, split_styles
from app.mapping.storable import REMOVED, without_half_references
from app.reading.content_sniffing import HEAD
from app.reading.encoding import decode_document
from app.reading.entries import FileEntry
from app.reading.limits import Limits
from app.reading.naming import TEXTS, from_root, owner_of
from app.reading.refusal import Refused
from app.reading.text_rows import TextRow

_NAME = re.compile(r"(?:(?P<day>\d{4}-\d{2}-\d{2})\s+)?(?P<title>.*?)\s*(?:\[(?P<id>[^\]]+)\])?(?:\.[A-Za-z]{1,5})?")
_BLOCKS = frozenset({"p", "div", "ul", "ol", "li", "blockquote", "table", "tr", "td", "th", "section", "article"})
_MEANS_CP1252 = frozenset(
    {"iso-8859-1", "iso8859-1", "latin1", "us-ascii", "ascii"}
)  # browsers decode these as windows-1252 (WHATWG Encoding Standard)
_STRUCK = frozenset({"s", "strike", "del"})
_LONG_ANSWER = 2_000  # a longer answer always has words
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_HIDDEN = frozenset({"script", "style"})
_OF_HEAD = frozenset({"html", "head", "meta", "link", "base", "title", "style", "script"})  # any other tag ends a head
_FIELDS = frozenset({"html", "body", "meta", "link", "title", "style", "script"})
_CHARSET = re.compile(
    rb"<(?:meta\b[^>]{0,200}\bcharset|\?xml\b[^>]{0,100}\bencoding)\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE
)


def note_rows(entries: Iterable[FileEntry], limits: Limits, in_two_forms: Set[str] = frozenset()) -> Iterator[TextRow]:
    """Yields a row per document, in path order, with the cells of `PageColumns`; the line is the document's number.

    `in_two_forms` are composed paths that several documents have in different Unicode normal forms. A refused document
    gives a row with its code and without content.
    """
    for number, entry in enumerate(entries, start=1):
        codes: tuple[str, ...] = ()
        page = Page()
        try:
            if entry.refused:
                raise entry.refused
            text, codes = _text_of(entry, limits)
            if is_text_note(entry.path):
                page.take_text(text)
            else:
                shown = without_half_references(text)
                codes = codes if shown == text else (*codes, REMOVED)
                page.feed(keep_attributes(_bounded(split_styles(shown))))
            page.close()
        except Refused as refused:
            codes = (refused.code,)
        cells, more = _cells(entry, page, in_two_forms)
        yield number, cells, (*codes, *more)


def _bounded(page: StyledPage) -> StyledPage:
    return replace(page, text=bounded(page.text))


def is_text_note(path: str) -> bool:
    """Returns whether a note is plain text by its file name, without markup."""
    return path.rpartition(".")[2].lower() in TEXTS


def _text_of(entry: FileEntry, limits: Limits) -> tuple[str, tuple[str, ...]]:
    """Returns the text of a document and the codes of its decoding; empty with `cell_too_large` over the limit.

    A document is decoded like a table. Only a page that names its own character set, and is not UTF-8, is decoded in
    that.
    """
    with entry.open() as stream:
        data = stream.read(limits.cell_bytes + 1)
    if len(data) > limits.cell_bytes:
        return "", ("cell_too_large",)
    text, codes = decode_document(data)
    if "encoding_guessed" in codes and (named := _named_encoding(data[:HEAD])) is not None:
        try:
            return data.decode(named), ()
        except (UnicodeDecodeError, LookupError):
            pass  # the page names the wrong character set
    return text, codes


def _named_encoding(head: bytes) -> str | None:
    """Returns the character set that a page names in its head, if Python can decode it."""
    match = _CHARSET.search(head)
    if match is None:
        return None
    name = match[1].decode("ascii", "replace").lower()
    try:
        codec = codecs.lookup("cp1252" if name in _MEANS_CP1252 else name)
    except LookupError:
        return None
    return None if codec.name.startswith("utf") else codec.name


def _cells(entry: FileEntry, page: "Page", in_two_forms: Set[str]) -> tuple[list[str], tuple[str, ...]]:
    root = entry.page or ""
    *folders, name = entry.path[len(root) :].split("/")
    match = _NAME.fullmatch(name)
    key = match["id"] if match and match["id"] else ""
    codes: tuple[str, ...] = () if key else ("synthetic_key_used",)
    title = page.title or (match["title"] if match else "")
    as_written = composed(entry.path) in in_two_forms
    return [
        key,
        owner_of(folders).id or "",
        title,
        json.dumps({"sections": page.sections}, ensure_ascii=False),
        page.author,
        (match["day"] or "") if match else "",
        "false",
        "true",
        "" if key else key_of_path(from_root(root, entry.path), as_written=as_written),
    ], codes


def _has_words(answer: str) -> bool:
    return len(answer) > _LONG_ANSWER or "<img>" in answer or bool(plain_text(answer))


class PageQuestion(TypedDict):
    """A question of a page in the shape of the source's own notes. Each answer is a paragraph of HTML."""

    name: str
    type: Literal["paragraph"]
    answer: str


class PageSection(TypedDict):
    """A section of a page in the shape of the source's own notes: its heading, and its questions."""

    name: str
    questions: list[PageQuestion]


@dataclass(slots=True)
class _OpenQuestion:
    """A question whose answer is being read, piece by piece."""

    name: str
    answer: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _OpenSection:
    """A section whose questions are being read."""

    name: str
    questions: list[_OpenQuestion] = field(default_factory=list)


class Page(HTMLParser):
    """Parses a page into sections of questions: h1 is the title, h2 a section, h3 or a leading strong a question."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.author = ""
        self._sections: list[_OpenSection] = []
        self._heading: tuple[str, list[str]] | None = None
        self._hidden = 0
        self._in_head = self._in_head_title = False
        self._is_begun = False  # no head begins behind the first word
        self._struck = 0  # how many struck-out elements are open
        self._begins_block = True

    @property
    def sections(self) -> list[PageSection]:
        """The sections in the shape of the source's own notes, so that both are read the same way."""
        return [
            {
                "name": section.name,
                "questions": [
                    {"name": question.name, "type": "paragraph", "answer": "".join(question.answer).strip()}
                    for question in section.questions
                    if question.name or _has_words("".join(question.answer))
                ],
            }
            for section in self._sections
        ]

    def take_text(self, text: str) -> None:
        """Takes plain text as the only answer, unchanged."""
        self._say(escaped(text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handles an opening tag (HTMLParser)."""
        attributes = dict(attrs)
        if tag == "meta" and (attributes.get("name") or "").lower() == "author":
            self.author = attributes.get("content") or ""
        if tag not in _OF_HEAD:  # a head may lack its closing tag
            self._in_head, self._is_begun = False, True
        elif tag == "head":
            self._in_head = not self._is_begun
            return
        self._in_head_title = self._in_head and tag == "title"
        if tag in _HIDDEN:
            if not self._in_head:
                self._say(f"<{tag}></{tag}>")  # the content is dropped; the empty tag makes cleaning report it
            self._hidden += 1
        elif tag in ("h1", "h2", "h3") or (tag == "strong" and self._begins_block and self._heading is None):
            self._end_heading()
            self._heading = (tag, [STRUCK_OUT] if self._struck else [])
        elif self._heading is not None:
            self._heading[1].append(STRUCK_OUT if tag in _STRUCK else "")
            if tag == "img":  # makes cleaning report the picture
                self._say("<img>")
        elif not self._in_head and tag not in _FIELDS:
            self._struck += tag in _STRUCK
            if tag == "option":  # its mark is already in the text
                self._say("<br>")
                return
            tag = tag if is_element(tag) else "span"  # a custom element
            address = f' href="{escape(attributes["href"] or "")}"' if tag == "a" and "href" in attributes else ""
            self._say(f"<{tag}{address}>")
        self._begins_block = tag in _BLOCKS or (self._begins_block and tag == "br")

    def handle_endtag(self, tag: str) -> None:
        """Handles a closing tag (HTMLParser)."""
        self._in_head_title = False
        if tag == "head":
            self._in_head = False
        elif tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif self._heading is not None:
            if tag == self._heading[0] or (tag in _HEADINGS and self._heading[0] in _HEADINGS):
                self._end_heading()
            elif tag in _STRUCK:
                self._heading[1].append("]")
        elif not self._in_head and tag not in _FIELDS and tag not in ("br", "option", "img", "input"):
            self._struck = max(0, self._struck - (tag in _STRUCK))
            self._say(f"</{tag if is_element(tag) else 'span'}>")
        self._begins_block = self._begins_block or tag in _BLOCKS

    def handle_data(self, data: str) -> None:
        """Handles text between tags (HTMLParser)."""
        if self._hidden or (self._in_head and (self._in_head_title or not data.strip())):
            return
        self._in_head, self._is_begun = False, self._is_begun or bool(data.strip())
        if self._heading is not None:
            self._heading[1].append(data)
            return
        if data.strip():
            self._begins_block = False
        self._say(escape(data, quote=False))

    def close(self) -> None:
        """Ends the page. The words of an unclosed heading become words of the page."""
        super().close()
        if self._heading is not None:
            words, self._heading = "".join(self._heading[1]), None
            self._say(escape(words, quote=False))

    def _end_heading(self) -> None:
        if self._heading is None:
            return
        (tag, words), self._heading = self._heading, None
        words.append("]" if self._struck else "")
        if (text := " ".join("".join(words).split())) or tag in _HEADINGS:
            self._headed(tag, text)

    def _headed(self, tag: str, text: str) -> None:
        if tag == "h1" and not self.title:
            self.title = text
        elif tag in ("h1", "h2"):
            self._sections.append(_OpenSection(text))
        else:
            self._section().questions.append(_OpenQuestion(text.rstrip(":")))

    def _section(self) -> _OpenSection:
        if not self._sections:
            self._sections.append(_OpenSection(""))
        return self._sections[-1]

    def _say(self, text: str) -> None:
        if self._hidden or (not text.strip() and not self._sections):
            return
        questions = self._section().questions
        if not questions:
            questions.append(_OpenQuestion(""))
        questions[-1].answer.append(text)
