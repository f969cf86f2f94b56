"""Before a trial: which of the export's clients and questions the workspace has already, made by people themselves."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from app.caspen.native import NativeField, native_clients, native_fields
from app.mapping.context import Context
from app.mapping.defined import CHOICES, Defined, Option
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
    """By id in the source, the choice for each client who may be one of the workspace's own: to wait for the clinic.

    A client waits again when the clinic has chosen about another person under the same id, as after another export.
    """
    there = native_clients(runtime.caspen, migration.workspace_id)
    kinds = [kind for kind in source_named(migration.source).kinds if kind.names.identity_texts is not None]
    plan, context = _context(runtime, migration)
    if not kinds or not (there or any(choice.whom == IDENTITY for choice in plan.clients.values())):
        return {}
    found: Chosen = {}
    same: set[str] = set()  # rows that are still the person about whom the clinic has chosen
    for kind in kinds:
        for row, source_id in _rows(runtime, migration, kind, context, beat):
            match = next((there[k] for k in kind.names.identity_texts(row, plan.country) if k in there), None)  # type: ignore[misc]
            chosen = plan.clients.get(source_id)
            if match is not None and (chosen is None or (chosen.whom == IDENTITY and chosen.id != match)):
                found[source_id] = {"to": "wait", "id": match}
            elif match is not None:
                same.add(source_id)
    other = {source_id for source_id, choice in plan.clients.items() if choice.whom == IDENTITY} - same - found.keys()
    return found | {source_id: {"to": "wait", "id": plan.clients[source_id].id or ""} for source_id in other}


def known_fields(
    runtime: Runtime, migration: Migration, fields: Mapping[str, Defined]
) -> tuple[Chosen, dict[str, Defined], dict[str, list[str]]]:
    """Choices for questions that the workspace has, the questions as they are to be answered, and all native ones.

    A question of another type, or without one of the answers, is another question: it comes beside the one there is. So
    does one that the clinic wants to be new. What it matched is taken if it still fits.
    """
    there = native_fields(runtime.caspen, migration.workspace_id)
    plan, _ = _context(runtime, migration)
    chosen: Chosen = {}
    asked = dict(fields)
    by_id = {one.id: one for one in there.values()}
    for token, known in fields.items():
        said = plan.fields.get(token)
        native = by_id.get(said.id or "") if said and said.to == "match" else there.get(normalise_name(known.name))
        if native is not None and fits(known, native) and (said is None or said.to == "match"):
            chosen[token] = {"to": "match", "id": native.id}
            asked[token] = replace(known, options=tuple(_as_there(o, native) for o in known.options))
            continue
        if said is not None and said.to == "match":
            chosen[token] = {"to": "create"}
        if normalise_name(known.name) in there and (said is None or said.to != "leave_out"):
            asked[token] = replace(known, clashes=True)
    return chosen, asked, {name: [one.id, one.type] for name, one in there.items()}


def fits(known: Defined, native: NativeField) -> bool:
    """Whether a question of the workspace can hold every answer of one of the export."""
    if known.type != native.type or known.has_text:
        return False
    return known.type not in CHOICES or all(normalise_name(o.label) in native.options for o in known.options)


def _as_there(option: Option, native: NativeField) -> Option:
    """An answer under the id that it has in the workspace; the export's rows call it by its own."""
    there, label = native.options[normalise_name(option.label)]
    return replace(option, id=there, label=label, known_as=(option.id,))


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
