"""Writes notes for Caspen: sections as headings, questions as smaller headings, every answer word for word."""

from dataclasses import dataclass
from datetime import date

from app.mapping.html import clean_html, escaped
from app.mapping.note_content import Content, Question, Section, without_answers

NO_ANSWER = "—"
CHOSEN, NOT_CHOSEN = "☑", "☐"
PICKED, NOT_PICKED = "◉", "○"
NO_SIGNATURE = "[Signature not included]"


@dataclass(frozen=True, slots=True)
class Rich:
    """A document of Caspen as HTML. `codes` are the problems of the content and of sanitising."""

    html: str
    codes: tuple[str, ...] = ()


class _Page:
    """Collects the pieces and problem codes of one document."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.codes: dict[str, None] = {}

    def rich(self, text: str) -> str:
        cleaned = clean_html(text)
        if cleaned.lost:
            self.codes["html_sanitised"] = None
        return cleaned.html

    def add(self, piece: str) -> None:
        self.pieces.append(piece)

    def finished(self, content: Content) -> Rich:
        return Rich("".join(self.pieces), tuple(dict.fromkeys((*content.codes, *self.codes))))


def note_html(content: Content) -> Rich:
    """The body of a progress note. All options of a choice are shown, and the chosen options are marked."""
    page = _Page()
    for section in content.sections:
        _head(page, section)
        for question in section.questions:
            page.add(f"<h2>{escaped(question.name)}</h2>" if question.name else "")
            page.add(_answer(page, question) or f"<p>{NO_ANSWER}</p>")
    return page.finished(content)


def template_html(content: Content) -> Rich:
    """The body of a progress note template: the questions, with the starting text of paragraphs."""
    page = _Page()
    asked = without_answers(content)
    for section in asked.sections:
        _head(page, section)
        for question in section.questions:
            page.add(f"<h2>{escaped(question.name)}</h2>" if question.name else "")
            page.add((_options(question) if question.options else _answer(page, question)) or "<p></p>")
    return page.finished(asked)


def _head(page: _Page, section: Section) -> None:
    if section.name:
        page.add(f"<h1>{escaped(section.name)}</h1>")
    if section.description:
        page.add(_paragraph(page.rich(section.description)))


def _paragraph(rich: str) -> str:
    return rich if rich.startswith(("<p>", "<div>", "<ul>", "<ol>", "<blockquote>", "<h")) else f"<div>{rich}</div>"


def _answer(page: _Page, question: Question) -> str:
    if question.options or question.type in ("radiobuttons", "checkboxes"):
        extra = f"<p>{escaped(question.answer)}</p>" if question.answer else ""
        return _choices(question) + extra
    if question.type == "bodycharts":
        return f"<p>[Body chart not imported: {question.number}]</p>" if question.number else ""
    if question.type == "signature":
        return f"<p>{NO_SIGNATURE}</p>"
    if not question.answer.strip():
        return ""
    if question.type == "paragraph":
        return _paragraph(page.rich(question.answer))
    words = readable_day(question.answer) if question.type == "date" else question.answer
    return f"<p>{escaped(words)}</p>"


def _choices(question: Question) -> str:
    """A list of all options. A question without a chosen option shows NO_ANSWER."""
    unanswered = "" if question.chosen or question.answer else f"<p>{NO_ANSWER}</p>"
    return _options(question) + unanswered


def _options(question: Question) -> str:
    on, off = (PICKED, NOT_PICKED) if question.type == "radiobuttons" else (CHOSEN, NOT_CHOSEN)
    items = "".join(f"<li>{on if option.chosen else off} {escaped(option.words)}</li>" for option in question.options)
    return f"<ul>{items}</ul>" if items else ""


def readable_day(text: str) -> str:
    """An ISO date as `20 Nov 2026`; other text unchanged."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%b} {day.year}"
