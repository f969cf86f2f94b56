"""The clinic's own questions, learned from all that an export tells of them: definitions first, then answers.

An answer may bring along what no definition has: a question that nobody described, an option, a date that is none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.mapping.context import Context
from app.mapping.defined import CHOICES, Defined, Option
from app.mapping.flags import spoken
from app.mapping.names import normalise_name
from app.mapping.rows import Json
from app.sources.cliniko.answers import OTHER, Answer, settle

if TYPE_CHECKING:
    from app.sources.cliniko.custom_fields import CustomField

TYPES = {
    "text": "short_text",
    "paragraph": "long_text",
    "date": "date",
    "radiobuttons": "single_choice",
    "checkboxes": "multiple_choice",
}
UNKNOWN_TYPE = "long_text"


def type_of(word: str | None) -> str | None:
    """Caspen's type of a question; None for one that is not known."""
    return TYPES.get(spoken(word or ""))


@dataclass
class _Draft:
    """One question while it is learned."""

    name: str | None = None
    type: str | None = None
    section: str | None = None
    options: dict[str, Option] = field(default_factory=dict)
    has_other: bool = False
    is_open: bool = False  # some row of it is not archived
    has_text: bool = False
    is_described: bool = True  # by more than answers

    def option(self, option: Option) -> None:
        self.options.setdefault(option.id, option)

    def defined(self, name: str | None = None) -> Defined:
        is_choice = self.type in CHOICES
        other = (Option(OTHER.lower(), OTHER),) if self.has_other else ()
        kept = [o for o in self.options.values() if not o.added]
        added = [o for o in self.options.values() if o.added]
        options = (*kept, *other, *added) if is_choice else ()
        return Defined(name or self.name or "", self.type or UNKNOWN_TYPE, options, self.is_open, self.has_text)


class Questions:
    """All of them, by token."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._drafts: dict[str, _Draft] = {}

    def define(self, row: "CustomField") -> None:
        """One row of a definition: a question, or one option of it."""
        if row.deleted_at:
            return
        draft = self._drafts.setdefault(row.field_token, _Draft())
        draft.name = draft.name or row.field_name
        draft.type = draft.type or type_of(row.field_type)
        draft.section = draft.section or row.section_name
        draft.has_other = draft.has_other or bool(row.other_enabled)
        draft.is_open = draft.is_open or not row.archived_at
        if row.option_name or row.option_token:
            label = row.option_name or str(row.option_token)
            known = row.option_token or f"name:{normalise_name(label)}"
            draft.option(Option(known, label, archived=bool(row.archived_at)))

    def note(self, answer: Answer) -> None:
        """What an answer tells of its question."""
        draft = self._draft(answer)
        if draft is None:
            return
        settled = settle(answer, draft.defined(), self._context)
        draft.has_text = draft.has_text or settled.is_misfit
        for option in settled.added:
            draft.option(option)

    def _draft(self, answer: Answer) -> _Draft | None:
        if answer.token is not None:
            if answer.token not in self._drafts and answer.asked is not None:
                self._drafts[answer.token] = _asked(answer.asked)
            return self._drafts.get(answer.token)
        named = [d for d in self._drafts.values() if normalise_name(answer.name or "") in _names(d)]
        return named[0] if len(named) == 1 else None

    def all(self) -> Iterator[tuple[str, Defined]]:
        """Questions of one name bear that of their section before it."""
        names = [normalise_name(draft.name or "") for draft in self._drafts.values()]
        for token, draft in self._drafts.items():
            is_tied = names.count(normalise_name(draft.name or "")) > 1
            name = f"{draft.section}: {draft.name}" if is_tied and draft.section and draft.name else draft.name
            known = draft.defined(name or f"Field {token}")
            if known.has_text and not draft.is_described:  # nobody makes a second field beside it
                known = replace(known, type=UNKNOWN_TYPE, has_text=False)
            yield token, known


def _names(draft: _Draft) -> frozenset[str]:
    names = [draft.name or "", f"{draft.section}: {draft.name}" if draft.section else ""]
    return frozenset(normalise_name(name) for name in names if name)


def _asked(field_: Mapping[str, Json]) -> _Draft:
    """A question that only answers describe."""
    name, type_ = field_.get("name"), field_.get("type")
    named, kind = str(name) if name else None, type_of(str(type_) if type_ else None)
    draft = _Draft(named, kind, is_open=True, is_described=False)
    other = field_.get("other")
    draft.has_other = isinstance(other, dict) and bool(other.get("enabled"))
    for option in field_.get("options") or ():
        if isinstance(option, dict) and (label := option.get("name")):
            draft.option(Option(str(option.get("token") or f"name:{normalise_name(str(label))}"), str(label)))
    return draft


def learned(rows: Iterable[tuple[str, Any]], context: Context) -> dict[str, Defined]:
    """The questions of an export, from its rows of `custom_fields`, `patients` and `custom_field_values`, in this
    order.
    """
    questions = Questions(context)
    for kind, row in rows:
        if kind == "custom_fields":
            questions.define(row)
        else:
            for answer in row.answers:
                questions.note(answer)
    return dict(questions.all())
