"""Which rules of a page's own styles strike text out, told in a style sheet of nothing else.

Office programs, and Google Docs, write every style as a rule: by class, by id, by element, inside comment marks.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LARGEST = 256 * 1024  # signs of all styles of one page that are read
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
_TOLD = frozenset(
    """first-child last-child only-child nth-child nth-last-child first-of-type last-of-type only-of-type nth-of-type
    nth-last-of-type root empty not""".split()  # noqa: SIM905 - as a list it would be a page long
)
# Such a rule strikes out nothing of a page that nobody points at, or only what the style itself puts in.
_NEVER = frozenset(
    """hover active focus focus-within focus-visible target before after selection placeholder marker backdrop
    placeholder-shown visited""".split()  # noqa: SIM905 - as a list it would be a page long
)


@dataclass(frozen=True, slots=True)
class Decoration:
    """What a declaration says of lines through a text."""

    strikes: bool
    important: bool = False


@dataclass(slots=True)
class Rules:
    """The rules of a style sheet that say something of lines through a text, and whether any strikes out.

    `unsure` says that a rule strikes out whose elements cannot be told for certain.
    """

    lines: list[str] = field(default_factory=list)
    strikes: bool = False
    unsure: bool = False


def decoration(style: str) -> Decoration | None:
    """What a style attribute, with its entities, says of struck-out text; the last word counts, or an important one."""
    if not _may_say(style):
        return None
    last: Decoration | None = None
    for piece in _pieces(html.unescape(style)):
        found = _declared(piece)
        if found is not None and (last is None or found.important or not last.important):
            last = found
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
    """Lower case, without the escapes of a style."""
    return (_ESCAPED.sub(_sign, text) if "\\" in text else text).strip().lower()


def _sign(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[2]
    number = int(found[1], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


@dataclass(slots=True)
class _Block:
    """A block of a style sheet that is open. Without selectors it is a page's, or one of no interest."""

    selectors: list[str] | None = None
    ignored: bool = False
    unsure: bool = False


def rules_of(styles: str) -> Rules:
    """The rules of all styles of a page, in their order."""
    rules = Rules()
    if "decoration" not in styles.lower() and "\\" not in styles:
        return rules
    if len(styles) > LARGEST:
        styles, rules.unsure = styles[:LARGEST], True
    blocks = [_Block()]
    said: list[str] = []
    for sign in _TOKEN.findall(_COMMENT.sub(" ", styles)):
        if sign not in "{};":
            said.append(sign)
            continue
        words = "".join(said).strip()
        said.clear()
        if sign == "{":
            blocks.append(_begun(words, blocks, rules))
            continue
        _declare(words, blocks[-1], rules)
        if sign == "}" and len(blocks) > 1:
            blocks.pop()
    _declare("".join(said).strip(), blocks[-1], rules)
    return rules


def _declare(words: str, block: _Block, rules: Rules) -> None:
    found = None if block.ignored or not block.selectors else _declared(words)
    if found is None or not block.selectors:
        return
    if len(rules.lines) + len(block.selectors) > MOST_RULES:
        rules.unsure = True
        return
    value = ("line-through" if found.strikes else "none") + (" !important" if found.important else "")
    for selector in block.selectors:
        if _is_told(selector, found, rules):
            rules.strikes = rules.strikes or found.strikes
            rules.lines.append(f"{selector}{{text-decoration:{value}}}")
    rules.unsure = rules.unsure or (block.unsure and found.strikes)


def _is_told(selector: str, found: Decoration, rules: Rules) -> bool:
    """Whether the elements of a selector can be told. One that cannot be, and strikes out, makes the page unsure."""
    pseudo = {name for _, name in _PSEUDO.findall(_QUOTED.sub("", selector).lower())}
    if pseudo <= _TOLD:
        return True
    if pseudo.isdisjoint(_NEVER):
        rules.unsure = rules.unsure or found.strikes
    return False


def _begun(prelude: str, blocks: list[_Block], rules: Rules) -> _Block:
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
    for selector in filter(None, map(str.strip, _parted(prelude))):
        for one in _chosen(selector):
            selectors += _within(one, outer.selectors)
            if len(selectors) > _MOST_SELECTORS:
                rules.unsure = True
                return _Block(selectors[:_MOST_SELECTORS], unsure=True)
    return _Block(selectors, unsure=outer.unsure)


def on_screen(media: str) -> bool | None:
    """Whether styles for these media are shown on a screen; None where it depends on the screen."""
    kinds = [kind.strip().lower() for kind in media.split(",")]
    if any(_SCREEN.fullmatch(kind) for kind in kinds):
        return True
    return False if all(map(_NOT_SCREEN.fullmatch, kinds)) else None


def _within(selector: str, outer: list[str] | None) -> list[str]:
    if outer is None:
        return [selector]
    return [selector.replace("&", one) if "&" in selector else f"{one} {selector}" for one in outer]


def _parted(prelude: str) -> Iterator[str]:
    """The selectors between the commas that stand in no brackets."""
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


def _chosen(selector: str) -> list[str]:
    """A selector with each choice of `:is()`. A choice that cannot be written out stays, and is not told."""
    done: list[str] = []
    waiting = [selector]
    while waiting and len(done) + len(waiting) < _MOST_SELECTORS:
        one = waiting.pop()
        found = _CHOICE.search(one)
        choices = [choice.strip() for choice in found[1].split(",")] if found else []
        if found is None or (found.start() and one[found.start() - 1] not in " >+~(" and not _joins(choices)):
            done.append(one)
        else:
            waiting += [f"{one[: found.start()]}{choice}{one[found.end() :]}" for choice in choices if choice]
    return done + waiting


def _joins(choices: list[str]) -> bool:
    """Whether each choice can stand right behind a name."""
    return all(choice[:1] in ".#[:" and " " not in choice for choice in choices)
