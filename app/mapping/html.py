"""Rich text of notes and forms: keeps only tags that format, and gives rich text as plain text."""

import html
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser

import nh3

from app.mapping.html_limits import bounded, has_hidden, shallow
from app.mapping.html_meaning import keep_meaning
from app.mapping.html_tags import FORMULA
from app.mapping.page_styles import split_styles

ALLOWED = frozenset(
    {"p", "div", "br", "ul", "ol", "li", "blockquote", "h1", "h2", "b", "i", "u", "s", "sub", "sup", "a"}
)
# Parsers read tags inside these elements as text, and keep the inside of a template out of the page.
_LITERAL = frozenset({"textarea", "title", "noframes", "noscript", "noembed", "xmp", "plaintext", "template"})
_GONE_WITH_WORDS = frozenset({"script", "style", "iframe", "object", "svg"})
_ALIKE = {
    "strong": "b",
    "em": "i",
    "strike": "s",
    "del": "s",
    "h3": "h2",
    "h4": "h2",
    "h5": "h2",
    "h6": "h2",
}
_BLOCKS = frozenset({"p", "div", "br", "ul", "ol", "li", "blockquote", "h1", "h2", "tr", "table", "h3", "h4"})
_CLEANER = nh3.Cleaner(
    tags=set(ALLOWED),
    clean_content_tags=set(_GONE_WITH_WORDS),
    attributes={"a": {"href"}, "*": set()},  # by default nh3 keeps `title` and `lang`
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener",
    url_relative="deny",
    strip_comments=True,
)
_WORDS = r"(?:[^<>&\x00-\x08\x0b-\x1f\x7f-\xa0]++|&(?:amp|lt|gt|nbsp);)++"
_INLINE = rf"(?:{_WORDS}|<br>|<b>{_WORDS}</b>|<i>{_WORDS}</i>|<u>{_WORDS}</u>)"
_BLOCK = "|".join(rf"<{tag}>{_INLINE}*+</{tag}>" for tag in ("div", "p", "blockquote", "h1", "h2"))
_LIST = "|".join(rf"<{tag}>(?:\s|<li>{_INLINE}*+</li>)*+</{tag}>" for tag in ("ul", "ol"))
# Most notes are clean and simply nested. This check takes a fifth of the time of cleaning.
_PLAIN = re.compile(f"(?:{_INLINE}|{_BLOCK}|{_LIST})*+")
_OPENING = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*|[!?])?")
_BEGUN = re.compile(
    r"(?:^|<br\b[^>]*>|</?(?:p|div|ul|ol|li|blockquote|h[1-6]|table|t[rdh]|section|center)\b[^>]*>)\s*$"
)
_TAG_OR_LINE_END = re.compile(r"<[^>]*>|\n")
_SPACES = re.compile(r"\s+")
_AT_ONCE = 1 << 16
_LINED = re.compile(r"<(?:br|p|div|ul|ol|li|blockquote|h[1-6]|table|tr|pre)\b", re.IGNORECASE)
_APART = frozenset(
    """table pre section article dt dd address center option caption legend fieldset form header footer main aside nav
    details summary figure figcaption hr textarea select listing search
    """.split()  # noqa: SIM905 - as a list it would be a page long
)
STRUCK_OUT = "[struck out: "
"""Begins struck-out text in plain text; a closing bracket ends it."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Sanitised rich text. `lost`: more than attributes was removed."""

    html: str
    lost: bool = False


def clean_html(text: str) -> Cleaned:
    """Rich text with the allowed tags alone. A second call changes nothing.

    `strong` and `em` become `b` and `i`, `strike` and `del` become `s`, small headings `h2`. Cells of a table stay
    separate. Ticked boxes and chosen options keep a mark. Line ends become `<br>` in a text without blocks.
    """
    is_hidden = has_hidden(text)
    is_lined = "\n" in text and not _LINED.search(text)
    if not is_lined and _PLAIN.fullmatch(text):
        return Cleaned(text)
    page = split_styles(text)
    text = page.text
    if is_lined:
        text = _TAG_OR_LINE_END.sub(_line_broken, bounded(text).replace("\r\n", "\n").strip("\n"))
        if _PLAIN.fullmatch(text):
            return Cleaned(text, is_hidden)
    mending = _Mending()
    text, is_cut = shallow(bounded(text))
    mended = _OPENING.sub(mending.tag, keep_meaning(replace(page, text=text)))
    return Cleaned(_CLEANER.clean(mended), mending.lost or is_cut or is_hidden)


def _line_broken(match: re.Match[str]) -> str:
    """`<br>` for a line end; a tag on one line."""
    return "<br>" if match[0] == "\n" else match[0].replace("\n", " ")


class _Mending:
    """Replaces tags by allowed tags, and separates the text of removed blocks.

    A `<` that opens no tag is text and is escaped. `lost`: a tag was removed that no allowed tag replaces.
    """

    def __init__(self) -> None:
        self.lost = False

    def tag(self, match: re.Match[str]) -> str:
        slash, name = match[1], (match[2] or "").lower()
        if name in ALLOWED:
            return match[0]
        if name in _ALIKE:
            return f"<{slash}{_ALIKE[name]}"
        if name in _LITERAL:
            self.lost = True
            return "<br><wbr"  # `wbr` shows nothing and takes the attributes, which are removed later
        if name in FORMULA:
            self.lost = True
            return "<wbr"  # parsers drop the words of formulas that they do not know
        if name:
            self.lost = True
            is_apart = name in _APART and (name != "table" if slash else not _is_begun(match))
            return f"<br>{match[0]}" if is_apart else match[0]
        return f"&lt;{match[0][1:]}"


def _is_begun(match: re.Match[str]) -> bool:
    """Whether a new line begins before a tag, so that the tag needs no `<br>`."""
    before = match.string[max(0, match.start() - 200) : match.start()]
    return _BEGUN.search(before.lower()) is not None


def escaped(text: str) -> str:
    """Plain text as rich text."""
    return html.escape(text, quote=False).replace("\n", "<br>")


def plain_text(rich: str) -> str:
    """The text of a rich text, one line for each block. Struck-out text is `[struck out: ...]`."""
    reader = _TextExtractor()
    rich = bounded(rich)
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
    pieces = [""]  # block by block, to save memory for a million words
    for at in range(0, len(line), _AT_ONCE):
        piece = _SPACES.sub(" ", line[at : at + _AT_ONCE])
        pieces[-1] = pieces[-1].removesuffix(" ") if piece.startswith(" ") else pieces[-1]
        pieces.append(piece)
    return "".join(pieces).strip()


class _TextExtractor(HTMLParser):
    """Collects the text of HTML, with a line end for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.hidden = 0
        self.struck = 0
        self.ended: str | None = None  # the blanks behind struck-out words, while more of them may follow
        self.is_raised = False  # the next text is above the line

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _GONE_WITH_WORDS:
            self.hidden += 1
        if _ALIKE.get(tag, tag) == "s":
            if self.ended is not None:
                self.words.append(self.ended)
                self.ended = None
            elif not self.struck:
                self.words.append(STRUCK_OUT)
            self.struck += 1
        self.is_raised = tag == "sup"
        if tag in _BLOCKS:
            self._end_struck()
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _GONE_WITH_WORDS and self.hidden:
            self.hidden -= 1
        if _ALIKE.get(tag, tag) == "s" and self.struck:
            self.struck -= 1
            self.ended = None if self.struck else ""
        if tag in _BLOCKS:
            self._end_struck()
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if self.hidden:
            return
        if self.ended is not None:
            if not data.strip():
                self.ended += data
                return
            self._end_struck()
        if self.is_raised:  # 10 to the power of 9 must not read as 109
            self.is_raised = False
            self.words.append("^" if data[:1].isdigit() or data[:1] in "+-−" else "")
        self.words.append(data)

    def close(self) -> None:
        super().close()
        self.ended = "" if self.struck else self.ended
        self._end_struck()

    def _end_struck(self) -> None:
        """Ends a stretch of struck-out text. Struck-out texts that follow each other are one stretch."""
        if self.ended is not None:
            self.words.append("]" + self.ended)
            self.ended = None
