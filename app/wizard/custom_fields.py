"""The clinic's own questions about clients: the field type that each gets in Caspen, and the choices."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import get_args

from app.caspen.native import NativeField, brought_types, native_fields
from app.mapping.defined import Defined, fitting
from app.mapping.names import normalise_name
from app.mapping.plan import Choice, ChosenType, Plan
from app.matching.workspace_records import fits
from app.records.kinds.custom_fields import TYPES
from app.web.form_fingerprint import FormField
from app.web.page_context import Visit
from app.wizard.migration_overview import MigrationOverview

TAB = "custom_fields"
MATCH = "match:"


@dataclass(frozen=True, slots=True)
class CustomQuestion:
    """A question. `type` is the export's type, `choices` are values and labels of possible types.

    `misfits` holds, by type label, how many answers would become text. `native` is the id of the workspace's field
    with this name. `fixed`: an earlier move brought the field, so there is no choice.
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


def asked(visit: Visit, overview: MigrationOverview) -> list[CustomQuestion]:
    """All questions of the export, in its order."""
    every = overview.inventory.questions if overview.inventory else {}
    if not every:
        return []
    stores, workspace = visit.runtime.caspen, visit.move.workspace_id
    there = brought_types(stores, workspace, visit.move.source)
    made, plan = native_fields(stores, workspace), overview.suggestions.old
    return [
        _brought(f"c:{token}", token, known, there[token])
        if token in there
        else _line(f"c:{token}", token, known, plan, made.get(normalise_name(known.name)))
        for token, known in every.items()
    ]


def fields(questions: Iterable[CustomQuestion]) -> dict[str, FormField]:
    """The page's inputs: questions with at least two choices."""
    open_questions = [question for question in questions if len(question.choices) > 1]
    return {
        question.field: FormField(f"{question.name} becomes", question.chosen, dict(question.choices))
        for question in open_questions
    }


def decided(visit: Visit, overview: MigrationOverview, plan: Plan, form: Mapping[str, str]) -> Plan:
    """The plan after a form. Unknown and unchanged values change nothing."""
    types, matched = dict(plan.field_types), dict(plan.fields)
    for question in asked(visit, overview):
        value = str(form.get(question.field, question.chosen))
        if question.fixed or value == question.chosen or value not in dict(question.choices):
            continue
        types.pop(question.id, None)
        matched.pop(question.id, None)
        type_ = value.removeprefix(MATCH)
        if type_ in get_args(ChosenType) and type_ != question.type:
            types[question.id] = type_  # type: ignore[assignment]  # checked above
        if value.startswith(MATCH):
            matched[question.id] = Choice(to="match", id=question.native)
        elif question.native is not None:
            matched[question.id] = Choice(to="create")
    return plan.model_copy(update={"field_types": types, "fields": matched})


def _brought(field: str, token: str, known: Defined, type_: str) -> CustomQuestion:
    words = ((type_, f"{TYPES.get(type_, type_)}, as it came before"),)
    return CustomQuestion(field, token, known.name, type_, not known.visible, known.answers, type_, words, fixed=True)


def _line(field: str, token: str, known: Defined, plan: Plan, native: NativeField | None) -> CustomQuestion:
    own = known.own or known.type
    types = (own, *fitting(own, known.options))
    choices = dict(_choices(known, types, native))
    chosen = _chosen(plan, token, own, choices)
    return CustomQuestion(
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
    choice = plan.fields.get(token)
    if f"{MATCH}{type_}" in choices and (choice is None or choice.to == "match"):
        return f"{MATCH}{type_}"
    return type_ if type_ in choices else own
