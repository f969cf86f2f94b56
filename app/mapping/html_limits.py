"""Bounds the cost of HTML for parsers, whose time may grow with the square of the length or depth of a text.

Python's HTMLParser searches for the end of each construct up to the end of the text: a million unclosed `<` take
minutes. The sanitiser compares each attribute of a tag with all others. The rewriting here takes linear time.
"""

import re
from collections import Counter

from app.mapping.html_tags import only_tags

LONGEST_TAG = 16 * 1024
_DATA = "<![CDATA["
_HIDDEN_START = re.compile(
    r"<(?:!--|!doctype\b|!(?:element|entity|attlist|notation)\s|!\[(?:if|else|endif|cdata)\b|\?(?:xml|php|mso|import)\b)",
    re.IGNORECASE,
)  # people write every other `<!` and `<?`: `flexion <?> unclear`, `BP <!120`
_LONG_TAG = re.compile(rf"<([a-zA-Z][a-zA-Z0-9]*)[^<>]{{{LONGEST_TAG},}}>")


def bounded(text: str, *, in_place: str = "") -> str:
    """The same markup with bounded cost; all text is kept.

    `in_place` replaces comments and declarations, which no browser shows, and the marks of a data section. A `<` that
    opens no tag becomes `&lt;`. A tag of more than 16 KiB loses its attributes.
    """
    if "<" not in text:
        return text
    text = only_tags(_without_hidden(text, in_place))
    return _LONG_TAG.sub(r"<\1>", text) if len(text) > LONGEST_TAG else text


def has_hidden(text: str) -> bool:
    """Whether a text has a comment, declaration or instruction, which no browser shows."""
    return ("<!" in text or "<?" in text) and _HIDDEN_START.search(text) is not None


def _without_hidden(text: str, in_place: str) -> str:
    """The text without comments, declarations and instructions (`<!-- -->`, `<!doctype >`, `<?xml ?>`).

    An unclosed one is no construct: its characters are shown. The text of a data section (`<![CDATA[ ]]>`) is kept.
    """
    kept: list[str] = []
    at = 0
    last_data = text.rfind("]]>")
    while (start := _HIDDEN_START.search(text, at)) is not None:
        is_comment = text.startswith("<!--", start.start())
        is_data = start.start() < last_data and text.startswith(_DATA, start.start())
        mark = "-->" if is_comment else "]]>" if is_data else ">"
        end = text.find(mark, start.start() + 2)
        kept.append(text[at : start.start()])
        at = start.start()
        if end < 0:
            kept.append(text[at:].replace("<!", "&lt;!").replace("<?", "&lt;?"))
            return "".join(kept)
        kept.append(in_place)
        if is_data:
            kept += (text[at + len(_DATA) : end], in_place)
        at = end + len(mark)
    kept.append(text[at:])
    return "".join(kept)


# The sanitiser takes time with the square of the depth: 10,000 nested elements take a second, 100,000 two minutes.

MOST_DEPTH = 256
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)[^<>]*>?")
# Elements that end where another begins, or have no content.
_SHALLOW = frozenset(
    """p li dd dt tr td th thead tbody tfoot option optgroup area base br col embed hr img input link meta param source
    track wbr""".split()  # noqa: SIM905 - as a list it would be a page long
)


def shallow(text: str) -> tuple[str, bool]:
    """The same markup without the tags nested deeper than 256, and whether any was removed. All text is kept."""
    if text.count("<") <= MOST_DEPTH:
        return text, False
    cut = _Cut()
    kept = _TAG.sub(cut.tag, text)
    return (kept, True) if cut.left_out else (text, False)


class _Cut:
    """Counts open elements. An end tag of an element that is not open changes nothing."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()
        self.depth = 0
        self.left_out = False

    def tag(self, match: re.Match[str]) -> str:
        name = match[2].lower()
        if name in _SHALLOW:
            return match[0]
        if match[1]:
            if self.open[name]:
                self.open[name] -= 1
                self.depth -= 1
            return match[0]
        if self.depth >= MOST_DEPTH:
            self.left_out = True
            return ""
        self.open[name] += 1
        self.depth += 1
        return match[0]
