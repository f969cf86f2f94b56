"""Markup that costs parsers time with the square of its length, rewritten in linear time before a parser gets it.

Python's HTMLParser looks for the end of each construct up to the end of the text: a million `<` that nothing closes
take minutes. The sanitiser compares each attribute of a tag with all others.
"""

import re

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
