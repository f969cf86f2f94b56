"""The styles of an HTML page: takes style elements out of the page, and reads which rules strike text out.

The styles have to be taken out before comments are removed, because office programs write styles as comments. Office
programs and Google Docs write every style as a rule: by class, id or element. An element of hidden words (`style`,
`script`) that is never closed would take the rest of the page with it; such an element loses its tag.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.mapping.html_tags import TagEnds

LARGEST = 256 * 1024  # characters of all styles of one page that are read
MOST_RULES = 2_000
_MOST_SELECTORS = 200  # of one rule that is nested in others
_DEEPEST = 16
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->|<!\[CDATA\[|\]\]>", re.DOTALL)
_TOKEN = re.compile(r"\"(?:\\.|[^\"\\\n])*+\"|'(?:\\.|[^'\\\n])*+'|[^{};\"']++|[{};\"']", re.DOTALL)
_ESCAPED = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_PROPERTY = re.compile(r"(?:-[a-z]+-)?text-decoration(?:-line)?")
_SCREEN = re.compile(r"(?:only\s+)?(?:all|screen)?\s*")
_NOT_SCREEN = re.compile(
    r"(?:only\s+)?(?:print|speech|aural|braille|embossed|handheld|projection|tty|tv)\b.*|not\s+all"
)
_CHOICE = re.compile(r":(?:is|where|matches|-webkit-any|-moz-any)\(([^()]*)\)", re.IGNORECASE)
_PSEUDO = re.compile(r"(?<!\\)(::?)([a-z-]+)")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_STATIC_PSEUDO = frozenset(
    """first-child last-child only-child nth-child nth-last-child first-of-type last-of-type only-of-type nth-of-type
    nth-last-of-type root empty not""".split()  # noqa: SIM905 - as a list it would be a page long
)
# Rules with these apply only while a person points at an element, or to text that the style itself inserts.
_NEVER = frozenset(
    """hover active focus focus-within focus-visible target before after selection placeholder marker backdrop
    placeholder-shown visited""".split()  # noqa: SIM905 - as a list it would be a page long
)


@dataclass(frozen=True, slots=True)
class Decoration:
    """Whether a declaration strikes text out, and whether it is important."""

    strikes: bool
    important: bool = False


@dataclass(slots=True)
class Rules:
    """The rules of a style sheet about lines through text, one per line; `strikes`: some rule strikes text out.

    `unsure`: a rule strikes text out, and it cannot be decided which elements.
    """

    lines: list[str] = field(default_factory=list)
    strikes: bool = False
    unsure: bool = False


def decoration(style: str) -> Decoration | None:
    """The decoration of a style attribute; None if the style has none. Entities are resolved.

    The last declaration counts, unless an earlier one is important.
    """
    if not _may_say(style):
        return None
    last: Decoration | None = None
    for piece in _pieces(html.unescape(style)):
        declared = _declared(piece)
        if declared is not None and (last is None or declared.important or not last.important):
            last = declared
    return last


def _may_say(style: str) -> bool:
    return "decoration" in style or "&" in style or "\\" in style or "decoration" in style.lower()


def _pieces(style: str) -> Iterator[str]:
    piece = ""
    for sign in _TOKEN.findall(_COMMENT.sub(" ", style)):
        if sign == ";":
            yield piece
            piece = ""
        else:
            piece += sign
    yield piece


def _declared(declaration: str) -> Decoration | None:
    name, colon, value = declaration.partition(":")
    if not colon or not _PROPERTY.fullmatch(_plain(name)):
        return None
    words = _plain(value)
    return Decoration("line-through" in words, "!" in words and "important" in words)


def _plain(text: str) -> str:
    """Lower case, with the escapes of CSS resolved."""
    return (_ESCAPED.sub(_sign, text) if "\\" in text else text).strip().lower()


def _sign(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[2]
    number = int(match[1], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


@dataclass(slots=True)
class _Block:
    """An open block of a style sheet. `selectors` is None for the page itself and for blocks without selectors."""

    selectors: list[str] | None = None
    ignored: bool = False
    unsure: bool = False


def rules_of(styles: str) -> Rules:
    """The rules about lines through text of all styles of a page, in order."""
    rules = Rules()
    if "decoration" not in styles.lower() and "\\" not in styles:
        return rules
    if len(styles) > LARGEST:
        styles, rules.unsure = styles[:LARGEST], True
    blocks = [_Block()]
    pieces: list[str] = []
    for sign in _TOKEN.findall(_COMMENT.sub(" ", styles)):
        if sign not in "{};":
            pieces.append(sign)
            continue
        words = "".join(pieces).strip()
        pieces.clear()
        if sign == "{":
            blocks.append(_opened_block(words, blocks, rules))
            continue
        _declare(words, blocks[-1], rules)
        if sign == "}" and len(blocks) > 1:
            blocks.pop()
    _declare("".join(pieces).strip(), blocks[-1], rules)
    return rules


def _declare(words: str, block: _Block, rules: Rules) -> None:
    declared = None if block.ignored or not block.selectors else _declared(words)
    if declared is None or not block.selectors:
        return
    if len(rules.lines) + len(block.selectors) > MOST_RULES:
        rules.unsure = True
        return
    value = ("line-through" if declared.strikes else "none") + (" !important" if declared.important else "")
    for selector in block.selectors:
        if _is_applicable(selector, declared, rules):
            rules.strikes = rules.strikes or declared.strikes
            rules.lines.append(f"{selector}{{text-decoration:{value}}}")
    rules.unsure = rules.unsure or (block.unsure and declared.strikes)


def _is_applicable(selector: str, declared: Decoration, rules: Rules) -> bool:
    """Whether it can be decided which elements a selector means.

    If not, and the declaration strikes out, the rules become unsure.
    """
    pseudo = {name for _, name in _PSEUDO.findall(_QUOTED.sub("", selector).lower())}
    if pseudo <= _STATIC_PSEUDO:
        return True
    if pseudo.isdisjoint(_NEVER):
        rules.unsure = rules.unsure or declared.strikes
    return False


def _opened_block(prelude: str, blocks: list[_Block], rules: Rules) -> _Block:
    outer = blocks[-1]
    if outer.ignored or len(blocks) > _DEEPEST:
        rules.unsure = rules.unsure or not outer.ignored
        return _Block(ignored=True)
    if prelude.startswith("@"):
        name = prelude[1:].partition(" ")[0].partition("(")[0].lower()
        if name == "media":
            shown = on_screen(prelude[6:])
            return _Block(outer.selectors, shown is False, outer.unsure or shown is None)
        if name in ("supports", "container", "scope", "layer", "document", "-moz-document", "starting-style"):
            return _Block(outer.selectors, unsure=outer.unsure or name != "layer")
        return _Block(ignored=True)
    selectors: list[str] = []
    for selector in filter(None, map(str.strip, _selectors_of(prelude))):
        for choice in _choices_of(selector):
            selectors += _within(choice, outer.selectors)
            if len(selectors) > _MOST_SELECTORS:
                rules.unsure = True
                return _Block(selectors[:_MOST_SELECTORS], unsure=True)
    return _Block(selectors, unsure=outer.unsure)


def on_screen(media: str) -> bool | None:
    """Whether styles for these media are shown on a screen; None if that depends on the screen."""
    kinds = [kind.strip().lower() for kind in media.split(",")]
    if any(_SCREEN.fullmatch(kind) for kind in kinds):
        return True
    return False if all(map(_NOT_SCREEN.fullmatch, kinds)) else None


def _within(selector: str, outer: list[str] | None) -> list[str]:
    if outer is None:
        return [selector]
    return [
        selector.replace("&", outer_selector) if "&" in selector else f"{outer_selector} {selector}"
        for outer_selector in outer
    ]


def _selectors_of(prelude: str) -> Iterator[str]:
    """The selectors of a prelude: the parts between commas outside of brackets."""
    depth, begin = 0, 0
    for at, sign in enumerate(prelude):
        if sign in "([":
            depth += 1
        elif sign in ")]":
            depth = max(0, depth - 1)
        elif sign == "," and not depth:
            yield prelude[begin:at]
            begin = at + 1
    yield prelude[begin:]


def _choices_of(selector: str) -> list[str]:
    """The selectors for each choice of `:is()`. An unresolvable choice remains, and makes the rules unsure."""
    done: list[str] = []
    waiting = [selector]
    while waiting and len(done) + len(waiting) < _MOST_SELECTORS:
        selector_left = waiting.pop()
        match = _CHOICE.search(selector_left)
        choices = [choice.strip() for choice in match[1].split(",")] if match else []
        if match is None or (match.start() and selector_left[match.start() - 1] not in " >+~(" and not _joins(choices)):
            done.append(selector_left)
        else:
            waiting += [
                f"{selector_left[: match.start()]}{choice}{selector_left[match.end() :]}"
                for choice in choices
                if choice
            ]
    return done + waiting


def _joins(choices: list[str]) -> bool:
    """Whether each choice can follow a name directly, such as `.class`."""
    return all(choice[:1] in ".#[:" and " " not in choice for choice in choices)


_BEGUN = re.compile(r"<!--|<(style|script|iframe|object|svg)(?=[\s/>])", re.IGNORECASE)
_SIGNS = ("<style", "<script", "<iframe", "<object", "<svg")
_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in "style script iframe object svg".split()}  # noqa: SIM905
_AGAIN = {name: re.compile(rf"<{name}(?=[\s/>])", re.IGNORECASE) for name in ("style", "iframe")}
_MEDIA = re.compile(r"\bmedia\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_TYPE = re.compile(r"\btype\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_DOCTYPE = re.compile(r"\s*<!doctype\s+html", re.IGNORECASE)
_NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class StyledPage:
    """A page without its styles, and the rules of the styles.

    `any_case`: a browser matches the classes of the page in any case, because the page has no `<!doctype html>`.
    """

    text: str
    rules: Rules
    any_case: bool = True


def split_styles(text: str) -> StyledPage:
    """The page without its styles, and the rules of the styles.

    Elements of hidden words that are never closed lose their tag, so that their words are kept. Text that only begins
    like such an element, and is no whole tag, is unchanged.
    """
    lower = text.lower()
    if not any(sign in lower for sign in _SIGNS):
        return StyledPage(text, _NO_RULES)
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
            styles.append(_screen_rules(text[at:begins], text[begins:end]))
            kept.append(text[copied:begins])
            at = copied = end
        elif name in ("script", "iframe"):
            at = end
    if not kept:
        return StyledPage(text, _NO_RULES)
    rules = rules_of("\n".join(styles))
    rules.unsure = rules.unsure or unsure
    return StyledPage("".join((*kept, text[copied:])), rules, _DOCTYPE.match(text) is None)


class _Ends:
    """Finds the next ends of elements in a text. No part of the text is searched twice for the same end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._next: dict[str, int] = {}

    def of(self, name: str, at: int) -> int:
        """The index of the next end at or after `at`; -1 if there is none."""
        known = self._next.get(name)
        if known is None or 0 <= known < at:
            known = self._next[name] = self._search(name, at)
        return known

    def _search(self, name: str, at: int) -> int:
        if name in _END:
            match = _END[name].search(self._text, at)
            return match.start() if match else -1
        return self._text.find("-->" if name == "--" else name, at)


def _screen_rules(attributes: str, style: str) -> str:
    """The rules of a style element that apply on a screen."""
    kind, media = _attribute_value(_TYPE, attributes), _attribute_value(_MEDIA, attributes)
    if kind.lower() not in ("", "text/css"):
        return ""
    return f"@media {media} {{{style}\n}}" if media and on_screen(media) is not True else style


def _attribute_value(pattern: re.Pattern[str], attributes: str) -> str:
    match = pattern.search(attributes)
    return (match[1] or match[2] or match[3] or "").strip() if match else ""
