"""Finds links in pasted text: a sentence, an e-mail, a chat message or a bare link, with or without a scheme.

Words around the link, brackets, quotes, a missing scheme, `&amp;` and wrapped lines are accepted. This module does not
validate a link: `normalise` validates the text that this module returns.
"""

import re

ZERO_WIDTH = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF])
LONGEST_PASTE = 64 * 1024
BREAKS = re.compile(r" *(?:\r\n|\r|\n)[ >]*")
SCHEME = re.compile(r"(?<![\w.+=/&?%-])https?:", re.IGNORECASE)
END = re.compile(r"[ \u00a0\u3000\n<>\"“”„«»`{}|]")
BARE = re.compile(r"(?<![\w./:@%\\?#=&+-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}/[^\s<>\"]+", re.IGNORECASE)
OTHER_SCHEME = re.compile(r"(?<![\w.+-])(?:[a-z][a-z0-9+.-]*://|(?:jar|data|javascript|file|blob|view-source):)", re.I)
HEADER = re.compile(r"\n(?:host|cookie|set-cookie|authorization|location|referer|x-[\w-]+|content-[\w-]+)[ ]*:", re.I)
PLAIN_WORD = re.compile(r"[^\W\d_]+[.,;:!?]*")
LINK_TEXT = re.compile(r"[!-;=?-~]+")
UNFINISHED = ("/", "?", "=", "&", "%", "-", "_", ".")
SPACED_NAME = re.compile(r"[^\n<>\"]*?\.(?:zip|csv|json|xlsx?)(?=[?\s]|$)(?:\?[^\s<>\"]*)?", re.IGNORECASE)
CLOSING = {")": "(", "]": "[", "'": "'", "’": "‘"}


def links_in(pasted: str) -> list[str]:
    """The distinct links of a pasted text, in order. Never raises.

    A text without a link returns the whole text, trim, so that the caller can name the fault.
    """
    text = join_lines(pasted[:LONGEST_PASTE].translate(ZERO_WIDTH).strip())
    if OTHER_SCHEME.match(text) and not SCHEME.match(text):
        return [text]  # an address with another scheme is checked as a whole
    if HEADER.search(text):
        return [text]  # a request header behind a link is an attack
    starts = [match.start() for match in SCHEME.finditer(text)]
    if starts:
        links = [_read_link(text, start, end) for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    else:
        links = [f"https://{trim(match[0])}" for match in BARE.finditer(text)]
    return list(dict.fromkeys(links)) or [trim(text)]


def has_link(text: str) -> bool:
    """Whether a text contains a web link, with or without a scheme."""
    tidy = text.translate(ZERO_WIDTH)
    return SCHEME.search(tidy) is not None or BARE.search(tidy) is not None


def has_scheme(text: str) -> bool:
    """Whether a text contains `https:` or `http:` at the beginning of a word."""
    return SCHEME.search(text.translate(ZERO_WIDTH)) is not None


def has_other_scheme(text: str) -> bool:
    """Whether a text begins with an address of another scheme, such as `ftp://` or `file:`."""
    return OTHER_SCHEME.match(text.translate(ZERO_WIDTH).strip()) is not None


def join_lines(text: str) -> str:
    """Joins the lines of a wrapped link. Other line breaks become `\\n`.

    A line continues the link of the line before where the line is a single word of link characters and not a plain
    word, or where a link cannot end at the end of its line.
    """
    lines = BREAKS.split(text)
    whole = lines[0]
    for line in lines[1:]:
        start = max((match.start() for match in SCHEME.finditer(whole)), default=-1)
        link = whole[start:] if start >= 0 else ""
        goes_on = link and not END.search(link) and LINK_TEXT.match(line) and not SCHEME.match(line)
        first = line.split(" ", 1)[0]
        alone = first == line
        continues = alone and not PLAIN_WORD.fullmatch(first) and ":" not in first
        whole += first + line[len(first) :] if goes_on and (continues or _is_unfinished(link, first)) else "\n" + line
    return whole


def _is_unfinished(link: str, following: str) -> bool:
    return link.endswith(UNFINISHED) and LINK_TEXT.fullmatch(following) is not None and ":" not in following


def _read_link(text: str, start: int, limit: int) -> str:
    """The link that begins at `start`. A file name with spaces at the end of the link belongs to the link."""
    end = END.search(text, start, limit)
    if end is None:
        return trim(text[start:limit])
    link = text[start : end.start()]
    rest = text[end.start() : limit]
    if end[0] == " " and (name := SPACED_NAME.match(rest)) is not None and "/" in link[len("https://") :]:
        return trim(link + name[0])
    if end[0] == " " and "/" not in link[len("https://") :] and re.match(r" [^\s/]+/", rest):
        return text[start:limit]  # a space inside the host: the whole link is malformed
    return trim(link)


def trim(text: str) -> str:
    """A link without surrounding punctuation. A closing bracket is kept where the link contains the opening bracket."""
    text = text.strip(" \u00a0\u3000\n").lstrip("<\"'“”„«‘`([")
    while text:
        last = text[-1]
        if last in '.,;:!?…>"“”»`' or (last in CLOSING and text.count(last) > _openings(text, last)):
            text = text[:-1].rstrip()
        else:
            break
    return text.replace("&amp;", "&").replace("&#38;", "&")


def _openings(text: str, closing: str) -> int:
    opening = CLOSING[closing]
    return 0 if opening == closing else text.count(opening)
