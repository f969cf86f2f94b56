"""Notes that arrive as one web page each: the folder of a patient, the name and the headings say what is what."""

import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from html.parser import HTMLParser
from typing import Any

from app.engine.reading.entries import Entry
from app.engine.reading.limits import Limits
from app.engine.reading.owner import from_root, owner_of
from app.engine.reading.refusal import Refused
from app.engine.reading.rows import Raw
from app.mapping.files import key_of_path

COLUMNS = ("id", "patient_id", "title", "content", "author_name", "created_at", "draft", "is_page", "page_key")
_NAME = re.compile(r"(?:(?P<day>\d{4}-\d{2}-\d{2})\s+)?(?P<title>.*?)\s*(?:\[(?P<id>[^\]]+)\])?(?:\.[A-Za-z]{1,5})?")
_BLOCKS = frozenset({"p", "div", "ul", "ol", "li", "blockquote", "table", "tr", "td", "th", "section", "article"})
_HIDDEN = frozenset({"script", "style", "head", "template"})
_FRAME = frozenset({"html", "head", "body", "meta", "title", "link", "h1", "h2", "h3"})
_KEPT = frozenset({"p", "div", "br", "ul", "ol", "li", "blockquote", "b", "strong", "i", "em", "u", "a"})


def note_rows(entries: Sequence[Entry], limits: Limits) -> Iterator[Raw]:
    """One row for each document, in the order of their paths, with the cells of `COLUMNS`."""
    for number, entry in enumerate(entries, start=1):
        codes: tuple[str, ...] = ()
        page = Page()
        try:
            if entry.refused:
                raise entry.refused
            with entry.open() as stream:
                data = stream.read(limits.cell_bytes + 1)
            if len(data) > limits.cell_bytes:
                codes = ("cell_too_large",)
            else:
                page.feed(_text(data))
                page.close()
        except Refused as refused:
            codes = (refused.code,)
        cells, more = _cells(entry, page)
        yield number, cells, (*codes, *more)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "undefined-as-controls")


def _cells(entry: Entry, page: "Page") -> tuple[list[str], tuple[str, ...]]:
    root = entry.page or ""
    *folders, name = entry.path[len(root) :].split("/")
    said = _NAME.fullmatch(name)
    key = said["id"] if said and said["id"] else ""
    codes: tuple[str, ...] = () if key else ("synthetic_key_used",)
    codes += ("html_sanitised",) if page.lost else ()
    title = page.title or (said["title"] if said else "")
    return [
        key,
        owner_of(folders).id or "",
        title,
        json.dumps({"sections": page.sections}, ensure_ascii=False),
        page.author,
        (said["day"] or "") if said else "",
        "false",
        "true",
        "" if key else key_of_path(from_root(root, entry.path)),
    ], codes


class Page(HTMLParser):
    """Collects a page as sections of questions: h1 is the title, h2 a section, h3 or a leading strong a question."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.author = ""
        self._sections: list[dict[str, Any]] = []
        self._heading: tuple[str, list[str]] | None = None
        self._hidden = 0
        self._in_head = False
        self.lost = False  # whether more than attributes went, beside what only frames a page
        self._begins_block = True

    @property
    def sections(self) -> list[dict[str, Any]]:
        """As the source's own notes are built, so that they are read the same way."""
        return [
            {
                "name": section["name"],
                "questions": [
                    {"name": q["name"], "type": "paragraph", "answer": "".join(q["answer"]).strip()}
                    for q in section["questions"]
                    if q["name"] or "".join(q["answer"]).strip()
                ],
            }
            for section in self._sections
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "meta" and (said.get("name") or "").lower() == "author":
            self.author = said.get("content") or ""
        self._in_head = tag == "head" or (self._in_head and tag != "body")
        self.lost = self.lost or not (self._in_head or tag in _FRAME or tag in _KEPT)
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in ("h1", "h2", "h3") or (tag == "strong" and self._begins_block):
            self._heading = (tag, [])
        elif self._heading is None and tag in _KEPT:
            address = f' href="{escape(said["href"] or "")}"' if tag == "a" and "href" in said else ""
            self._say(f"<{tag}{address}>")
        self._begins_block = tag in _BLOCKS or (self._begins_block and tag == "br")

    def handle_endtag(self, tag: str) -> None:
        self._in_head = self._in_head and tag != "head"
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif self._heading is not None:
            if tag == self._heading[0]:
                self._headed(tag, " ".join("".join(self._heading[1]).split()))
                self._heading = None
        elif tag in _KEPT and tag != "br":
            self._say(f"</{tag}>")
        self._begins_block = self._begins_block or tag in _BLOCKS

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._heading is not None:
            self._heading[1].append(data)
            return
        if data.strip():
            self._begins_block = False
        self._say(escape(data, quote=False))

    def _headed(self, tag: str, text: str) -> None:
        if tag == "h1" and not self.title:
            self.title = text
        elif tag in ("h1", "h2"):
            self._sections.append({"name": text, "questions": []})
        else:
            self._section()["questions"].append({"name": text.rstrip(":"), "answer": []})

    def _section(self) -> dict[str, Any]:
        if not self._sections:
            self._sections.append({"name": "", "questions": []})
        return self._sections[-1]

    def _say(self, text: str) -> None:
        if self._hidden or (not text.strip() and not self._sections):
            return
        questions = self._section()["questions"]
        if not questions:
            questions.append({"name": "", "answer": []})
        questions[-1]["answer"].append(text)
