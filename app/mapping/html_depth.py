"""Markup that is nested too deeply, made shallow before a library builds a tree of it.

The sanitiser takes time with the square of the depth: 10,000 nested elements take a second, 100,000 two minutes.
"""

import re
from collections import Counter

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
