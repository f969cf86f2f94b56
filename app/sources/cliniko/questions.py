"""The clinic's own questions, learned from all that an export tells of them: definitions first, then answers.

An answer may bring along what no definition has: a question that nobody described, an option, a date that is none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.mapping.context import Context
from app.mapping.defined import CHOICES, Defined, FieldOption, fitting
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
MOST = 1_000
"""So many questions are learned that only answers name; further ones are fields for long text."""


def type_of(word: str | None) -> str | None:
    """Caspen's type of a question; None for one that is not known."""
    return TYPES.get(spoken(word or ""))


@dataclass
class _Draft:
    """One question while it is learned."""

    name: str | None = None
    type: str | None = None
    section: str | None = None
    options: dict[str, FieldOption] = field(default_factory=dict)
    has_other: bool = False
    is_open: bool = False  # some row of it is not archived
    has_text: bool = False
    is_described: bool = True  # by more than answers
    wanted: str = ""  # the type that the clinic chose
    answers: int = 0
    misfits: dict[str, int] = field(default_factory=dict)

    def option(self, option: FieldOption) -> None:
        self.options.setdefault(option.id, option)

    @property
    def own(self) -> str:
        return self.type or UNKNOWN_TYPE

    @property
    def fits(self) -> tuple[str, ...]:
        return fitting(self.own, tuple(self.options.values()))

    def as_type(self, type_: str) -> Defined:
        """The question as one of that type. One that asks for yes or no knows what the export calls the two."""
        has_options = type_ in CHOICES or (type_ == "yes_no" and self.own in CHOICES)
        other = (FieldOption(OTHER.lower(), OTHER),) if self.has_other and type_ in CHOICES else ()
        kept = [o for o in self.options.values() if not o.added]
        added = [o for o in self.options.values() if o.added]
        return Defined(self.name or "", type_, (*kept, *other, *added) if has_options else (), self.is_open)

    def defined(self) -> Defined:
        chosen = self.wanted in self.fits
        return replace(
            self.as_type(self.wanted if chosen else self.own),
            has_text=self.has_text,
            own=self.own if chosen else "",
            answers=self.answers,
            misfits=dict(self.misfits),
        )


class Questions:
    """All of them, by token, or by name where they have none. `types` are those that the clinic chose."""

    def __init__(self, context: Context, types: Mapping[str, str]) -> None:
        self._context, self._types = context, types
        self._drafts: dict[str, _Draft] = {}
        self._deleted: set[str] = set()
        self._named_only = 0

    def define(self, row: "CustomField") -> None:
        """One row of a definition: a question, or one option of it."""
        if row.deleted_at:
            self._deleted.add(row.field_token)
            return
        draft = self._kept(row.field_token, _Draft())
        draft.name = draft.name or row.field_name
        draft.type = draft.type or type_of(row.field_type)
        draft.section = draft.section or row.section_name
        draft.has_other = draft.has_other or bool(row.other_enabled)
        draft.is_open = draft.is_open or not row.archived_at
        if row.option_name or row.option_token:
            label = row.option_name or str(row.option_token)
            known = row.option_token or f"name:{normalise_name(label)}"
            draft.option(FieldOption(known, label, archived=bool(row.archived_at)))

    def note(self, answer: Answer) -> None:
        """What an answer tells of its question."""
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

    def _kept(self, key: str, draft: _Draft) -> _Draft:
        draft.wanted = self._types.get(key, "")
        return self._drafts.setdefault(key, draft)

    def _draft(self, answer: Answer) -> _Draft | None:
        if answer.token is not None:
            if answer.token not in self._drafts and answer.asked is not None:
                return self._kept(answer.token, _asked(answer.asked))
            return self._drafts.get(answer.token) or self._only_named(answer.token, answer.name)
        called = normalise_name(answer.name or "")
        named = [d for d in self._drafts.values() if called in _names(d)]
        if not named:
            return self._only_named(f"name:{called}", answer.name)
        return named[0] if len(named) == 1 else None

    def _only_named(self, key: str, name: str | None) -> _Draft | None:
        """A question of which nothing is known but what answers call it."""
        if not name or key in self._deleted or self._named_only >= MOST:
            return None
        self._named_only += 1
        return self._kept(key, _Draft(name, is_open=True, is_described=False))

    def all(self) -> Iterator[tuple[str, Defined]]:
        """Questions of one name bear that of their section before it."""
        names = [normalise_name(draft.name or "") for draft in self._drafts.values()]
        for token, draft in self._drafts.items():
            is_tied = names.count(normalise_name(draft.name or "")) > 1
            name = f"{draft.section}: {draft.name}" if is_tied and draft.section and draft.name else draft.name
            known = replace(draft.defined(), name=name or f"Field {token}")
            if known.has_text and known.type == "date" and not draft.is_described:
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
            draft.option(FieldOption(str(option.get("token") or f"name:{normalise_name(str(label))}"), str(label)))
    return draft


def learned(
    rows: Iterable[tuple[str, Any]], context: Context, types: Mapping[str, str] | None = None
) -> dict[str, Defined]:
    """The questions of an export, from its rows of `custom_fields`, `patients` and `custom_field_values`, in this
    order. `types` are those that the clinic chose, by question; one that does not fit the question is not taken.
    """
    questions = Questions(context, types or {})
    for kind, row in rows:
        if kind == "custom_fields":
            questions.define(row)
        else:
            for answer in row.answers:
                questions.note(answer)
    return dict(questions.all())
