"""Matches the export's clients and questions to those that people made in the workspace, before a trial."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from app.caspen.native import NativeField, native_clients, native_fields
from app.mapping.context import Context
from app.mapping.defined import CHOICES, Defined, FieldOption
from app.mapping.kind import Kind
from app.mapping.names import normalise_name
from app.mapping.parse import parser_of
from app.mapping.plan import IDENTITY, Plan
from app.migration.models import Migration, Trial
from app.reading.parts import read_part
from app.sources import source as source_named
from app.trial.kind_parts import parts_of
from app.worker.runtime import Runtime

Chosen = dict[str, dict[str, str]]


def known_clients(runtime: Runtime, migration: Migration, beat: Callable[[], None]) -> Chosen:
    """Choices for clients who may be clients of the workspace already, by source id: to wait for the clinic.

    A client waits again when the clinic's choice was about another person under the same id, as after another export.
    """
    native = native_clients(runtime.caspen, migration.workspace_id)
    kinds = [kind for kind in source_named(migration.source).kinds if kind.names.identity_texts is not None]
    plan, context = _context(runtime, migration)
    if not kinds or not (native or any(choice.whom == IDENTITY for choice in plan.clients.values())):
        return {}
    choices: Chosen = {}
    same: set[str] = set()  # ids that still name the person of the clinic's choice
    for kind in kinds:
        for row, source_id in _rows(runtime, migration, kind, context, beat):
            match = next((native[k] for k in kind.names.identity_texts(row, plan.country) if k in native), None)  # type: ignore[misc]
            chosen = plan.clients.get(source_id)
            if match is not None and (chosen is None or (chosen.whom == IDENTITY and chosen.id != match)):
                choices[source_id] = {"to": "wait", "id": match}
            elif match is not None:
                same.add(source_id)
    others = {id_ for id_, choice in plan.clients.items() if choice.whom == IDENTITY} - same - choices.keys()
    return choices | {source_id: {"to": "wait", "id": plan.clients[source_id].id or ""} for source_id in others}


def known_fields(
    runtime: Runtime, migration: Migration, fields: Mapping[str, Defined]
) -> tuple[Chosen, dict[str, Defined], dict[str, list[str]]]:
    """Choices for questions that the workspace has, the questions to import, and all native questions.

    A question of another type, or without one of the answers, is imported as a new question besides the native
    question. So is a question that the clinic wants to be new. An earlier match is kept when it still fits.
    """
    by_name = native_fields(runtime.caspen, migration.workspace_id)
    plan, _ = _context(runtime, migration)
    choices: Chosen = {}
    questions = dict(fields)
    by_id = {native.id: native for native in by_name.values()}
    for token, known in fields.items():
        chosen = plan.fields.get(token)
        is_match = chosen is not None and chosen.to == "match"
        native = by_id.get(chosen.id or "") if chosen and is_match else by_name.get(normalise_name(known.name))
        if native is not None and fits(known, native) and (chosen is None or is_match):
            choices[token] = {"to": "match", "id": native.id}
            questions[token] = replace(known, options=tuple(_as_native(o, native) for o in known.options))
            continue
        if is_match:
            choices[token] = {"to": "create"}
        if normalise_name(known.name) in by_name and (chosen is None or chosen.to != "leave_out"):
            questions[token] = replace(known, clashes=True)
    return choices, questions, {name: [native.id, native.type] for name, native in by_name.items()}


def fits(known: Defined, native: NativeField) -> bool:
    """Whether a native question can hold every answer of a question of the export."""
    if known.type != native.type or known.has_text:
        return False
    return known.type not in CHOICES or all(normalise_name(o.label) in native.options for o in known.options)


def _as_native(option: FieldOption, native: NativeField) -> FieldOption:
    """An answer with its id in the workspace. `known_as` holds its id in the export."""
    native_id, label = native.options[normalise_name(option.label)]
    return replace(option, id=native_id, label=label, known_as=(option.id,))


def _context(runtime: Runtime, migration: Migration) -> tuple[Plan, Context]:
    with runtime.ledger.read() as session:
        trial = session.get_one(Trial, (migration.id, migration.trial_number))
        plan, today = Plan.model_validate(trial.plan), trial.started_at.date()
    return plan, Context(ZoneInfo(plan.timezone), plan.country, today)


def _rows(runtime: Runtime, migration: Migration, kind: Kind[Any], context: Context, beat: Callable[[], None]) -> Any:
    for part in parts_of(runtime, migration, kind.name):
        head, rows = read_part(runtime.objects, part.object_key, runtime.key(migration))
        parser = parser_of(kind, head.within(context))
        for row in rows:
            beat()
            parsed = parser.parse(row.cells, head.columns)
            if parsed.row is not None and parsed.source_id is not None:
                yield parsed.row, parsed.source_id
