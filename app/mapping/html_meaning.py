"""Meaning that only markup carries: struck-out text, ticked boxes, chosen options, lines of preformatted text.

Sanitising removes attributes and form fields. This step first writes their meaning as text or as a plain tag, so that a
negated allergy stays struck out and a ticked box stays ticked. The result still has to be sanitised.

Struck-out text becomes `<s>`, whatever tag or style strikes it out. Sanitisers and readers ignore an `<s>` around a
row, a list or a heading: in such elements each text gets an `<s>` of its own.
"""

import re
from dataclasses import dataclass, replace

import css_inline

from app.mapping.html_limits import shallow
from app.mapping.page_styles import Decoration, StyledPage, decoration

TICKED, NOT_TICKED = "☑", "☐"
CHOSEN, NOT_CHOSEN = "◉", "○"

_FIELD = re.compile(r"<(input|option|img)\b([^<>]*)>", re.IGNORECASE)
_CELL = re.compile(r"<(/?)(table|tr|td|th)\b[^<>]*>", re.IGNORECASE)
_PRE = re.compile(r"(<(/?)pre\b[^<>]*>)", re.IGNORECASE)


def keep_attributes(page: StyledPage) -> str:
    """HTML with `<s>` for every way to strike out, and with text for form fields and images."""
    lower = page.text.lower()
    if "<input" in lower or "<option" in lower or "<img" in lower:
        page = replace(page, text=_FIELD.sub(_field_text, page.text))
    return kept_struck(page)


def keep_meaning(page: StyledPage) -> str:
    """As `keep_attributes`, with separators between cells of tables and `<br>` in preformatted text.

    Call once for a text: a second call writes the marks again.
    """
    text = keep_attributes(page)
    lower = text.lower()
    if "<pre" in lower:
        text = _broken_lines(text)
    if "<td" in lower or "<th" in lower:
        text = _CELL.sub(_TableCells().tag, text)
    return text


class _TableCells:
    """Separates the cells of tables by ` | ` and their rows by line breaks.

    The separator is inside its cell, because a browser moves text between cells to the front of the table.
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
    """Preformatted text with `<br>` for line ends."""
    pieces = _PRE.split(text)
    inside = False
    for at in range(0, len(pieces), 3):
        if at:
            inside = not pieces[at - 1]
        if inside:
            pieces[at] = pieces[at].replace("\r\n", "\n").replace("\n", "<br>")
    return "".join(piece for at, piece in enumerate(pieces) if at % 3 != 2)


UNSURE = "[A style of this page strikes words out; which ones cannot be told]"
MOST_WORK = 4_000_000  # steps of selectors, times the tags of a page

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)([^<>]*)>")
_SIGNS = ("line-through", "<strike", "<del", "<s>", "<s ", "<s\n", "<s\t", "<s\r", "<s\f", "<s/")
_OTHERWISE = ("&#", "&colon;", "&tab;", "&newline;", "\\")  # other ways to write these words in a style
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+)))?")
_ANSWERED = re.compile(r"<[a-zA-Z][^\s<>/]*+((?:\s[^\s=<>\"]++=\"[^\"]*+\")++)\s?/?>")
_VALUE = re.compile(r"\s([^\s=]+)=\"([^\"]*)\"")
_NUMBER = "data-number"
_EACH_STEP = re.compile(r"[\s>+~:\[]+")
_BLANK = re.compile(r"(?:\s|&nbsp;|&#160;)*")
_TAGS = frozenset({"s", "strike", "del"})
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())  # noqa: SIM905
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "col", "area", "base", "embed", "source", "wbr"})
_CONTAINERS = frozenset({"ul", "ol", "dl", "table", "div", "blockquote", "section", "article", "body"})
_BLOCKS = _CONTAINERS | {"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "form", "fieldset", "hr"}
_CELLS = frozenset({"td", "th", "tr", "tbody", "thead", "tfoot", "table", "caption", "body", "html"})
_APART = (
    _BLOCKS
    | _CELLS
    | frozenset(
        """li dt dd select option optgroup center header footer main aside nav address details summary figure figcaption
        legend textarea hgroup search menu dir listing xmp noscript noframes noembed template""".split()  # noqa: SIM905 - as a list it would be a page long
    )
)
_CLOSES = {
    "li": frozenset({"li", "p"}),
    "td": frozenset({"td", "th", "p"}),
    "th": frozenset({"td", "th", "p"}),
    "tr": frozenset({"tr", "td", "th", "p"}),
    "dt": frozenset({"dt", "dd", "p"}),
    "dd": frozenset({"dt", "dd", "p"}),
}
_PARAGRAPH = frozenset({"p"})
_DEEPEST = 200  # number of open elements that a closing tag is compared with


def kept_struck(page: StyledPage) -> str:
    """The text with `<s>` for every way to strike out.

    If it cannot be decided which elements a rule strikes out, the text gets the line UNSURE at its end.
    """
    text, rules = page.text, page.rules
    if "<" not in text:
        return text
    is_asked = rules.strikes or (rules.lines and _may_strike(text))
    decorations, is_unsure = _decorations_by_rules(page) if is_asked else ({}, False)
    if decorations or _may_strike(text):
        text = _StruckOut(decorations).rewrite(text)
    return f"{text}<p>{UNSURE}<wbr></p>" if is_unsure or rules.unsure else text


def _may_strike(text: str) -> bool:
    lower = text.lower()
    return any(sign in lower for sign in _SIGNS) or ("style" in lower and any(sign in lower for sign in _OTHERWISE))


def _decorations_by_rules(page: StyledPage) -> tuple[dict[int, Decoration], bool]:
    """By index of a tag, the decoration that the page's rules give it; and whether that could not be decided."""
    sheet = "\n".join(page.rules.lines)
    steps = sum(len(_EACH_STEP.findall(line)) + 1 for line in page.rules.lines)
    tags = page.text.count("<")
    if steps * tags > MOST_WORK:
        return {}, True
    if page.any_case:
        sheet = sheet.lower()
    numbering = _Numbering(any_case=page.any_case)
    numbered = _TAG.sub(numbering.tag, page.text)
    if numbering.repeated * tags > MOST_WORK // 4:
        return {}, True
    root = f'<html {_NUMBER}="-1"><body {_NUMBER}="-1">'
    inliner = css_inline.CSSInliner(inline_style_tags=False, load_remote_stylesheets=False, extra_css=sheet)
    try:
        answer = inliner.inline(root + shallow(numbered)[0])
    except (css_inline.InlineError, ValueError):
        return {}, True
    decorations: dict[int, Decoration] = {}
    for tag in _ANSWERED.finditer(answer):
        values = dict(_VALUE.findall(tag[1]))
        declared = decoration(values.get("style", ""))
        if declared is not None and values.get(_NUMBER, "").removeprefix("-").isdecimal():
            decorations[int(values[_NUMBER])] = declared
    return decorations, False


class _Numbering:
    """Gives each tag its index as an attribute, and removes its own style.

    `repeated` is the largest number of open formatting elements, because a parser reopens them in each paragraph.
    """

    def __init__(self, *, any_case: bool) -> None:
        self._any_case = any_case
        self._open = 0
        self.repeated = 1

    def tag(self, tag: re.Match[str]) -> str:
        is_formatting = tag[2].lower() in _FORMATTING
        if tag[1]:
            self._open = max(0, self._open - is_formatting)
            return f"</{tag[2]}>"
        self._open += is_formatting
        self.repeated = max(self.repeated, self._open)
        kept = [f'{_NUMBER}="{tag.start()}"']
        for attribute in _ATTRIBUTE.finditer(tag[3]):
            name, value = attribute[1].lower(), attribute[2] or attribute[3] or attribute[4] or ""
            if name != "style":
                value = value.lower() if self._any_case and name in ("class", "id") else value
                kept.append(f'{name}="{value.replace(chr(34), "&quot;")}"')
        return f"<{tag[2]} {' '.join(kept)}>"


@dataclass(slots=True)
class _Open:
    """An open element. `piece` is the index of the piece for its `<s>`; -1 if the element strikes nothing out."""

    name: str
    piece: int = -1


class _StruckOut:
    """Writes `<s>` into every element that strikes out, and `</s>` at the end of the element."""

    def __init__(self, decorations: dict[int, Decoration]) -> None:
        self._decorations = decorations
        self._open: list[_Open] = []
        self._pieces: list[str] = []
        self._words: list[bool] = []  # by piece, whether it is text
        self._begun: dict[int, int] = {}  # by piece, how many elements begin whose texts are struck out one by one
        self._last_apart = -1  # the last piece that separates lines

    def rewrite(self, text: str) -> str:
        at = 0
        if -1 in self._decorations and self._decorations[-1].strikes:
            self._begun[0] = 1
        for tag in _TAG.finditer(text):
            self._add(text[at : tag.start()], words=True)
            self._tag(tag)
            at = tag.end()
        self._add(text[at:], words=True)
        self._end(self._open, at_end=True)
        return "".join(self._marked())

    def _add(self, piece: str, *, words: bool = False) -> int:
        self._pieces.append(piece)
        self._words.append(words)
        return len(self._pieces) - 1

    def _marked(self) -> list[str]:
        if not self._begun:
            return self._pieces
        depth = 0
        for at, piece in enumerate(self._pieces):
            depth += self._begun.get(at, 0)
            if depth and not self._words[at]:
                self._pieces[at] = "" if piece in ("<s>", "</s>") else piece
            elif depth and not _BLANK.fullmatch(piece):
                self._pieces[at] = f"<s>{piece}</s>"
        return self._pieces

    def _tag(self, tag: re.Match[str]) -> None:
        name = tag[2].lower()
        if tag[1]:
            self._ended_by(frozenset({name}), frozenset(), name)
        elif name in _CLOSES or name in _BLOCKS:  # browsers end an open paragraph or cell before these
            self._ended_by(_CLOSES.get(name, _PARAGRAPH), _CONTAINERS, name)
        if name in _TAGS:
            if not tag[1]:
                self._open.append(_Open(name, self._add("<s>") if self._is_struck(tag, itself=True) else -1))
            return
        at = self._add(tag[0])
        if name in _APART:
            self._last_apart = at
        if not tag[1] and name not in _VOID:
            self._open.append(_Open(name, self._add("") if self._is_struck(tag) else -1))

    def _ended_by(self, names: frozenset[str], until: frozenset[str], cause: str) -> None:
        """Ends all elements that end together with the innermost open element of these names."""
        last: int | None = None
        for at in range(len(self._open) - 1, max(-1, len(self._open) - _DEEPEST), -1):
            name = self._open[at].name
            if name in names:
                last = at
                if not until:
                    break
            elif name in until:
                break
        if last is not None:
            ended = self._open[last:]
            del self._open[last:]
            self._end(ended, own=cause)

    def _end(self, ended: list[_Open], *, own: str = "", at_end: bool = False) -> None:
        """Ends elements, the innermost first. Formatting that ends with a paragraph is reopened after it."""
        reopened: list[_Open] = []
        for at, element in enumerate(reversed(ended), start=1):
            if element.piece < 0:
                continue
            if element.name in _FORMATTING and not (at_end or at == len(ended) or own in _CELLS):
                self._last_apart = len(self._pieces)
                reopened.append(element)
                continue
            if self._last_apart > element.piece or (element.name in _TAGS and own in _CELLS):
                self._pieces[element.piece] = ""
                end = self._add("")
                self._begun[element.piece] = self._begun.get(element.piece, 0) + 1
                self._begun[end] = self._begun.get(end, 0) - 1
            else:
                self._pieces[element.piece] = "<s>"
                self._add("</s>")
        self._open.extend(reversed(reopened))

    def _is_struck(self, tag: re.Match[str], *, itself: bool = False) -> bool:
        """Whether the tag's own style, or a rule, strikes the tag out. An important rule wins, then the own style.

        `itself`: the answer for a tag without any such style.
        """
        ruled = self._decorations.get(tag.start())
        own = None
        if "style" in tag[3].lower():
            style = next(
                (a[2] or a[3] or a[4] or "" for a in _ATTRIBUTE.finditer(tag[3]) if a[1].lower() == "style"), ""
            )
            own = decoration(style)
        if own is None or (ruled is not None and ruled.important and not own.important):
            own = ruled
        return itself if own is None else own.strikes
