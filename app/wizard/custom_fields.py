"""The clinic's own questions of its clients: what kind of field each becomes in Caspen, while that can be chosen."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import get_args

from app.caspen.native import NativeField, brought_types, native_fields
from app.mapping.defined import Defined, fitting
from app.mapping.names import normalise_name
from app.mapping.plan import Choice, ChosenType, Plan
from app.matching.workspace_records import fits
from app.records.kinds.custom_fields import TYPES
from app.web.form_fingerprint import Field
from app.web.page_context import Visit
from app.wizard.migration_overview import Standing

TAB = "custom_fields"
MATCH = "match:"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. `type` is what the export tells, `choices` are values and words of what it may become.

    `misfits` says of types, in words, how many answers would stay as text. `native` is the workspace's field of this
    name. `fixed`: an earlier move has brought it, so that nothing can be chosen any more.
    """

    field: str
    id: str
    name: str
    type: str
    archived: bool
    answers: int
    chosen: str
    choices: tuple[tuple[str, str], ...]
    misfits: tuple[tuple[str, int], ...] = ()
    native: str | None = None
    fixed: bool = False

    @property
    def becomes(self) -> str:
        return dict(self.choices)[self.chosen]


def asked(visit: Visit, here: Standing) -> list[Asked]:
    """All questions of the export, in its order."""
    every = here.inventory.questions if here.inventory else {}
    if not every:
        return []
    stores, workspace = visit.runtime.caspen, visit.move.workspace_id
    there = brought_types(stores, workspace, visit.move.source)
    made, plan = native_fields(stores, workspace), here.suggestions.old
    return [
        _brought(f"c:{token}", token, known, there[token])
        if token in there
        else _line(f"c:{token}", token, known, plan, made.get(normalise_name(known.name)))
        for token, known in every.items()
    ]


def fields(questions: Iterable[Asked]) -> dict[str, Field]:
    """The page's inputs: questions of which something can be chosen."""
    some = [one for one in questions if len(one.choices) > 1]
    return {one.field: Field(f"{one.name} becomes", one.chosen, dict(one.choices)) for one in some}


def decided(visit: Visit, here: Standing, plan: Plan, form: Mapping[str, str]) -> Plan:
    """The plan after a form. What is not among a question's choices, or is its choice already, changes nothing."""
    types, matched = dict(plan.field_types), dict(plan.fields)
    for one in asked(visit, here):
        value = str(form.get(one.field, one.chosen))
        if one.fixed or value == one.chosen or value not in dict(one.choices):
            continue
        types.pop(one.id, None)
        matched.pop(one.id, None)
        type_ = value.removeprefix(MATCH)
        if type_ in get_args(ChosenType) and type_ != one.type:
            types[one.id] = type_  # type: ignore[assignment]  # one of them
        if value.startswith(MATCH):
            matched[one.id] = Choice(to="match", id=one.native)
        elif one.native is not None:
            matched[one.id] = Choice(to="create")
    return plan.model_copy(update={"field_types": types, "fields": matched})


def _brought(field: str, token: str, known: Defined, type_: str) -> Asked:
    words = ((type_, f"{TYPES.get(type_, type_)}, as it came before"),)
    return Asked(field, token, known.name, type_, not known.visible, known.answers, type_, words, fixed=True)


def _line(field: str, token: str, known: Defined, plan: Plan, native: NativeField | None) -> Asked:
    own = known.own or known.type
    types = (own, *fitting(own, known.options))
    choices = dict(_choices(known, types, native))
    chosen = _chosen(plan, token, own, choices)
    return Asked(
        field,
        token,
        known.name,
        own,
        not known.visible,
        known.answers,
        chosen,
        tuple(choices.items()),
        tuple(
            (TYPES[type_], n)
            for type_, n in known.misfits.items()
            if type_ in types and (n < known.answers or type_ == chosen)
        ),
        native.id if native else None,
    )


def _choices(known: Defined, types: tuple[str, ...], native: NativeField | None) -> Iterator[tuple[str, str]]:
    for type_ in types:
        unfit = bool(known.misfits.get(type_)) or known.has_text
        can_hold = native is not None and fits(replace(known, type=type_, has_text=unfit), native)
        if can_hold:
            yield f"{MATCH}{type_}", f"{TYPES[type_]}: the field that Caspen has"
        yield type_, f"{TYPES[type_]}: a new field beside it" if can_hold else TYPES[type_]


def _chosen(plan: Plan, token: str, own: str, choices: Mapping[str, str]) -> str:
    type_ = plan.field_types.get(token, own)
    said = plan.fields.get(token)
    if f"{MATCH}{type_}" in choices and (said is None or said.to == "match"):
        return f"{MATCH}{type_}"
    return type_ if type_ in choices else own
