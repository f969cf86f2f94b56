"""The texts of a note or form that must be found in the trial, read apart from the mapping."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

_TOLD_OTHERWISE = frozenset({"date", "signature", "bodycharts"})  # written out in words, drawn, or said not to come
_CHOICES = frozenset({"radiobuttons", "checkboxes"})
_ANSWERS = frozenset({"answer", "value", "response", "checked", "selected"})  # templates ask, and keep none of these
_BY_PROGRAMS = re.compile(
    r"(?:.*_)?(?:ids?|at)|.*[a-z](?:Ids?|At)|[Ii][Dd]s?|[Tt]ype|links?|self|(?i:index|order|position|version"
    r"|archived|deleted|draft|enabled|final|pinned|required|selected)"
)  # members that say how a program keeps something


class Said(NamedTuple):
    """A text that must be found. `is_unexpected`: it stands where the format has no text."""

    text: str
    is_unexpected: bool = False


def form_texts(cell: str, *, is_template: bool) -> list[Said] | None:
    """The texts of a form; None for what is no form, or is nested endlessly."""
    form = _form(cell)
    return (
        None
        if form is None
        else [*_of_sections(form["sections"], is_template=is_template), *_unexpected(form, ("sections",))]
    )


def is_form(cell: str) -> bool:
    """Whether a cell is a form whose sections and questions are all objects."""
    form = _form(cell)
    if form is None or not all(isinstance(section, dict) for section in form["sections"]):
        return False
    lists = [section.get("questions") or [] for section in form["sections"]]
    return all(isinstance(each, list) and all(isinstance(question, dict) for question in each) for each in lists)


def _form(cell: str) -> dict[str, Any] | None:
    try:
        form = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return form if isinstance(form, dict) and isinstance(form.get("sections"), list) else None


def _of_sections(sections: Iterable[Any], *, is_template: bool) -> Iterator[Said]:
    for section in sections:
        if not isinstance(section, dict):
            yield from _all_in(section)
            continue
        yield from _plain(section, "name", "description")
        questions = section.get("questions")
        known = ("name", "description", "questions") if isinstance(questions, list) else ("name", "description")
        yield from _unexpected(section, known)
        for question in questions if isinstance(questions, list) else ():
            if isinstance(question, dict):
                yield from _of_question(question, is_template=is_template)
            else:
                yield from _all_in(question)


def _of_question(question: Mapping[str, Any], *, is_template: bool) -> Iterator[Said]:
    kind = question.get("type")
    is_kept = not is_template or kind == "paragraph"
    yield from _plain(question, "name", *(("answer",) if is_kept and kind not in _TOLD_OTHERWISE else ()))
    known = {"name", "type", "answer"} | (frozenset() if is_kept else _ANSWERS)
    if kind in _CHOICES:
        options, other = question.get("answers"), question.get("other")
        for option in options if isinstance(options, list) else ():
            if isinstance(option, dict):
                yield from _plain(option, "value")
                yield from _unexpected(option, ("value", "selected"))
            elif isinstance(option, str):
                yield Said(option)
        known |= {"answers"} if isinstance(options, list) else set()
        if isinstance(other, dict):
            yield from _plain(other, *(() if is_template else ("value",)))
            yield from _unexpected(other, ("value", "selected", "enabled"))
            known |= {"other"}
    yield from _unexpected(question, known)


def _plain(members: Mapping[str, Any], *names: str) -> Iterator[Said]:
    """The texts of members that the format has."""
    for name in names:
        value = members.get(name)
        if isinstance(value, str):
            yield Said(value)
        elif name == "answer":
            yield from _all_in(value)


def _unexpected(members: Mapping[str, Any], known: Iterable[str]) -> Iterator[Said]:
    """The texts of members that the format does not have."""
    further = members.keys() - set(known)
    for name in (name for name in members if name in further and not _BY_PROGRAMS.fullmatch(name)):
        yield from _all_in(members[name])


def _all_in(value: Any) -> Iterator[Said]:
    """Every text, number, yes and no in a value."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, list):
            left += each
        elif isinstance(each, dict):
            left += [item for name, item in each.items() if not _BY_PROGRAMS.fullmatch(name)]
        elif each is not None and not (isinstance(each, str) and each.startswith("data:")):
            yield Said(str(each), is_unexpected=True)
