"""Decides which `<` of a text opens a tag. HTML parsers take words for attributes and lose them: `HR<pain free</p>`.

A tag has the name of an HTML element or of an element of an office program, and ends before another tag begins. Every
other `<` is the clinic's text.
"""

import re
from io import StringIO

ELEMENTS = frozenset(
    """a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote
    body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl
    dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr
    html i iframe img input ins isindex kbd keygen label legend li link listing main map mark marquee math menu
    menuitem meta meter multicol nav nextid nobr noembed noframes noscript object ol optgroup option output p param
    picture plaintext pre progress q rb rp rt rtc ruby s samp script search section select selectedcontent slot
    small source spacer span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead
    time title tr track tt u ul var video wbr xml xmp""".split()  # noqa: SIM905 - as a list it would be a page long
)
FORMULA = frozenset(
    """math annotation annotation-xml maction maligngroup malignmark menclose merror mfenced mfrac mglyph mi mlabeledtr
    mlongdiv mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mscarries mscarry msgroup msline
    mspace msqrt msrow mstack mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none semantics""".split()  # noqa: SIM905
)
"""The elements of a formula in MathML. Outside of a text with `<math` such a name makes no tag."""
_MATH = re.compile(r"<(?:[a-z]+:)?math[\s/>]", re.IGNORECASE)
_OFFICE = re.compile(r"(?:o|v|w|w10|m|x|p|u1|st1|st2|svg|xml|ns\d):[a-z][a-z0-9-]*")
_OFTEN = "/?(?:p|div|br|ul|ol|li|b|i|u|s|h1|h2|tr|td|table|span|strong|em|body|html)>"  # recognised at once
_PLAIN_TAG = re.compile(f"<{_OFTEN}")
_SIGN = re.compile(f"<(?!{_OFTEN})")
_OWN = re.compile(r"<([a-zA-Z][a-zA-Z0-9_.:-]*)(\s[^<>]*|/?)>")
_OWN_END = re.compile(r"</([a-zA-Z][a-zA-Z0-9_.:-]*)\s*>")
_STYLED = re.compile(r"\s(?:style|class|id)\s*=", re.IGNORECASE)
_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*)")
# A value with the end of a tag and the beginning of another has an unclosed quotation mark.
_QUOTED = "|".join(f"{q}[^{q}<>]{{0,2000}}+(?:<[^{q}]{{0,2000}}+|>[^{q}<]{{0,2000}}+)?+{q}" for q in "\"'")
_REST = re.compile(rf"(?:[^<>=]++|=\s*+(?:{_QUOTED})?+)*+")
_UNQUOTED_REST = re.compile(r"[^<>]*+")
_VALUE = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_OPEN_QUOTE = re.compile(r"""=\s*+["']""")
_ALONE = frozenset("checked selected disabled readonly required multiple hidden nowrap compact open href name".split())  # noqa: SIM905


def is_element(name: str) -> bool:
    """Whether a lower-case name is that of an element of HTML or of an office program."""
    return name in ELEMENTS or _OFFICE.fullmatch(name) is not None


def has_tag(text: str) -> bool:
    """Whether a text has a tag."""
    return _PLAIN_TAG.search(text) is not None or ("<" in text and "<" in only_tags(text))


def only_tags(text: str) -> str:
    """The same text with `&lt;` for every `<` that opens no tag, also in attributes. A second call changes nothing.

    A quotation mark that is never closed ends with its tag; such a tag loses its attributes.
    """
    written = StringIO()
    kept = 0
    own: frozenset[str] | None = None  # elements that only this text has
    ends = TagEnds(text)
    for sign in _SIGN.finditer(text):
        at = sign.start()
        if at < kept:
            continue  # inside an attribute
        written.write(text[kept:at])
        name = _NAME.match(text, at)
        end = at
        known = name is not None and is_element(name[2].lower())
        if name is not None and not known:
            own = _own_elements(text) if own is None else own
            known = name[2].lower() in own
        if name is not None and known:
            end = ends.behind(name.end())
        attributes = text[name.end() : end] if name else ""
        if name is None or text[end : end + 1] != ">" or _are_words(name[2], attributes):
            written.write("&lt;")
            kept = at + 1
        else:
            written.write(name[0] + _tidy(attributes))
            kept = end
    written.write(text[kept:])
    return written.getvalue()


class TagEnds:
    """Finds the ends of tags in a text, in time linear in the length of the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = 4 * len(text)  # characters that may be read in vain, so that unclosed tags take linear time

    def behind(self, start: int) -> int:
        """The index of the `>` of the tag whose name ends at `start`; another index for an unclosed tag."""
        end = _end(_REST, self._text, start) if self._left > 0 else start
        if self._text[end : end + 1] != ">":
            self._left -= end - start
            end = _end(_UNQUOTED_REST, self._text, start)
        return end


def _own_elements(text: str) -> frozenset[str]:
    """The names of a program's own elements: they have a style, or are a pair of tags with a hyphen or attribute.

    In a text with a formula, also those of formulas.
    """
    ended = {name.lower() for name in _OWN_END.findall(text)}
    tags = ((tag[1].lower(), tag[2]) for tag in _OWN.finditer(text))
    styled = frozenset(
        name for name, rest in tags if _STYLED.search(rest) or (name in ended and ("-" in name or "=" in rest))
    )
    return styled | FORMULA if _MATH.search(text) else styled


def _end(rest: re.Pattern[str], text: str, start: int) -> int:
    match = rest.match(text, start)
    return match.end() if match else start


def _tidy(attributes: str) -> str:
    if "=" in attributes and _OPEN_QUOTE.search(_VALUE.sub("", attributes)):
        return ""
    return attributes.replace("<", "&lt;").replace(">", "&gt;")


def _are_words(name: str, attributes: str) -> bool:
    """Whether a letter between `<` and `>` is part of a comparison: `5 <b and c> d`."""
    return len(name) == 1 and "=" not in attributes and bool(set(attributes.lower().split()) - _ALONE - {"/"})
