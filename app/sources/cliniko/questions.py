"""The clinic's own questions, collected from an export: first from their definitions, then from patients' answers.

Answers may reveal what no definition has: a further question, a further option, or text in a field for dates.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.json_values import JsonValue
from app.mapping.context import Context
from app.mapping.defined import CHOICES, Defined, FieldOption, fitting
from app.mapping.flags import spoken
from app.mapping.names import normalise_name
from app.sources.cliniko.custom_field_row import CustomFieldRow
from app.sources.cliniko.question_answers import OTHER, QuestionAnswer, as_word, name_of, settle

TYPES = {
    "text": "short_text",
    "paragraph": "long_text",
    "date": "date",
    "radiobuttons": "single_choice",
    "checkboxes": "multiple_choice",
}
UNKNOWN_TYPE = "long_text"
MOST = 1_000
"""At most so many questions are kept that only answers name; further ones become fields for long text."""


def type_of(word: str | None) -> str | None:
    """Caspen's type for a type of Cliniko's API, such as `radiobuttons`; None for an unknown type."""
    return TYPES.get(spoken(word or ""))


@dataclass
class _QuestionDraft:
    """One question while the export is read."""

    name: str | None = None
    type: str | None = None
    section: str | None = None
    options: dict[str, FieldOption] = field(default_factory=dict)
    has_other: bool = False
    is_open: bool = False  # at least one of its rows is not archived
    has_text: bool = False
    wanted: str = ""  # the type that the clinic chose
    is_defined: bool = False  # the export has a row of its definition
    there: Defined | None = None  # the question as the workspace has it, if an earlier import brought it
    answers: int = 0
    misfits: dict[str, int] = field(default_factory=dict)

    def option(self, option: FieldOption) -> None:
        """Add an option; a second option with the same id is ignored."""
        self.options.setdefault(option.id, option)

    @property
    def own(self) -> str:
        """Caspen's type of the question: in the workspace, else in the export."""
        return self.there.type if self.there else self.type or UNKNOWN_TYPE

    @property
    def fits(self) -> tuple[str, ...]:
        """The types that the clinic may choose for the question."""
        return () if self.there else fitting(self.own, tuple(self.options.values()))

    def as_type(self, type_: str) -> Defined:
        """The question with another type. A yes/no question keeps its options, the export's words for yes and no."""
        has_options = type_ in CHOICES or (type_ == "yes_no" and (self.type or self.own) in CHOICES)
        other = (FieldOption(OTHER.lower(), OTHER),) if self.has_other and type_ in CHOICES else ()
        kept = [o for o in self.options.values() if not o.added]
        added = [o for o in self.options.values() if o.added]
        options = self._with_those_there((*kept, *other, *added)) if has_options else ()
        return Defined(self.name or "", type_, options, self._is_visible(), brought=self.there is not None)

    def _lacking(self) -> tuple[FieldOption, ...]:
        """The options that the workspace has and the export lacks."""
        return tuple(o for o in self.there.options if o.id not in self.options) if self.there else ()

    def _with_those_there(self, options: tuple[FieldOption, ...]) -> tuple[FieldOption, ...]:
        """The options with those that only the workspace has, which keep their places."""
        own = {option.id: option for option in options}
        if self.there is None or own.keys() >= {option.id for option in self.there.options}:
            return options
        stay = {option.id: own.get(option.id, option) for option in self.there.options}
        return (*stay.values(), *(option for option in options if option.id not in stay))

    def _is_visible(self) -> bool:
        if self.there is None:
            return self.is_open
        if not self.is_defined:
            return self.there.visible
        return self.is_open or (self.there.visible and any(not option.archived for option in self._lacking()))

    @property
    def full_name(self) -> str:
        """The name with its section before it; the name alone where one part is missing."""
        return f"{self.section}: {self.name}" if self.section and self.name else self.name or ""

    def shown_name(self, *, is_tied: bool) -> str:
        """The name in Caspen. A name that the workspace has already stays; `is_tied`: another question has the name."""
        if self.there is not None and (not self.is_defined or self.there.name in (self.name, self.full_name)):
            return self.there.name
        return self.full_name if is_tied else self.name or ""

    def defined(self) -> Defined:
        """The question with the type that the clinic chose, where that type fits, else with its own type."""
        chosen = self.wanted in self.fits
        return replace(
            self.as_type(self.wanted if chosen else self.own),
            has_text=self.has_text,
            own=self.own if chosen else "",
            answers=self.answers,
            misfits=dict(self.misfits),
        )


class QuestionCollector:
    """The questions of one export, by token, or by name where a question has no token.

    `types` are the types that the clinic chose, by the same keys. `brought` are the questions that earlier imports
    brought, as the workspace has them.
    """

    def __init__(self, context: Context, types: Mapping[str, str], brought: Mapping[str, Defined]) -> None:
        self._context, self._types, self._brought = context, types, brought
        self._drafts: dict[str, _QuestionDraft] = {}
        self._deleted: set[str] = set()
        self._named_only = 0

    def define(self, row: CustomFieldRow) -> None:
        """Add one row of a definition: a question, or one option of a question. A second equal row changes nothing."""
        if row.deleted_at:
            self._deleted.add(row.field_token)
            return
        draft = self._kept(row.field_token, _QuestionDraft())
        draft.is_defined = True
        draft.name = draft.name or row.field_name
        draft.type = draft.type or type_of(row.field_type)
        draft.section = draft.section or row.section_name
        draft.has_other = draft.has_other or bool(row.other_enabled)
        draft.is_open = draft.is_open or not row.archived_at
        if row.option_name or row.option_token:
            label = row.option_name or str(row.option_token)
            known = row.option_token or f"name:{normalise_name(label)}"
            draft.option(FieldOption(known, label, archived=bool(row.archived_at)))

    def count(self, answer: QuestionAnswer) -> None:
        """Add one answer: further options, text that does not fit, and the number of answers of the question."""
        draft = self._draft(answer)
        if draft is None:
            return
        draft.answers += 1
        fits = draft.fits
        chosen = draft.wanted if draft.wanted in fits else draft.own
        settled = settle(answer, draft.as_type(chosen), self._context)
        draft.has_text = draft.has_text or settled.is_misfit
        for type_ in fits:
            would = settled if type_ == chosen else settle(answer, draft.as_type(type_), self._context)
            if would.is_misfit:
                draft.misfits[type_] = draft.misfits.get(type_, 0) + 1
        for option in settled.added:
            draft.option(option)

    def _kept(self, key: str, draft: _QuestionDraft) -> _QuestionDraft:
        draft.wanted = self._types.get(key, "")
        draft.there = self._brought.get(key)
        return self._drafts.setdefault(key, draft)

    def _draft(self, answer: QuestionAnswer) -> _QuestionDraft | None:
        if answer.token is not None:
            if answer.token not in self._drafts and answer.asked is not None:
                return self._kept(answer.token, _nested_question(answer.asked))
            if answer.token in self._brought and answer.token not in self._deleted:
                return self._drafts.get(answer.token) or self._kept(answer.token, _QuestionDraft(answer.name))
            return self._drafts.get(answer.token) or self._only_named(answer.token, answer.name)
        called = normalise_name(answer.name or "")
        named = [d for d in self._drafts.values() if called in _names(d)]
        if not named:
            there = [key for key, field in self._brought.items() if normalise_name(field.name) == called]
            if len(there) == 1 and there[0] not in self._deleted:
                return self._kept(there[0], _QuestionDraft(answer.name))
            return self._only_named(f"name:{called}", answer.name)
        return named[0] if len(named) == 1 else None

    def _only_named(self, key: str, name: str | None) -> _QuestionDraft | None:
        """A question of which only the name is known, from answers; None beyond MOST questions."""
        if not name or key in self._deleted or self._named_only >= MOST:
            return None
        self._named_only += 1
        return self._kept(key, _QuestionDraft(name, is_open=True))

    def all(self) -> Iterator[tuple[str, Defined]]:
        """Every question by its key. Questions with equal names get their section's name as a prefix."""
        names = [normalise_name(draft.name or "") for draft in self._drafts.values()]
        for token, draft in self._drafts.items():
            is_tied = names.count(normalise_name(draft.name or "")) > 1
            yield token, replace(draft.defined(), name=draft.shown_name(is_tied=is_tied) or f"Field {token}")


def _names(draft: _QuestionDraft) -> frozenset[str]:
    names = [draft.name or "", f"{draft.section}: {draft.name}" if draft.section else ""]
    return frozenset(normalise_name(name) for name in names if name)


def _nested_question(field_: Mapping[str, JsonValue]) -> _QuestionDraft:
    """A question that is nested with an answer, as Cliniko's API writes `custom_fields` of a patient."""
    draft = _QuestionDraft(name_of(field_), type_of(as_word(field_.get("type"))), is_open=True)
    other = field_.get("other")
    draft.has_other = isinstance(other, dict) and bool(other.get("enabled"))
    options = field_.get("options")
    for option in options if isinstance(options, list) else ():
        if isinstance(option, dict) and (label := as_word(option.get("name"))):
            draft.option(FieldOption(as_word(option.get("token")) or f"name:{normalise_name(label)}", label))
    return draft


def questions_of(
    rows: Iterable[tuple[str, Any]],
    context: Context,
    types: Mapping[str, str] | None = None,
    brought: Mapping[str, Defined] | None = None,
) -> dict[str, Defined]:
    """The questions of an export, by token, or by `name:NAME` where a question has no token.

    `rows` are pairs of kind and row: first `custom_fields`, then `patients`, then `custom_field_values`. `types` are
    the types that the clinic chose, by question; a type that does not fit the question is ignored. `brought` are the
    questions that earlier imports brought, as the workspace has them.
    """
    questions = QuestionCollector(context, types or {}, brought or {})
    for kind, row in rows:
        if kind == "custom_fields":
            questions.define(row)
        else:
            for answer in row.answers:
                questions.count(answer)
    return dict(questions.all())
