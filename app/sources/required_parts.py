"""What a source must have before a clinic can move from it. The registry refuses a source that lacks a part."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from app.caspen.record_ids import PREFIXES
from app.mapping.kind import Kind, Source
from app.mapping.kind_roles import KindRole
from app.mapping.verified_kinds import bare_header
from app.problems import catalogue

_NAME = re.compile(r"[a-z][a-z0-9_]*")
NAMED_ROLES = (KindRole.LOCATION, KindRole.PRACTITIONER, KindRole.SERVICE)
"""Roles whose rows a clinic matches by name."""
TIMES = ("starts_at", "ends_at")
"""The index takes the time of a visit from these attributes of its row."""
OF_A_FILE = ("found_key", "found_path", "found_root", "found_size", "found_sha256", "found_type", "found_code")
"""Reading fills these columns of a kind with `filing` from the file itself."""


def missing_parts(source: Source) -> list[str]:
    """The missing parts of a source, each in words without a full stop. Empty for a source that is whole."""
    parts = [*_of_source(source), *_of_traits(source), *_of_verification(source)]
    for kind in source.kinds:
        parts += [
            f"kind {kind.name}: {part}" for part in (*_of_kind(kind, source), *_of_filing(kind), *_of_pages(kind))
        ]
    return parts


def _of_source(source: Source) -> Iterator[str]:
    if not _NAME.fullmatch(source.name):
        yield "its name must be of small letters, digits and _"
    if not source.label.strip():
        yield "it has no label"
    names = Counter(kind.name for kind in source.kinds)
    yield from (f"{count} kinds have the name {name}" for name, count in names.items() if count > 1)
    roles = Counter(kind.role for kind in source.kinds if kind.role is not None)
    yield from (f"{count} kinds have the role {role.name}" for role, count in roles.items() if count > 1)
    if source.with_role(KindRole.CLIENT) is None:
        yield "no kind has the role CLIENT"


def _of_traits(source: Source) -> Iterator[str]:
    """Parts that are empty, and parts that name a kind which the source does not have."""
    if not source.uses:
        yield "uses is empty, and a clinic is asked which of them it uses"
    if not source.counts:
        yield "counts is empty, and a clinic is asked for these numbers"
    if not source.export_guide.before_dates:
        yield "export_guide has no steps"
    if source.with_role(KindRole.FIELD) is not None and source.fields_of is None:
        yield "a kind has the role FIELD, and fields_of is missing"
    names = {kind.name for kind in source.kinds}
    named: dict[str, Iterable[str]] = {
        "uses": [kind for use in source.uses for kind in (*use.kinds, *(kind for kind, _ in use.columns))],
        "counts": [count.kind for count in source.counts],
        "computed": [source.computed.kind, source.computed.visits] if source.computed else [],
        "verified_kinds": [verified.kind for verified in source.verified_kinds],
    }
    for part, kinds in named.items():
        yield from (f"{part} names the kind {kind}, which is missing" for kind in sorted(set(kinds) - names))
    if source.layout.files and not any(kind.filing for kind in source.kinds):
        yield "layout names folders of files, and no kind has filing"
    if source.layout.notes and not any(kind.pages for kind in source.kinds):
        yield "layout names folders of notes, and no kind has pages"


def _of_verification(source: Source) -> Iterator[str]:
    """Attributes that a kind does not have, and headers that a kind has although it excludes them."""
    headers = source.headers
    for kind, attribute in dict.fromkeys(pair for each in source.verified_kinds for pair in each.named_attributes()):
        if attribute not in headers.get(kind, {attribute: ()}):
            yield f"verified_kinds names the attribute {attribute} of the kind {kind}, which has no such column"
    for verified in source.verified_kinds:
        own = {bare_header(header) for each in verified.headers.values() for header in each}
        for header in verified.excluded_headers:
            if bare_header(header) in own:
                yield f"verified_kinds excludes the header {header}, which the kind {verified.kind} has"


def _of_kind(kind: Kind[Any], source: Source) -> Iterator[str]:
    if not _NAME.fullmatch(kind.name):
        yield "its name must be of small letters, digits and _"
    if not kind.label.strip() or not kind.source_label.strip():
        yield "it has no label or no source_label"
    if not kind.imported:
        return
    if not kind.tables:
        yield "it has no tables"
    yield from (f"Caspen has no table {table}" for table in kind.tables if table not in PREFIXES)
    has_key = any(placed.column.is_key for placed in kind.columns)
    if not has_key and kind.identity.key_of is None and kind.identity.generated_key is None:
        yield "no column of its row is the key"
    if kind.role in NAMED_ROLES and kind.names.name_of is None:
        yield f"it has the role {kind.role.name} and no names.name_of"
    if kind.role is KindRole.VISIT:
        yield from (f"its row has no {time}" for time in TIMES if not _has(kind, time))
    names = {other.name for other in source.kinds}
    for placed in kind.columns:
        column = placed.column
        if column.links_to is not None and column.links_to not in names:
            yield f"{placed.name} refers to the kind {column.links_to}, which is missing"
        if column.destination and column.destination.partition(".")[0] not in PREFIXES:
            yield f"{placed.name} has the destination {column.destination}, a table that Caspen does not have"
        codes = (column.orphan_code, column.ambiguous_code, column.other_client_code)
        yield from (f"the catalogue has no problem {code}" for code in codes if code and code not in catalogue())


def _of_filing(kind: Kind[Any]) -> Iterator[str]:
    if kind.filing is None:
        return
    for member, value in _members(kind.filing):
        if member.endswith("_code"):
            if value not in catalogue():
                yield f"the catalogue has no problem {value}"
        elif not _has(kind, value):
            yield f"filing.{member} is {value or 'empty'}, which its row does not have"
    yield from (f"its row has no {column}, which filing needs" for column in OF_A_FILE if not _has(kind, column))


def _of_pages(kind: Kind[Any]) -> Iterator[str]:
    if kind.pages is not None:
        for member, value in _members(kind.pages):
            if value and not _has(kind, value):
                yield f"pages.{member} is {value}, which its row does not have"


def _members(trait: Any) -> Iterator[tuple[str, str]]:
    """Pairs of a member's name and value."""
    return ((each.name, getattr(trait, each.name)) for each in fields(trait))


def _has(kind: Kind[Any], name: str) -> bool:
    """Whether the rows of a kind have this attribute."""
    return hasattr(kind.row, name) or name in {each.name for each in fields(kind.row)}
