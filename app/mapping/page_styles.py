"""A page's own styles, taken out of it before its comments go: office programs write styles as comments.

An element whose words no browser shows, and that is never closed, would take the rest of the page with it.
"""

import re
from dataclasses import dataclass

from app.mapping.html_tags import TagEnds
from app.mapping.style_rules import Rules, on_screen, rules_of

_BEGUN = re.compile(r"<!--|<(style|script|iframe|object|svg)(?=[\s/>])", re.IGNORECASE)
_SIGNS = ("<style", "<script", "<iframe", "<object", "<svg")
_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in "style script iframe object svg".split()}  # noqa: SIM905
_AGAIN = {name: re.compile(rf"<{name}(?=[\s/>])", re.IGNORECASE) for name in ("style", "iframe")}
_MEDIA = re.compile(r"\bmedia\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_TYPE = re.compile(r"\btype\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_DOCTYPE = re.compile(r"\s*<!doctype\s+html", re.IGNORECASE)
_NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Parted:
    """A page without the words of its styles, and what its styles strike out.

    `any_case` says that a browser finds its classes whatever their case.
    """

    text: str
    rules: Rules
    any_case: bool = True


def parted(text: str) -> Parted:
    """The page apart from its styles. Elements of unseen words that never end lose their tag: their words are kept.

    What only looks like such an element, and is no whole tag, stays as it is.
    """
    lower = text.lower()
    if not any(sign in lower for sign in _SIGNS):
        return Parted(text, _NO_RULES)
    kept: list[str] = []
    styles: list[str] = []
    ends, tags = _Ends(text), TagEnds(text)
    at = copied = 0
    unsure, is_striking = False, "line-through" in text
    while (begun := _BEGUN.search(text, at)) is not None:
        name = (begun[1] or "--").lower()
        at = begun.end()
        end = ends.of(name, at)
        if name == "--":
            at = max(at, end)
            continue
        tag_end = tags.behind(at)
        if text[tag_end : tag_end + 1] != ">":
            continue  # a word of the clinic's: `type <script here`
        begins = ends.of(">", at) + 1
        again = _AGAIN[name].search(text, at, end) if end >= 0 and name in _AGAIN else None
        if end < 0 or again is not None or not 0 < begins <= end:
            kept.append(f"{text[copied : begun.start()]}<wbr>")
            unsure = unsure or (name == "style" and is_striking)
            at = copied = tag_end + 1
        elif name == "style":
            styles.append(_read(text[at:begins], text[begins:end]))
            kept.append(text[copied:begins])
            at = copied = end
        elif name in ("script", "iframe"):
            at = end
    if not kept:
        return Parted(text, _NO_RULES)
    rules = rules_of("\n".join(styles))
    rules.unsure = rules.unsure or unsure
    return Parted("".join((*kept, text[copied:])), rules, _DOCTYPE.match(text) is None)


class _Ends:
    """Where the elements of a text end next. No part of the text is searched twice for the same end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._next: dict[str, int] = {}

    def of(self, name: str, at: int) -> int:
        """The place behind `at` where an end begins; -1 if there is none."""
        known = self._next.get(name)
        if known is None or 0 <= known < at:
            known = self._next[name] = self._found(name, at)
        return known

    def _found(self, name: str, at: int) -> int:
        if name in _END:
            found = _END[name].search(self._text, at)
            return found.start() if found else -1
        return self._text.find("-->" if name == "--" else name, at)


def _read(attributes: str, style: str) -> str:
    """The rules of a style that a screen shows."""
    kind, media = _said(_TYPE, attributes), _said(_MEDIA, attributes)
    if kind.lower() not in ("", "text/css"):
        return ""
    return f"@media {media} {{{style}\n}}" if media and on_screen(media) is not True else style


def _said(attribute: re.Pattern[str], attributes: str) -> str:
    found = attribute.search(attributes)
    return (found[1] or found[2] or found[3] or "").strip() if found else ""
