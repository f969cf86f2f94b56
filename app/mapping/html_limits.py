"""Markup that costs parsers time with the square of its length, rewritten in linear time before a parser gets it.

Python's HTMLParser looks for the end of each construct up to the end of the text: a million `<` that nothing closes
take minutes. The sanitiser compares each attribute of a tag with all others.
"""

import re
from collections import Counter

from app.mapping.html_tags import only_tags

LONGEST_TAG = 16 * 1024
_DATA = "<![CDATA["
_HIDDEN_START = re.compile(
    r"<(?:!--|!doctype\b|!(?:element|entity|attlist|notation)\s|!\[(?:if|else|endif|cdata)\b|\?(?:xml|php|mso|import)\b)",
    re.IGNORECASE,
)  # every other `<!` and `<?` is written by people: `flexion <?> unclear`, `BP <!120`
_LONG_TAG = re.compile(rf"<([a-zA-Z][a-zA-Z0-9]*)[^<>]{{{LONGEST_TAG},}}>")


def bounded(text: str) -> str:
    """The same markup for a reader: every word stays. Comments and declarations, which no browser shows, are taken out,
    a sign that opens no tag is written as `&lt;`, and a tag of more than 16 KiB loses its attributes."""
    if "<" not in text:
        return text
    text = only_tags(_without_hidden(text))
    return _LONG_TAG.sub(r"<\1>", text) if len(text) > LONGEST_TAG else text


def has_hidden(text: str) -> bool:
    """Whether a text has a construct that no browser shows."""
    return ("<!" in text or "<?" in text) and _HIDDEN_START.search(text) is not None


def _without_hidden(text: str) -> str:
    """The text without comments, declarations and instructions of programs (`<!-- -->`, `<!doctype >`, `<?xml ?>`).

    One that is never closed is no construct: its signs are shown. Of a section of data, `<![CDATA[ ]]>`, words stay.
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
        if is_data:
            kept.append(text[at + len(_DATA) : end])
        at = end + len(mark)
    kept.append(text[at:])
    return "".join(kept)


# Markup that is nested too deeply, made shallow before a library builds a tree of it.
#
# The sanitiser takes time with the square of the depth: 10,000 nested elements take a second, 100,000 two minutes.

MOST_DEPTH = 256
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)[^<>]*>?")
# Elements that end by themselves where another begins, or never have anything inside: they make no depth alone.
_SHALLOW = frozenset(
    """p li dd dt tr td th thead tbody tfoot option optgroup area base br col embed hr img input link meta param source
    track wbr""".split()  # noqa: SIM905 - as a list it would be a page long
)


def shallow(text: str) -> tuple[str, bool]:
    """The same markup without the tags that are nested more than 256 deep, and whether any was left out. All words
    are kept."""
    if text.count("<") <= MOST_DEPTH:
        return text, False
    cut = _Cut()
    kept = _TAG.sub(cut.tag, text)
    return (kept, True) if cut.left_out else (text, False)


class _Cut:
    """Counts the elements that are open. An end tag of an element that is not open changes nothing."""

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
