"""Pages for every element and every way to strike out its text, and for ways that strike nothing out."""

from collections.abc import Mapping

WORDS = "Allergic to latex"
_ALONE = tuple(
    """a abbr acronym b bdi bdo big cite code data dfn em font i ins kbd label mark nobr o:p output q samp small span
    st1:place strong sub sup time tt u var my-x patient-note""".split()  # noqa: SIM905 - as a list it would be a page long
)
_BLOCKS = tuple(
    """address article aside blockquote center div fieldset figure footer form h1 h2 h3 h4 h5 h6 header main nav p pre
    section""".split()  # noqa: SIM905 - as a list it would be a page long
)
_INSIDE: Mapping[str, str] = {
    "li": "<ul>{}</ul>",
    "ul": "{}",
    "ol": "{}",
    "dl": "{}",
    "dt": "<dl>{}<dd>x</dd></dl>",
    "dd": "<dl><dt>x</dt>{}</dl>",
    "table": "{}",
    "caption": "<table>{}<tr><td>x</td></tr></table>",
    "thead": "<table>{}<tr><td>x</td></tr></table>",
    "tbody": "<table>{}</table>",
    "tfoot": "<table><tr><td>x</td></tr>{}</table>",
    "tr": "<table>{}<tr><td>x</td></tr></table>",
    "td": "<table><tr><td>x</td>{}</tr></table>",
    "th": "<table><tr>{}<td>x</td></tr></table>",
    "summary": "<details>{}x</details>",
    "figcaption": "<figure>{}</figure>",
}
_HOLDS: Mapping[str, str] = {
    "ul": "<li>{}</li>",
    "ol": "<li>{}</li>",
    "dl": "<dt>{}</dt>",
    "table": "<tr><td>{}</td></tr>",
    "thead": "<tr><th>{}</th></tr>",
    "tbody": "<tr><td>{}</td></tr>",
    "tfoot": "<tr><td>{}</td></tr>",
    "tr": "<td>{}</td>",
}
CARRIERS = (*_ALONE, *_BLOCKS, *_INSIDE)
LINE = "text-decoration:line-through"
# A style sheet and attributes. {tag} is the element's name.
STRIKING: Mapping[str, tuple[str, str]] = {
    "a style": ("", f'style="color:red; {LINE}"'),
    "a style in upper case": ("", 'STYLE="TEXT-DECORATION : LINE-THROUGH"'),
    "a style without quotes": ("", f"style={LINE}"),
    "a long name": ("", "style='text-decoration-line:line-through'"),
    "several values": ("", "style='text-decoration: red underline wavy line-through 2px'"),
    "a last word": ("", "style='text-decoration:none;text-decoration:line-through;'"),
    "an important word": ("", "style='text-decoration:line-through !important;text-decoration:none'"),
    "entities": ("", "style='text-decoration&#58;line&#x2d;through'"),
    "escapes": ("", r"style='text-decor\61 tion:l\69ne-through'"),
    "a comment in a style": ("", "style='text-decoration:/* x */line-through'"),
    "a class": (f".x1{{{LINE}}}", "class='big x1'"),
    "a class of an element": ("{tag}.x1{" + LINE + "}", "class=x1"),
    "a class in another case": (f".XL65{{{LINE}}}", "class=xl65"),
    "an id": (f"#k{{color:red;{LINE}}}", 'id="k"'),
    "an element": ("{tag}{" + LINE + "}", ""),
    "comment marks": (f"<!--\n.x1\n\t{{color:red;\n\t{LINE};}}\n-->", "class=x1"),
    "a section of data": (f"/*<![CDATA[*/ .x1{{{LINE}}} /*]]>*/", "class=x1"),
    "several selectors": (f"td.y, .x1 , p.z {{{LINE}}}", "class=x1"),
    "a descendant": ("body .out {tag}{" + LINE + "}", ""),
    "a child": (".out > .x1{" + LINE + "}", "class=x1"),
    "an attribute": (f"[data-gone=yes]{{{LINE}}}", "data-gone=yes"),
    "a choice": (f".out :is(.x1, .x2){{{LINE}}}", "class=x2"),
    "a nested rule": (f".out{{color:red; .x1{{{LINE}}} }}", "class=x1"),
    "a nested rule of itself": (f".x1{{color:red; &.x2{{{LINE}}} }}", "class='x1 x2'"),
    "a screen": (f"@media screen, print{{.x1{{{LINE}}}}}", "class=x1"),
    "a rule that is important": (f".x1{{{LINE}!important}}", "class=x1 style='text-decoration:none'"),
    "a closer rule": (f"#k.x1{{{LINE}}} .x1{{text-decoration:none}}", "class=x1 id=k"),
    "upper case": (".X1{TEXT-DECORATION:LINE-THROUGH}", "CLASS=X1"),
}
NOT_STRIKING: Mapping[str, tuple[str, str]] = {
    "nothing": ("", ""),
    "another line": ("", "style='text-decoration:underline'"),
    "a last word": ("", "style='text-decoration:line-through;text-decoration:none'"),
    "a colour": ("", "style='text-decoration-color:red;--line-through:1'"),
    "a comment": ("", f"style='/* {LINE} */color:red'"),
    "words of another attribute": ("", f"data-style='{LINE}'"),
    "another class": (f".x2{{{LINE}}}", "class=x1"),
    "another id": (f"#l{{{LINE}}}", "id=k"),
    "another element": (f"kbd.x2{{{LINE}}}", "class=x1"),
    "two classes": (f".x1.x2{{{LINE}}}", "class=x1"),
    "another place": (".in .x1{" + LINE + "}", "class=x1"),
    "a printer": (f"@media print{{.x1{{{LINE}}}}}", "class=x1"),
    "a pointer": (f".x1:hover{{{LINE}}}", "class=x1"),
    "a style of its own": (f".x1{{{LINE}}}", "class=x1 style='text-decoration:none'"),
    "a later rule": (f".x1{{{LINE}}} .x1{{text-decoration:none}}", "class=x1"),
    "a rule in a comment": (f"/* .x1{{{LINE}}} */", "class=x1"),
    "a frame of a film": (f"@keyframes a{{to{{{LINE}}}}}", "class=x1"),
}
_TAGS = ("s", "strike", "del")


def _element(tag: str, attributes: str) -> str:
    return f"<{tag} {attributes}>{_HOLDS.get(tag, '{}').format(WORDS)}</{tag}>"


def _page(sheet: str, element: str, tag: str) -> str:
    style = f"<style>{sheet.replace('{tag}', tag.replace(':', chr(92) + ':'))}</style>" if sheet else ""
    return f"{style}<div class=out>before<hr>{_INSIDE.get(tag, '{}').format(element)}</div><hr>No nuts"


def struck() -> dict[str, str]:
    """Pages on which the words, and nothing else, are struck out."""
    pages = {
        f"{tag}: {way}": _page(sheet, _element(tag, attributes), tag)
        for tag in CARRIERS
        for way, (sheet, attributes) in STRIKING.items()
    }
    for tag in CARRIERS:
        for out in _TAGS:
            pages[f"{out} around {tag}"] = _page("", f"<{out}>{_element(tag, '')}</{out}>", tag)
            around = f"<{out}>{_INSIDE.get(tag, '{}').format(_element(tag, ''))}</{out}>".replace(">x<", "><")
            pages[f"{out} around all of {tag}"] = f"before<hr>{around.replace('</summary>x', '</summary>')}<hr>No nuts"
    return {name: page for name, page in pages.items() if not _hits_others(*name.partition(": ")[::2])}


def not_struck() -> dict[str, str]:
    """Pages on which nothing is struck out, though a style seems to say so."""
    pages = {
        f"{tag}: {way}": _page(sheet, _element(tag, attributes), tag)
        for tag in CARRIERS
        for way, (sheet, attributes) in NOT_STRIKING.items()
    }
    for tag in _TAGS:
        pages[f"{tag} without its line"] = _page("", _element(tag, "style='text-decoration:none'"), tag)
        pages[f"{tag} without its line by a rule"] = _page(".x{text-decoration:none}", _element(tag, "class=x"), tag)
    return pages


def _hits_others(tag: str, way: str) -> bool:
    """Whether the rule of a way finds more, or less, than the element: browsers put no part of a table into `.out`."""
    return tag in _INSIDE if way == "a child" else way in ("an element", "a descendant") and tag in ("div", "tr", "td")
