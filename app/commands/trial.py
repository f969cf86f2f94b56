"""`caspen-import trial`: reads an export, matches by suggestion, runs a trial and verifies it, in a private
database."""

import time
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from app.caspen.dump import dump
from app.caspen.gateway import Gateway
from app.caspen.native import native_fields
from app.caspen.tables import Workspace
from app.caspen.workspace_snapshot import WorkspaceSnapshot, load_workspace
from app.commands.drive import Driver, WaitedEnough
from app.commands.input_files import (
    ANSWERED_BEFORE,
    BadFile,
    GivenWorkspace,
    YamlScalar,
    YamlValue,
    answered,
    first_fault,
    no_country,
    no_zone,
    read_workspace,
    set_up,
    yaml_of,
)
from app.commands.json_output import TrialNumbers, of_trial
from app.commands.options import must_be_usable, settings_must_be_usable
from app.commands.private import BY, begin_private, export_given, live_workspace_id, note_no_files, private_engine
from app.commands.read import CommandAnswer, refused
from app.db import now
from app.errors import Stop
from app.links.share_link import ShareLink
from app.mapping.columns import normalise_header
from app.mapping.countries import country_code
from app.mapping.defined import fitting
from app.mapping.kind import Kind, Source
from app.mapping.kind_roles import KindRole
from app.mapping.plan import ENCODINGS, LEAVE_OUT, OF_THE_EXPORT, Choice, Plan
from app.mapping.time_zones import zone_name
from app.migration.exports import current_export, files_of, read_again
from app.migration.guards import export_kept
from app.migration.models import ExportFile, Migration
from app.migration.plans import plan_of, save_plan
from app.migration.states import State
from app.migration.trials import approve, current_trial, start_trial
from app.problems import Problem
from app.reading.inventory import Inventory
from app.reading.recognise import is_field, known_headers, match_columns
from app.sources import SOURCES, source
from app.trial.trial_damage import trial_fault
from app.trial.zones import places_of
from app.worker.heartbeat import nothing
from app.worker.runtime import Runtime

PLACE = "Main location"  # name of the location when the export names none

NO_TRIAL: TrialNumbers = {
    "kinds": [],
    "balanced": False,
    "digest": "",
    "seconds": {"read": 0.0, "trial": 0.0, "reconcile": 0.0},
    "peak_rss_mb": 0.0,
}


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a trial."""

    workspace: Path | None = None
    plan: Path | None = None
    database: str | None = None
    finalise: bool = False
    workers: int = 1
    records: Path | None = None
    keep: Path | None = None
    wait: float = 30.0
    password: str = field(default="", repr=False)


def trial(export: str, options: Options) -> CommandAnswer:
    """Status 0 when the trial balances (and went live, if requested), 1 when not, 2 when nothing was read.

    Raises BadOption, and BadFile for an invalid workspace or plan file.
    """
    settings_must_be_usable()
    must_be_usable(keep=options.keep, records=options.records, database=options.database, wait=options.wait)
    given = read_workspace(options.workspace) if options.workspace else None
    if options.plan is not None:
        must_fit_alone(options.plan, next(iter(SOURCES.values())))
    try:
        opened = export_given(export)
    except Stop as stop:
        return refused(stop.problem, NO_TRIAL)
    if options.finalise and not options.database:
        return refused(Problem("finalise_without_database"), NO_TRIAL)
    with private_engine(options.database or "", options.keep) as runtime:
        try:
            return _try(runtime, opened, given, options)
        except Stop as stop:
            return refused(stop.problem, NO_TRIAL)
        except WaitedEnough as waited:
            return refused(Problem(waited.code), NO_TRIAL)


def _try(runtime: Runtime, export: ShareLink | Path, given: GivenWorkspace | None, options: Options) -> CommandAnswer:
    began = time.monotonic()
    if given is None:
        migration = begin_private(runtime, export, password=options.password)
    else:
        migration = begin_private(
            runtime,
            export,
            name=given.name,
            timezone=given.timezone,
            country=given.country,
            password=options.password,
        )
        set_up(runtime, live_workspace_id(given.name), given)
    with Driver(runtime, options.workers, options.wait) as driver:
        state = driver.run(migration.id, "Reading")
        if options.plan is not None and has_file_answers(options.plan):
            state = _read_again(runtime, migration.id, driver, options.plan, export)
        read_seconds = time.monotonic() - began
        if state is State.MATCHING:
            _decide(runtime, migration.id, options.plan, fits=given is None)
            with runtime.ledger.write() as session:
                start_trial(session, migration.id, BY, lambda *_: None)
            state = driver.run(migration.id, "Trial")
        is_whole = state is not State.REVIEWING or _is_whole(runtime, migration.id)
        if state is State.REVIEWING and is_whole:
            state = _finish(runtime, migration.id, driver, options)
    with runtime.ledger.read() as session:
        ended = session.get_one(Migration, migration.id)
        tried = current_trial(session, ended)
        content = of_trial(session, ended, tried, driver.peak_mb, read_seconds, is_whole=is_whole)
    return CommandAnswer(content, _status(state, content["balanced"], options))


def _read_again(runtime: Runtime, migration_id: str, driver: Driver, answers: Path, export: ShareLink | Path) -> State:
    """Reads the files again with the plan's answers about files, which can be checked only after a first reading."""
    with runtime.ledger.read() as session:
        migration = session.get_one(Migration, migration_id)
        files = files_of(session, migration_id, migration.export_number)
    if not files or State(migration.state) not in (State.MATCHING, State.READING_FAILED):
        return State(migration.state)
    plan = with_files(plan_of(migration), answers, files, source(migration.source))
    with runtime.ledger.write() as session:
        read_again(session, migration_id, plan, BY, guard=export_kept)
    note_no_files(runtime, migration_id, export)
    state = driver.run(migration_id, "Reading again")
    with runtime.ledger.read() as session:
        files = files_of(session, migration_id, migration.export_number + 1)
    must_fit_columns(plan, answers, files, source(migration.source))
    return state


def _is_whole(runtime: Runtime, migration_id: str) -> bool:
    """Whether the trial is unchanged since its parts were loaded: its account and its records."""
    with runtime.ledger.read() as session:
        migration = session.get_one(Migration, migration_id)
        tried = current_trial(session, migration)
    return tried is None or trial_fault(runtime, migration, tried, thorough=False) is None


def _finish(runtime: Runtime, migration_id: str, driver: Driver, options: Options) -> State:
    """Writes the records to files, and finalises a balanced trial if requested."""
    with runtime.ledger.read() as session:
        migration = session.get_one(Migration, migration_id)
        tried = current_trial(session, migration)
    assert tried is not None  # noqa: S101 - a trial that is reviewed was made
    if options.records is not None:
        dump(runtime.caspen.trial(migration_id, tried.number), migration.workspace_id, options.records)
    if not options.finalise or not tried.balanced:
        return State.REVIEWING
    with runtime.ledger.write() as session:
        approve(
            session, migration_id, tried.digest, BY, lambda *_: None
        )  # the problems of the answer replace the ticks
    state = driver.run(migration_id, "Going live")
    if state is State.FINALISED:
        runtime.caspen.drop_trial(runtime.caspen.trial(migration_id, tried.number))
    return state


def _decide(runtime: Runtime, migration_id: str, answers: Path | None, *, fits: bool) -> None:
    """Confirms the plan with its sure suggestions and the answers of the file.

    `fits`: the workspace was made for this export and takes the time zone and country of the export's locations.
    """
    with runtime.ledger.read() as session:
        migration = session.get_one(Migration, migration_id)
    plan = plan_of(migration)
    if fits:
        zones = [(r.values.get("timezone"), r.values.get("country_code")) for r in _places(runtime, migration)]
        if zones:
            timezone, country = Counter(zones).most_common(1)[0][0]
            plan = plan.model_copy(
                update={"timezone": str(timezone or plan.timezone), "country": str(country or plan.country)}
            )
            with runtime.caspen.live.database.write() as session:
                _fit(session, migration.workspace_id, plan.timezone, plan.country)
        elif plan.default_location is None:  # matched businesses have their location already
            plan = plan.model_copy(update={"default_location": _default_location(runtime, migration.workspace_id)})
    if answers is not None:
        workspace = load_workspace(runtime.caspen, migration.workspace_id)
        plan = answered(plan, answers, workspace)
        own = native_fields(runtime.caspen, migration.workspace_id).values()
        fields = frozenset(field.id for field in own)
        must_fit(plan, answers, workspace, _inventory(runtime, migration), fields, source(migration.source))
    with runtime.ledger.write() as session:
        save_plan(session, migration_id, plan, BY, confirmed=True)


def _inventory(runtime: Runtime, migration: Migration) -> Inventory:
    with runtime.ledger.read() as session:
        export = current_export(session, migration)
    return Inventory.from_json(export.inventory) if export and export.inventory else Inventory()


def _default_location(runtime: Runtime, workspace_id: str) -> str:
    """The location for visits when the export names none: the first, else a new location."""
    locations = load_workspace(runtime.caspen, workspace_id).locations
    return locations[0].id if locations else Gateway(runtime.caspen, workspace_id, "command line").add_location(PLACE)


def _places(runtime: Runtime, migration: Migration) -> list[Any]:
    return list(places_of(runtime, migration, plan_of(migration), now(), nothing))


def _fit(session: Session, workspace_id: str, timezone: str, country: str) -> None:
    workspace = session.get_one(Workspace, workspace_id)
    workspace.timezone, workspace.country_code = timezone, country
    session.add(workspace)


def _status(state: State, balanced: bool, options: Options) -> int:
    if state in {State.FETCHING_FAILED, State.READING_FAILED}:
        return 2
    wanted = State.FINALISED if options.finalise else State.REVIEWING
    return 0 if balanced and state is wanted else 1


NAMES = ANSWERED_BEFORE


def has_file_answers(path: Path | None) -> bool:
    """Whether a plan file has answers about the export's files."""
    return path is not None and any(yaml_of(path).get(name) for name in NAMES)


def with_files(plan: Plan, path: Path, files: Iterable[ExportFile], source: Source) -> Plan:
    """The plan with the answers of a plan file about the export's files. Raises BadFile for unknown files, kinds and
    fields."""
    given = yaml_of(path)
    paths = [file.path for file in files]
    recognised = {file.path: file.kind for file in files if file.kind}
    kinds: dict[str, str] = {}
    for name, answer in _table(given, "file_kinds", path).items():
        file = _unanswered_path(name, paths, path, kinds)
        kinds[file] = _kind_name(str(answer), source, path, file)
    pairs: dict[str, dict[str, str]] = {}
    for name, columns in _table(given, "column_pairs", path).items():
        file = _unanswered_path(name, paths, path, pairs)
        kind_name = kinds.get(file, recognised.get(file))
        if kind_name is None or kind_name == LEAVE_OUT:
            raise BadFile(f"{path}: {file} is not recognised: say in file_kinds what it is, then which columns it has")
        if not isinstance(columns, dict):
            raise BadFile(f"{path}: column_pairs of {file} must hold headers, each with a field")
        kind = source.kind(kind_name)
        pairs[file] = {str(header): _field(str(answer or ""), kind, path) for header, answer in columns.items()}
        kinds[file] = kind_name
    headerless = given.get("headerless") or []
    if not isinstance(headerless, list):
        raise BadFile(f"{path}: headerless must be a list of files")
    bare = tuple(sorted(_file_path(name, paths, path) for name in headerless))
    for file in bare:
        if file not in kinds:
            raise BadFile(f"{path}: {file} has no header: say in file_kinds what it is")
    letters: dict[str, str] = {}
    for name, answer in _table(given, "file_encodings", path).items():
        letters[_unanswered_path(name, paths, path, letters)] = _encoding(str(answer), path)
    answers = {"file_kinds": kinds, "column_pairs": pairs, "headerless": bare, "file_encodings": letters}
    return plan.model_copy(update=answers)


def must_fit_columns(plan: Plan, path: Path, files: Iterable[ExportFile], source: Source) -> None:
    """Raises BadFile for a header that its file lacks, and for two columns of one file that would fill one field.

    Two answers of the plan may clash, or an answer and a column with a known name. Call after the files were read with
    the plan.
    """
    for file in files:
        pairs = plan.column_pairs.get(file.path, {})
        headers = [str(header) for header in file.facts.get("headers", ())]
        if not pairs or not headers:
            continue
        numbered = {f"Column {number}": header for number, header in enumerate(headers, start=1)}
        fields: dict[str, str] = {}
        for header, target in pairs.items():
            if header not in headers and header not in numbered:
                raise BadFile(f"{path}: {file.path} has no column {header!r}")
            if target and (other := fields.setdefault(target, header)) != header:
                raise BadFile(f"{path}: {file.path}: {other!r} and {header!r} are both paired with {target}: keep one")
        if file.kind is None:
            continue
        paired = pairs.keys() | {numbered[header] for header in pairs.keys() & numbered.keys()}
        own_fields = match_columns(source.kind(file.kind), headers).columns
        for header, target in zip(headers, own_fields, strict=True):
            if header not in paired and target in fields:
                raise BadFile(
                    f"{path}: {file.path}: {fields[target]!r} is paired with {target}, and so is {header!r} by its"
                    f" name: pair {header!r} with another field, or with nothing"
                )


def _table(given: Mapping[str, YamlValue], name: str, path: Path) -> Mapping[YamlScalar, YamlValue]:
    table = given.get(name) or {}
    if not isinstance(table, dict):
        raise BadFile(f"{path}: {name} must hold files, each with what is said of it")
    return table


def _file_path(name: object, paths: list[str], path: Path) -> str:
    """A file's path, from the path or from a name that only one file has."""
    wanted = str(name)
    if wanted in paths:
        return wanted
    named = [each for each in paths if each.rsplit("/", 1)[-1] == wanted]
    if len(named) == 1:
        return named[0]
    if named:
        raise BadFile(f"{path}: several files are called {wanted}: write its path, such as {named[0]}")
    raise BadFile(f"{path}: the export has no file {wanted}")


def _unanswered_path(name: object, paths: list[str], path: Path, answered: Container[str]) -> str:
    """A file's path. Raises BadFile when the file has an answer already, under its path or its name."""
    file = _file_path(name, paths, path)
    if file in answered:
        raise BadFile(f"{path}: {file} is answered twice, by its path and by its name: keep one of the two")
    return file


def _kind_name(name: str, source: Source, path: Path, file: str) -> str:
    if name == LEAVE_OUT or any(kind.name == name for kind in source.kinds):
        return name
    known = ", ".join(kind.name for kind in source.kinds if kind.imported)
    raise BadFile(f"{path}: {file}: there is no kind {name}. Kinds: {known}; or {LEAVE_OUT}")


def _encoding(answer: str, path: Path) -> str:
    """An encoding, from its usual name such as `MacRoman` or from Python's name."""
    plain = normalise_header(answer)
    for encoding, label in ENCODINGS.items():
        if plain in (normalise_header(encoding), normalise_header(label)):
            return encoding
    raise BadFile(f"{path}: {answer} is no set of letters that we know. Known: {', '.join(ENCODINGS.values())}")


def _field(name: str, kind: Kind[Any], path: Path) -> str:
    """A field, from our name or the source's header. Empty for a column that is left out."""
    if not name or is_field(kind, name):
        return name
    by_header = known_headers(kind).get(kind.layout.normalise(name))
    if by_header is None:
        known = ", ".join(p.name for p in kind.columns)
        raise BadFile(f"{path}: {kind.name} have no field {name}. Fields: {known}")
    return by_header


_SIMPLE = ("timezone", "country", "leave_out_kinds")


def must_fit_alone(path: Path, source: Source) -> None:
    """Raises BadFile for the first answer that no export and no workspace could fit."""
    given = yaml_of(path)
    try:
        plan = Plan.model_validate({name: given[name] for name in _SIMPLE if name in given})
    except ValidationError as wrong:
        raise BadFile(f"{path}: {first_fault(wrong)}") from None
    for words in _simple(plan, source):
        raise BadFile(f"{path}: {words}")


def must_fit(
    plan: Plan, path: Path, workspace: WorkspaceSnapshot, inventory: Inventory, fields: frozenset[str], source: Source
) -> None:
    """Raises BadFile for the first answer that the export or the workspace does not have.

    `fields` are the workspace's own questions.
    """
    names = frozenset(yaml_of(path))
    every = (
        _matches(plan, workspace, fields),
        _place(plan, workspace, inventory, source),
        _types(plan, inventory),
    )
    for wrong in (wrong for some in every for wrong in some):
        name, _, words = wrong.partition(": ")
        if name in names:
            raise BadFile(f"{path}: {name}: {words}")


def _simple(plan: Plan, source: Source) -> Iterator[str]:
    if zone_name(plan.timezone) != plan.timezone:
        yield no_zone(plan.timezone)
    if country_code(plan.country) != plan.country:
        yield no_country(plan.country)
    known = {kind.name for kind in source.kinds}
    for name in plan.leave_out_kinds:
        if name not in known:
            yield f"leave_out_kinds: there is no kind {name}"


def _matches(plan: Plan, workspace: WorkspaceSnapshot, fields: frozenset[str]) -> Iterator[str]:
    known: Mapping[str, frozenset[str]] = {
        "locations": frozenset(location.id for location in workspace.locations),
        "users": frozenset(user.id for user in workspace.users),
        "practitioners": frozenset(person.id for person in workspace.practitioners),
        "services": frozenset(service.id for service in workspace.services),
        "fields": fields,
    }
    for name in (*known, "clients"):
        choices: Mapping[str, Choice] = getattr(plan, name)
        for key, choice in choices.items():
            if choice.to == "wait" and name != "clients":
                yield f"{name}: {key} cannot wait: match it, create it or leave it out"
            if choice.to == "match" and (choice.id is None or choice.id not in known.get(name, {choice.id})):
                yield f"{name}: the workspace has nothing by the id that {key} is matched with"


def _place(plan: Plan, workspace: WorkspaceSnapshot, inventory: Inventory, source: Source) -> Iterator[str]:
    chosen = plan.default_location
    known_locations = {reference.id for reference in inventory.named(source, KindRole.LOCATION)}
    known = {location.id for location in workspace.locations} | {f"{OF_THE_EXPORT}{id_}" for id_ in known_locations}
    if chosen is not None and chosen not in known:
        yield f"default_location: {chosen} is neither a location's id nor {OF_THE_EXPORT} with a location's"


def _types(plan: Plan, inventory: Inventory) -> Iterator[str]:
    for token, type_ in plan.field_types.items():
        asked = inventory.questions.get(token)
        if asked is None:
            yield f"field_types: the export has no field {token}"
            continue
        own = asked.own or asked.type
        may_be = fitting(own, asked.options)
        if type_ not in (own, *may_be):
            yield f"field_types: {token} cannot become {type_}: it may be {', '.join((own, *may_be))}"
