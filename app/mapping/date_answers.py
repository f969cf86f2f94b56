"""Reads the answers to questions of type `date` in notes and forms, as columns of dates are read."""

import re
from dataclasses import replace
from datetime import date

from app.mapping.context import Context
from app.mapping.moments import day
from app.mapping.note_content import Content, Question

_INSTANT = "date_from_instant"
_MIDNIGHT = re.compile(r"[Tt ,]0?0:00(?::00(?:[.,]0+)?)?$")


def with_dates(content: Content, context: Context) -> Content:
    """The content with every readable answer to a date question as an ISO date. A second call changes nothing.

    An instant is the date in the clinic's time zone. Text that is no date is kept as text with the code `bad_date`, and
    a date with a time of day in local time is kept as text.
    """
    if not any(question.type == "date" for section in content.sections for question in section.questions):
        return content
    codes: dict[str, None] = {}
    sections = tuple(
        replace(section, questions=tuple(_dated(question, context, codes) for question in section.questions))
        for section in content.sections
    )
    return replace(content, sections=sections, codes=tuple(dict.fromkeys((*content.codes, *codes))))


def _dated(question: Question, context: Context, codes: dict[str, None]) -> Question:
    if question.type != "date" or _is_plain(question.answer) or not (answer := question.answer.strip()):
        return question
    reported: list[str] = []
    answered = day(answer, context, reported.append)
    if answered is not None and ":" in answer and _INSTANT not in reported and not _MIDNIGHT.search(answer):
        return question
    codes.update(dict.fromkeys(reported))
    return question if answered is None else replace(question, answer=answered.isoformat())


def _is_plain(answer: str) -> bool:
    """Whether an answer is a date as the source writes it, `2026-11-20`."""
    try:
        return len(answer) == 10 and answer == date.fromisoformat(answer).isoformat()
    except ValueError:
        return False
