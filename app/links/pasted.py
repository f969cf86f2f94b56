"""Links inside pasted text: a sentence, a mail, a chat message or a bare link, with or without its scheme.

Pasting forgives: words around the link, brackets and quotes, a missing scheme, `&amp;` and a line that a mail program
wrapped. Nothing here judges a link: `normalise` does, with the text that this module returns.
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
    """The different links of a pasted text, in their order, as they are there, without what surrounds them.

    A text without any link gives the whole text, tidied, so that its fault can be named. Raises nothing.
    """
    text = joined(pasted[:LONGEST_PASTE].translate(ZERO_WIDTH).strip())
    if OTHER_SCHEME.match(text) and not SCHEME.match(text):
        return [text]  # an address of another kind is judged whole: what it hides is not taken out of it
    if HEADER.search(text):
        return [text]  # a line of a request behind a link is an attack, not a sentence
    starts = [match.start() for match in SCHEME.finditer(text)]
    if starts:
        found = [_cut(text, start, end) for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    else:
        found = [trimmed(match[0]) for match in BARE.finditer(text)]
        found = [f"https://{each}" for each in found]
    return list(dict.fromkeys(found)) or [trimmed(text)]


def has_link(text: str) -> bool:
    """Whether a text holds a web link, with a scheme or without."""
    tidy = text.translate(ZERO_WIDTH)
    return SCHEME.search(tidy) is not None or BARE.search(tidy) is not None


def has_scheme(text: str) -> bool:
    """Whether a text holds `https:` or `http:` at the beginning of a word."""
    return SCHEME.search(text.translate(ZERO_WIDTH)) is not None


def has_other_scheme(text: str) -> bool:
    """Whether a text begins with an address that is none of the web, such as `ftp://` or `file:`."""
    return OTHER_SCHEME.match(text.translate(ZERO_WIDTH).strip()) is not None


def joined(text: str) -> str:
    """The text with the lines of a wrapped link put together again. Other line breaks stay, as `\\n`.

    A line continues the link of the line before when it is one word of link characters that is no plain word, or when
    the link cannot end where its line ends.
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
        whole += first + line[len(first) :] if goes_on and (continues or _unfinished(link, first)) else "\n" + line
    return whole


def _unfinished(link: str, following: str) -> bool:
    return link.endswith(UNFINISHED) and LINK_TEXT.fullmatch(following) is not None and ":" not in following


def _cut(text: str, start: int, limit: int) -> str:
    """One link from `start`, up to what ends it. A file's name with spaces at the end of a link belongs to it."""
    end = END.search(text, start, limit)
    if end is None:
        return trimmed(text[start:limit])
    link = text[start : end.start()]
    rest = text[end.start() : limit]
    if end[0] == " " and (name := SPACED_NAME.match(rest)) is not None and "/" in link[len("https://") :]:
        return trimmed(link + name[0])
    if end[0] == " " and "/" not in link[len("https://") :] and re.match(r" [^\s/]+/", rest):
        return text[start:limit]  # a space inside the host: the link is broken, and no part of it is a link
    return trimmed(link)


def trimmed(text: str) -> str:
    """A link without the punctuation of the sentence around it. A closing bracket stays where the link opens it."""
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
