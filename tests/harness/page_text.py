"""The visible text of a page, and its forms."""

import re
from html import unescape

from httpx import Response


def done(answer: Response) -> Response:
    """Asserts that a form was accepted. The next page has to be loaded with GET."""
    assert answer.status_code == 303, f"{answer.status_code}: {words(answer)[:400]}"
    return answer


def words(answer: Response) -> str:
    """The visible text of a page: no tags, one space between words, without hints about tables wider than a page."""
    shown = re.sub(r"<(script|style|svg|template)\b.*?</\1>", " ", answer.text, flags=re.S)
    shown = re.sub(r'<p class="across-hint">.*?</p>', " ", shown, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def headline(answer: Response) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", found.group(1))).split()) if found else ""


def typed(answer: Response, name: str) -> str:
    """The value of an input."""
    tag = re.search(rf'<input[^>]*\bname="{name}"[^>]*>', answer.text)
    if tag is None:
        area = re.search(rf'<textarea[^>]*\bname="{name}"[^>]*>(.*?)</textarea>', answer.text, re.S)
        return unescape(area.group(1)).strip() if area else ""
    value = re.search(r'\bvalue="([^"]*)"', tag.group(0))
    return unescape(value.group(1)) if value else ""


def absent(answer: Response) -> list[str]:
    """The kinds that a page asks to be acknowledged."""
    return re.findall(r'name="absent" value="(\w+)"', answer.text)


def doubts(answer: Response) -> list[str]:
    """The completeness warnings that a page asks to tick before an approval."""
    return re.findall(r'name="accept" value="([\w:]+)"', answer.text)


def digest_of(answer: Response) -> str:
    return typed(answer, "digest")
