"""A small made-up source, and a builder for its exports, row by row."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.caspen.record_ids import Ids
from app.index import Index, IndexEntry, IndexLink
from app.index.part import PartView, RowView
from app.mapping.equality import Digests
from app.mapping.kind import Kind, Source
from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.plan import Plan
from app.mapping.rows import Joined, Mapped, Outcome, Record, Result
from app.mapping.traits import (
    CaseList,
    Identity,
    Joining,
    Mention,
    Names,
    Naming,
    Recognition,
    References,
    Schedule,
    Sharing,
)
from app.problems import Problem
from app.resolving.settle_index import resolve_index

IDS = Ids("wsp_demo", "elsewhere")


@dataclass(frozen=True)
class Nothing:
    id: str = ""


def _moves(row: Any, joined: Joined, lookups: Lookups) -> Result:
    return Mapped(())


def _made(table: str) -> Callable[[Mention, Lookups], Record]:
    return lambda mention, lookups: Record(table, "made", mention.key, {"name": mention.name})


LISTED = CaseList(
    attendance_link="attendee_ids",
    client_link="patient_id",
    visit_link="booking_id",
    clients_link="patient_ids",
    case_link="patient_case_id",
    unknown_code="appointment_case_unknown",
)
ROLES = {
    "businesses": KindRole.LOCATION,
    "users": KindRole.USER,
    "practitioners": KindRole.PRACTITIONER,
    "appointment_types": KindRole.SERVICE,
    "patients": KindRole.CLIENT,
    "patient_cases": KindRole.CASE,
    "appointments": KindRole.VISIT,
    "attendees": KindRole.ATTENDANCE,
    "treatment_notes": KindRole.NOTE,
    "questions": KindRole.FIELD,
}


def kind(
    name: str,
    *tables: str,
    moves: bool = True,
    made: tuple[str, ...] = (),
    naming: Naming[Nothing] = Naming(),  # noqa: B008 - nothing changes it
    **more: Any,
) -> Kind[Nothing]:
    return Kind(
        name=name,
        role=ROLES.get(name),
        label=name.title(),
        source_label=name,
        source_location="Exports",
        recognition=Recognition(fingerprint=lambda headers: False),
        row=Nothing,
        to_records=_moves if moves else None,
        tables=tables,
        naming=replace(naming, record_makers={table: _made(table) for table in made}),
        **more,
    )


CATEGORY = Mention("categories", "name:imported", "Imported")

SOURCE = Source(
    name="elsewhere",
    label="Elsewhere",
    kinds=(
        kind("businesses", "locations", names=Names(are_unique=True)),
        kind(
            "users",
            "users",
            names=Names(are_people=True, shared_alias_code="user_email_duplicate"),
            references=References(counted_referrers=(("practitioners", "user_id"),)),
        ),
        kind(
            "practitioners",
            "practitioners",
            "users",
            made=("practitioners", "users"),
            names=Names(are_people=True),
            naming=Naming(placeholder_code="practitioner_placeholder_created"),
        ),
        kind(
            "appointment_types",
            "services",
            "activities",
            "categories",
            made=("services", "categories"),
            naming=Naming(implied_mentions=(CATEGORY,), unknown_label="Unknown type"),
            names=Names(are_unique=True),
        ),
        kind(
            "hours", "availability", schedule=Schedule(spans_of=lambda row: ()), naming=Naming(named_things_exist=False)
        ),
        kind("questions", "custom_fields", made=("custom_fields",), identity=Identity(is_multi_row=True)),
        kind("patients", "clients"),
        kind(
            "answers",
            "custom_field_values",
            identity=Identity(later_row_code="custom_value_conflict", unique_link_pair=("who", "field")),
        ),
        kind("patient_cases", "cases", moves=False, case_list=LISTED),
        kind("appointments", "appointments", "cancellation_reasons", made=("cancellation_reasons",)),
        kind("attendees", "appointments"),
        kind("treatment_notes", "progress_notes"),
    ),
)


WITH_GROUPS = replace(
    SOURCE,
    kinds=(
        *(k for k in SOURCE.kinds if k.name not in ("appointments", "attendees", "treatment_notes")),
        kind(
            "appointments",
            "appointments",
            sharing=Sharing("patient", lambda row: False, lambda row: False, "appointment_without_patient"),
        ),
        kind(
            "attendees",
            "appointments",
            joining=Joining("booking", "patient", "duplicate_attendee", "attendance_conflict"),
        ),
        kind("treatment_notes", "progress_notes"),
    ),
)


def patient(*ids: str) -> IndexLink:
    return IndexLink("patient", "patients", ids, required=True, orphan="appointment_without_patient")


def practitioner(*ids: str, name: str | None = None) -> IndexLink:
    return IndexLink(
        "practitioner",
        "practitioners",
        ids,
        name,
        required=True,
        orphan="practitioner_unknown",
        several="practitioner_ambiguous",
    )


def type_(*ids: str, name: str | None = None) -> IndexLink:
    return IndexLink(
        "type",
        "appointment_types",
        ids,
        name,
        required=True,
        orphan="appointment_type_created_from_name",
        several="appointment_type_ambiguous",
    )


def booking(*ids: str, required: bool = False) -> IndexLink:
    orphan = "attendee_without_appointment" if required else "note_without_appointment"
    return IndexLink("booking", "appointments", ids, required=required, orphan=orphan)


def case(*ids: str) -> IndexLink:
    return IndexLink("case", "patient_cases", ids, orphan="appointment_case_unknown")


def merged_into(*ids: str) -> IndexLink:
    return IndexLink("merged_with", "patients", ids, merge=True)


def business(*ids: str) -> IndexLink:
    return IndexLink("business", "businesses", ids, orphan="appointment_location_defaulted", follows=True)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Contents:
    """The contents of rows, by kind and part, in the order of the rows. No row can be compared value by value."""

    by_part: dict[tuple[str, int], list[Digests]] = field(default_factory=dict)

    def add(self, kind: str, part: int, content: str, local: str, seconds: str) -> None:
        digests = Digests(content.encode(), local.encode() or None, seconds)
        self.by_part.setdefault((kind, part), []).append(digests)

    def statements(
        self, kind: Kind[Any], wanted: Mapping[int, Container[int]]
    ) -> Iterator[tuple[int, int, Mapping[str, str]]]:
        return iter(())

    def digests(self, kind: Kind[Any], wanted: Mapping[int, Container[int]]) -> Iterator[tuple[int, int, Digests]]:
        for part, places in wanted.items():
            for place, digests in enumerate(self.by_part.get((kind.name, part), ())):
                if place in places:
                    yield part, place, digests


@dataclass
class Export:
    """Rows in the order in which they are added; each kind is one part unless given otherwise."""

    path: Path
    entries: dict[tuple[str, int, int], list[IndexEntry]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    problems: tuple[Problem, ...] = ()
    contents: "Contents" = field(default_factory=lambda: Contents())
    resolved: Index | None = None
    source: Source = SOURCE

    def has(
        self,
        kind: str,
        source_id: str | None,
        *links: IndexLink,
        content: str = "",
        part: int = 1,
        file: int = 1,
        local_content: str = "",
        seconds: str = "",
        blocked: tuple[Outcome, str] | None = None,
        **more: Any,
    ) -> int:
        """One row more; its line. Rows are equal by their content, and by their local content if they have any.

        `seconds` are those of the times in the content.
        """
        self.lines[kind] = line = self.lines.get(kind, 1) + 1
        self.entries.setdefault((kind, part, file), []).append(
            IndexEntry(line, source_id, links=links, blocked=blocked, **more)
        )
        self.contents.add(kind, part, content or f"{source_id}", local_content, seconds)
        return line

    def add_to(self, index: Index) -> None:
        for (name, part, file), rows in self.entries.items():
            index.add(name, part, rows, file=file)
        for name in self.empty:
            index.present(name)

    @property
    def index(self) -> Index:
        if self.resolved is None:
            index = Index.create(self.path)
            self.add_to(index)
            self.problems = resolve_index(index, self.source, self.contents)
            self.resolved = Index.open(self.path)
        return self.resolved

    def part(self, kind: str, *, part: int = 1, plan: Plan | None = None) -> PartView:
        return self.index.part(kind, part, plan or Plan(), IDS)

    def row(self, kind: str, line: int, *, plan: Plan | None = None) -> RowView:
        return self.part(kind, plan=plan)[line]

    def verdict(self, kind: str, line: int, *, plan: Plan | None = None) -> tuple[str, str | None] | None:
        found = self.row(kind, line, plan=plan).verdict
        return None if found is None else (str(found.outcome), found.code)

    def target(self, kind: str, line: int, name: str, *, plan: Plan | None = None) -> str | None:
        """The Caspen id that a reference leads to."""
        found = self.row(kind, line, plan=plan).joined.targets.get(name)
        return found.id if found else None
