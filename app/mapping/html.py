"""Words with simple formatting, as notes and forms hold them: only tags that can do nothing but format stay."""

import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser

import nh3

ALLOWED = frozenset({"p", "div", "br", "ul", "ol", "li", "blockquote", "h1", "h2", "b", "i", "u", "a"})
_GONE_WITH_WORDS = frozenset({"script", "style", "iframe", "object", "svg"})
_ALIKE = {"strong": "b", "em": "i"}
_BLOCKS = frozenset({"p", "div", "br", "ul", "ol", "li", "blockquote", "h1", "h2", "tr", "table", "h3", "h4"})
_CLEANER = nh3.Cleaner(
    tags=set(ALLOWED),
    clean_content_tags=set(_GONE_WITH_WORDS),
    attributes={"a": {"href"}, "*": set()},  # of themselves, `title` and `lang` would stay
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener",
    url_relative="deny",
    strip_comments=True,
)
_ELEMENTS = frozenset(
    """a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink blockquote body br
    button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed
    fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img
    input ins kbd label legend li link main map mark marquee math menu meta meter nav nobr noframes noscript object ol
    optgroup option output p param picture pre progress q rp rt ruby s samp script section select slot small source
    span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track
    tt u ul var video wbr xml""".split()  # noqa: SIM905 - as a list it would be a page long
)
_WORDS = r"(?:[^<>&\x00-\x08\x0b-\x1f\x7f-\xa0]++|&(?:amp|lt|gt|nbsp);)++"
_INLINE = rf"(?:{_WORDS}|<br>|<b>{_WORDS}</b>|<i>{_WORDS}</i>|<u>{_WORDS}</u>)"
_BLOCK = "|".join(rf"<{tag}>{_INLINE}*+</{tag}>" for tag in ("div", "p", "blockquote", "h1", "h2"))
_LIST = "|".join(rf"<{tag}>(?:\s|<li>{_INLINE}*+</li>)*+</{tag}>" for tag in ("ul", "ol"))
# Most notes are clean and simply nested; telling so takes a fifth of the time of cleaning them.
_PLAIN = re.compile(f"(?:{_INLINE}|{_BLOCK}|{_LIST})*+")
_OPENING = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*|[!?])?")
_BEGUN = re.compile(
    r"(?:^|<br\b[^>]*>|</?(?:p|div|ul|ol|li|blockquote|h[1-6]|table|t[rdh]|section|center)\b[^>]*>)\s*$"
)
_SPACES = re.compile(r"\s+")
_AT_ONCE = 1 << 16
_APART = {
    **dict.fromkeys(("td", "th"), " "),
    **dict.fromkeys(
        ("tr", "h3", "h4", "h5", "h6", "pre", "section", "article", "dt", "dd", "address", "center", "option"), "<br>"
    ),
}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`lost` says that more than attributes went."""

    html: str
    lost: bool = False


def clean_html(text: str) -> Cleaned:
    """Rich text with the allowed tags alone; `strong` and `em` become `b` and `i`."""
    if _PLAIN.fullmatch(text):
        return Cleaned(text)
    lost = False

    def mend(found: re.Match[str]) -> str:
        """A sign that opens no tag is a word of the clinic's; words of unwrapped blocks stay apart."""
        nonlocal lost
        slash, name = found[1], (found[2] or "").lower()
        if name in ALLOWED:
            return found[0]
        if name in _ALIKE:
            return f"<{slash}{_ALIKE[name]}"
        if name in ("!", "?") or name in _ELEMENTS or ":" in name:
            lost = True
            return f"{_apart(found, name)}{found[0]}"
        return f"&lt;{found[0][1:]}"

    mended = _OPENING.sub(mend, text)
    return Cleaned(_CLEANER.clean(mended), lost)


def _apart(found: re.Match[str], name: str) -> str:
    """What keeps the words of a block that is unwrapped apart from those after it, and from those before it."""
    apart = _APART.get(name, "")
    if found[1] or apart != "<br>" or name == "tr":
        return apart if found[1] else ""
    before = found.string[max(0, found.start() - 200) : found.start()]
    return "" if _BEGUN.search(before.lower()) else apart


def escaped(text: str) -> str:
    """Plain words as rich text."""
    return html.escape(text, quote=False).replace("\n", "<br>")


def plain_text(rich: str) -> str:
    """The words of a rich text, one line for each block."""
    reader = _Words()
    for at in range(0, len(rich), _AT_ONCE):
        reader.feed(rich[at : at + _AT_ONCE])
    reader.close()
    words = "".join(reader.words)
    reader.words.clear()
    lines = map(_single_spaced, words.split("\n"))
    return "\n".join(line for line in lines if line)


def _single_spaced(line: str) -> str:
    if len(line) <= _AT_ONCE:
        return " ".join(line.split())
    pieces = [""]  # block by block: a million words are not held beside each other
    for at in range(0, len(line), _AT_ONCE):
        piece = _SPACES.sub(" ", line[at : at + _AT_ONCE])
        pieces[-1] = pieces[-1].removesuffix(" ") if piece.startswith(" ") else pieces[-1]
        pieces.append(piece)
    return "".join(pieces).strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _GONE_WITH_WORDS:
            self.hidden += 1
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _GONE_WITH_WORDS and self.hidden:
            self.hidden -= 1
        if tag in _BLOCKS:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)
