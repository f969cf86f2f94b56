"""What a plan says of a file of an export, and the ids that files begin with. Runs in limited processes only."""

from collections.abc import Mapping
from itertools import chain

from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT, Plan
from app.reading.entries import Entry, Found
from app.reading.file_preview import Glimpse, glimpse
from app.reading.grid import Wanted
from app.reading.recognise import Header
from app.reading.value_patterns import bare


def wanted_of(plan: Plan, path: str) -> Wanted:
    """What a plan says of one file."""
    kind, pairs = plan.file_kinds.get(path), plan.column_pairs.get(path, {})
    return Wanted(kind, pairs, path in plan.headerless, plan.file_encodings.get(path))


def entry_at(found: Found, path: str) -> Entry | None:
    """One file by its path; None for a folder that counts as one."""
    return found.entries.at(path) or next((entry for entry in found.entries if entry.path == path), None)


def known_ids(found: Found, source: Source, plan: Plan, kinds: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """By kind, ids that its files begin with: what refers to a row of that kind can be told by them.

    `kinds` is the kind of each file that was read, by path; what the plan says of a file goes before it.
    """
    targets = {p.column.links_to for kind in source.kinds for p in kind.columns}
    ids: dict[str, set[str]] = {}
    for entry in chain(found.entries, *found.entries.lists_among(kinds).values()):
        wanted = wanted_of(plan, entry.path)
        kind = wanted.kind or kinds.get(entry.path)
        if kind not in targets or kind is None or kind == LEAVE_OUT or entry.attached:
            continue
        ids.setdefault(kind, set()).update(keys_in(glimpse(entry, source, wanted)))
    return {kind: frozenset(some) for kind, some in ids.items()}


def keys_in(seen: Glimpse) -> frozenset[str]:
    """The rows' own ids, of a file that is understood."""
    header = seen.header
    if not isinstance(header, Header):
        return frozenset()
    keys = {p.name for p in header.kind.columns if p.column.is_key}
    at = next((n for n, column in enumerate(header.columns) if column in keys), None)
    return frozenset() if at is None else frozenset(filter(None, map(bare, seen.column(at))))
