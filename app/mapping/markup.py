"""What a page says by its markup alone: struck-out text, ticked boxes, chosen options, lines of preformatted text.

Sanitising removes attributes and form fields. This step first writes their meaning as text or as a plain tag, so that a
negated allergy stays struck out and a ticked box stays ticked. The result still has to be sanitised.
"""

import re
from collections.abc import Set

TICKED, NOT_TICKED = "☑", "☐"
CHOSEN, NOT_CHOSEN = "◉", "○"

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>")
_FIELD = re.compile(r"<(input|option|img)\b([^<>]*)>", re.IGNORECASE)
_CELL = re.compile(r"<(/?)(table|tr|td|th)\b[^<>]*>", re.IGNORECASE)
_PRE = re.compile(r"(<(/?)pre\b[^<>]*>)", re.IGNORECASE)
_STRUCK = re.compile(r"text-decoration[a-z-]*\s*:[^;{}\"']*line-through", re.IGNORECASE)
_RULE = re.compile(r"([^{}<>]{1,2000})\{([^{}]{0,4000})\}")
_CLASS_OF_RULE = re.compile(r"\.([A-Za-z_][\w-]*)\s*(?:,|$)")
_CLASSES = re.compile(r"\bclass\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "col", "area", "base", "embed", "source", "wbr"})
_CONTAINERS = frozenset({"ul", "ol", "dl", "table", "div", "blockquote", "section", "article", "body"})
_BLOCKS = _CONTAINERS | {"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "form", "fieldset", "hr"}
_CLOSES = {
    "li": frozenset({"li", "p"}),
    "td": frozenset({"td", "th", "p"}),
    "th": frozenset({"td", "th", "p"}),
    "tr": frozenset({"tr", "td", "th", "p"}),
    "dt": frozenset({"dt", "dd", "p"}),
    "dd": frozenset({"dt", "dd", "p"}),
}
_PARAGRAPH = frozenset({"p"})
_DEEPEST = 200  # open elements that a closing tag is compared with


def keep_attributes(text: str) -> str:
    """HTML in which styles that strike text out are `<s>`, and form fields and images are beside their text."""
    lower = text.lower()
    if "line-through" in lower:
        text = _StruckOut(_struck_classes(text)).rewrite(text)
    if "<input" in lower or "<option" in lower or "<img" in lower:
        text = _FIELD.sub(_field_text, text)
    return text


def keep_meaning(text: str) -> str:
    """The same, with cells of tables apart and lines of preformatted text broken. Call it once for a text."""
    text = keep_attributes(text)
    lower = text.lower()
    if "<pre" in lower:
        text = _broken_lines(text)
    if "<td" in lower or "<th" in lower:
        text = _CELL.sub(_Cells().tag, text)
    return text


def _struck_classes(text: str) -> Set[str]:
    """The class names whose style rule strikes text out. Google Docs writes every style as such a rule."""
    return {
        name
        for rule in _RULE.finditer(text)
        if _STRUCK.search(rule[2])
        for name in _CLASS_OF_RULE.findall(rule[1].strip())
    }


class _StruckOut:
    """Puts `<s>` into every element that a style strikes out, and ends it where the element ends."""

    def __init__(self, classes: Set[str]) -> None:
        self._classes = classes
        self._open: list[tuple[str, bool]] = []

    def rewrite(self, text: str) -> str:
        return _TAG.sub(self._tag, text) + "</s>" * sum(is_struck for _, is_struck in self._open)

    def _tag(self, match: re.Match[str]) -> str:
        name = match[2].lower()
        if match[1]:
            return self._ended_by(frozenset({name}), frozenset()) + match[0]
        ended = ""
        if name in _CLOSES or name in _BLOCKS:  # browsers end an open paragraph or cell in front of these
            ended = self._ended_by(_CLOSES.get(name, _PARAGRAPH), _CONTAINERS)
        if name in _VOID or match[3].endswith("/"):
            return ended + match[0]
        is_struck = self._is_struck(match[3])
        self._open.append((name, is_struck))
        return f"{ended}{match[0]}{'<s>' if is_struck else ''}"

    def _ended_by(self, names: frozenset[str], until: frozenset[str]) -> str:
        """The `</s>` of all elements that end together with the innermost open element of these names."""
        last: int | None = None
        for at in range(len(self._open) - 1, max(-1, len(self._open) - _DEEPEST), -1):
            name = self._open[at][0]
            if name in names:
                last = at
                if not until:
                    break
            elif name in until:
                break
        if last is None:
            return ""
        struck = sum(is_struck for _, is_struck in self._open[last:])
        del self._open[last:]
        return "</s>" * struck

    def _is_struck(self, attributes: str) -> bool:
        if not attributes:
            return False
        if _STRUCK.search(attributes):
            return True
        if not self._classes or (match := _CLASSES.search(attributes)) is None:
            return False
        return not self._classes.isdisjoint((match[1] or match[2] or match[3] or "").split())


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
