"""What a page says by its markup alone: struck-out text, ticked boxes, chosen options, lines of preformatted text.

Sanitising removes attributes and form fields. This step first writes their meaning as text or as a plain tag, so that a
negated allergy stays struck out and a ticked box stays ticked. The result still has to be sanitised.
"""

import re
from dataclasses import replace

from app.mapping.page_styles import Parted
from app.mapping.struck_markup import kept_struck

TICKED, NOT_TICKED = "☑", "☐"
CHOSEN, NOT_CHOSEN = "◉", "○"

_FIELD = re.compile(r"<(input|option|img)\b([^<>]*)>", re.IGNORECASE)
_CELL = re.compile(r"<(/?)(table|tr|td|th)\b[^<>]*>", re.IGNORECASE)
_PRE = re.compile(r"(<(/?)pre\b[^<>]*>)", re.IGNORECASE)


def keep_attributes(page: Parted) -> str:
    """HTML in which whatever a page strikes out is `<s>`, and form fields and images are beside their text."""
    lower = page.text.lower()
    if "<input" in lower or "<option" in lower or "<img" in lower:
        page = replace(page, text=_FIELD.sub(_field_text, page.text))
    return kept_struck(page)


def keep_meaning(page: Parted) -> str:
    """The same, with cells of tables apart and lines of preformatted text broken. Call it once for a text."""
    text = keep_attributes(page)
    lower = text.lower()
    if "<pre" in lower:
        text = _broken_lines(text)
    if "<td" in lower or "<th" in lower:
        text = _CELL.sub(_Cells().tag, text)
    return text


class _Cells:
    """Separates the cells of tables by ` | ` and their rows by line breaks.

    The separator is inside its cell: a browser moves text between cells in front of the table.
    """

    def __init__(self) -> None:
        self._tables: list[tuple[bool, bool]] = [(True, True)]  # is the next cell the table's first, its row's first?

    def tag(self, match: re.Match[str]) -> str:
        is_end, name = bool(match[1]), match[2].lower()
        is_first, is_first_of_row = self._tables[-1]
        if name == "table":
            if not is_end:
                self._tables.append((True, True))
                return match[0]
            if len(self._tables) > 1:
                self._tables.pop()
            return f"{match[0]}<br>"
        if name == "tr":
            self._tables[-1] = (is_first, True)
        elif not is_end:
            self._tables[-1] = (False, False)
            return match[0] + ("" if is_first else "<br>" if is_first_of_row else " | ")
        return match[0]


def _attribute(name: str, attributes: str) -> str:
    match = re.search(rf"\b{name}\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", attributes, re.IGNORECASE)
    return (match[1] or match[2] or match[3] or "").strip() if match else ""


def _has(name: str, attributes: str) -> bool:
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", '""', attributes)
    return re.search(rf"(?<![\w-]){name}(?![\w-])", bare, re.IGNORECASE) is not None


def _field_text(match: re.Match[str]) -> str:
    name, attributes = match[1].lower(), match[2]
    if name == "option":
        return f"{match[0]}{CHOSEN if _has('selected', attributes) else NOT_CHOSEN} "
    if name == "img":
        return _attribute("alt", attributes) + match[0]
    kind = _attribute("type", attributes).lower()
    if kind == "checkbox":
        return f"{TICKED if _has('checked', attributes) else NOT_TICKED} {match[0]}"
    if kind == "radio":
        return f"{CHOSEN if _has('checked', attributes) else NOT_CHOSEN} {match[0]}"
    shown = kind not in ("hidden", "submit", "button", "image", "file", "password", "reset")
    return (_attribute("value", attributes) if shown else "") + match[0]


def _broken_lines(text: str) -> str:
    """The line ends of preformatted text as `<br>`."""
    pieces = _PRE.split(text)
    inside = False
    for at in range(0, len(pieces), 3):
        if at:
            inside = not pieces[at - 1]
        if inside:
            pieces[at] = pieces[at].replace("\r\n", "\n").replace("\n", "<br>")
    return "".join(piece for at, piece in enumerate(pieces) if at % 3 != 2)
