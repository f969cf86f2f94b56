"""Referenced things that the export lacks and an earlier import brought: references lead to the live records.

The second export of a clinic may have only the newest rows. A missing parent gets a row with a number below 0 in the
index. This row has the name, the start and the client of the live record. It makes no record and does not count as a
row of the export.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from app.index.insert import pack_id, seconds
from app.index.schema import ASIDE, LIVE, SHARED
from app.mapping.columns import NAME_QUALIFIER
from app.mapping.kind import Kind
from app.mapping.names import normalise_name, normalise_person
from app.resolving.rule import Brought, LiveTarget, ResolvingContext

AT_ONCE = 2_000
LACKING = """CREATE TEMP TABLE lacking AS SELECT DISTINCT f.id FROM specs s
    JOIN kinds k ON k.id = s.kind AND k.imported
    JOIN raw_refs f ON f.spec = s.id LEFT JOIN things t ON t.kind = s.target AND t.id = f.id
    WHERE s.target = ? AND f.id IS NOT NULL AND t.row IS NULL ORDER BY f.id"""
SOME = f"SELECT rowid, id FROM temp.lacking WHERE rowid > ? ORDER BY rowid LIMIT {AT_ONCE}"

NAMES = """SELECT DISTINCT s.target, f.name FROM raw_refs f JOIN specs s ON s.id = f.spec AND NOT s.merge
    JOIN kinds k ON k.id = s.kind AND k.imported WHERE f.id IS NULL AND f.name IS NOT NULL"""
HAS_NAME = """SELECT EXISTS (SELECT 1 FROM rows WHERE kind = :kind AND row > 0 AND name_key = :name)
    OR EXISTS (SELECT 1 FROM rows WHERE kind = :kind AND row > 0 AND alias = :name)"""

# References by an id of a joining row that no row has, of rows without a reference to a visit.
GONE = """SELECT f.rowid, f.spec, r.source_id FROM raw_refs f
    JOIN specs s ON s.id = f.spec AND s.kind = :kind AND s.target = :joiner AND NOT s.required
    JOIN rows r ON r.row = f.row AND r.source_id IS NOT NULL
    LEFT JOIN things t ON t.kind = :joiner AND t.id = f.id
    WHERE f.id IS NOT NULL AND t.row IS NULL AND NOT f.many AND f.row NOT IN (
        SELECT o.row FROM raw_refs o JOIN specs os ON os.id = o.spec AND os.target = :visits WHERE os.kind = :kind)"""
LIKE = """INSERT INTO specs (kind, field, target, required, orphan, several, merge, follows)
    SELECT kind, field, ?, required, orphan, several, merge, follows FROM specs WHERE id = ?"""
LED = "UPDATE raw_refs SET spec = ?, id = ? WHERE rowid = ?"
ROW = "INSERT INTO rows (row, kind, line, source_id, starts_at, flags, name) VALUES (?, ?, 0, ?, ?, ?, ?)"
REFERENCE = "INSERT INTO raw_refs VALUES (?, ?, ?, ?, NULL, 0)"

GROUP = """UPDATE rows SET flags = flags | ? WHERE row = (SELECT row FROM things WHERE kind = ? AND id = ?)
    AND row > 0 AND NOT flags & ?"""


HELD = """SELECT DISTINCT t.kind, t.source_id, t.row FROM refs JOIN temp.passing s ON s.id = refs.spec
    JOIN verdicts v ON v.row = refs.target
    JOIN rows t ON t.row = refs.target AND t.source_id IS NOT NULL ORDER BY t.kind, t.row"""
PAST_HELD = """UPDATE refs SET target = (SELECT stands FROM temp.live_of WHERE row = refs.target)
    WHERE target IN (SELECT row FROM temp.live_of) AND spec IN (SELECT id FROM temp.passing)"""
PASSING = "CREATE TEMP TABLE passing AS SELECT id FROM specs WHERE NOT merge AND (NOT required OR {joining})"
OWNED = """INSERT INTO refs SELECT ?, ?, ?, COALESCE(d.survivor, t.row), 0 FROM things t
    LEFT JOIN redirects d ON d.row = t.row WHERE t.kind = (SELECT target FROM specs WHERE id = ?) AND t.id = ?"""


def apply(work: ResolvingContext) -> None:
    """Adds a row for each missing id or name that an earlier import brought. Without a live workspace does nothing."""
    if work.brought is None:
        return
    _lead_to_visits(work, work.brought)
    names: dict[int, set[str]] = defaultdict(set)
    for target, name in work.db.execute(NAMES):
        names[target].add(name)
    for number, kind in reversed(list(work.kinds)):  # clients after the kinds that refer to clients
        if not kind.imported or not kind.tables or kind.joining is not None:
            continue  # a joining row has no record of its own
        work.db.execute(LACKING, (number,))
        for lacking in _some(work):
            _add(work, number, kind, work.brought.targets(kind, lacking))
        work.db.execute("DROP TABLE temp.lacking")
        if kind.sharing is not None:
            _keep_groups(work, work.brought, number, kind)
        if number in names and kind.names.name_of is not None:
            _add_named(work, work.brought, number, kind, names[number])


def lead_past_held(work: ResolvingContext) -> None:
    """Leads references that may be empty to the live record of a row that is held. Without a live workspace does
    nothing.

    The record stays as it is, and so does what refers to it. A row that needs the held row waits with it; a joining row
    needs no more than the record.
    """
    if work.brought is None:
        return
    joining = [
        f"(kind = {number} AND field = '{kind.joining.row_link}')" for number, kind in work.kinds if kind.joining
    ]
    work.db.execute(PASSING.format(joining=" OR ".join(joining) or "FALSE"))
    by_kind: dict[int, dict[str, int]] = defaultdict(dict)
    for number, key, row in work.db.execute(HELD):
        by_kind[number][str(key)] = row
    work.db.execute("CREATE TEMP TABLE live_of (row INTEGER PRIMARY KEY, stands INTEGER NOT NULL)")
    for number, kind in work.kinds:
        if not kind.imported or not kind.tables or kind.joining is not None:
            continue
        held, keys = by_kind.get(number, {}), list(by_kind.get(number, ()))
        for start in range(0, len(keys), AT_ONCE):
            targets = work.brought.targets(kind, keys[start : start + AT_ONCE])
            stands = _add(work, number, kind, targets, is_lacking=False)
            pairs = [(held[key], row) for key, row in stands.items()]
            work.db.executemany("INSERT INTO temp.live_of VALUES (?, ?)", pairs)
    work.db.execute(PAST_HELD)
    for name in ("live_of", "passing"):
        work.db.execute(f"DROP TABLE temp.{name}")


def _lead_to_visits(work: ResolvingContext, brought: Brought) -> None:
    """Replaces the ids of joining rows that are gone by the ids of the visits to which the live records refer.

    No record keeps the id of an attendee's own row. A row that names its visit, too, needs no such help.
    """
    for joiner, joining in work.kinds:
        if joining.joining is None:
            continue
        row_link = joining.joining.row_link
        visits = work.numbers.get(next(str(p.column.links_to) for p in joining.columns if p.name == row_link))
        for number, kind in work.kinds:
            values = {"kind": number, "joiner": joiner, "visits": visits}
            has_links = any(p.column.links_to == joining.name and not p.column.required for p in kind.columns)
            lost = work.db.execute(GONE, values).fetchall() if kind.imported and has_links else []
            specs: dict[int, int] = {}
            for start in range(0, len(lost), AT_ONCE):
                some = lost[start : start + AT_ONCE]
                slots = brought.slots(kind, [str(key) for _, _, key in some])
                for reference, spec, key in some:
                    if (slot := slots.get(str(key))) is not None:
                        specs[spec] = specs.get(spec) or _like(work, spec, visits)
                        work.db.execute(LED, (specs[spec], pack_id(slot), reference))


def _like(work: ResolvingContext, spec: int, target: int | None) -> int:
    """The number of a new reference like another one, to another kind."""
    return int(work.db.execute(LIKE, (target, spec)).lastrowid or 0)


def _some(work: ResolvingContext) -> Iterator[list[str]]:
    """The missing ids, AT_ONCE at a time."""
    last = 0
    while rows := work.db.execute(SOME, (last,)).fetchall():
        last = rows[-1][0]
        yield [str(key) for _, key in rows]


def _add_named(work: ResolvingContext, brought: Brought, number: int, kind: Kind[Any], names: set[str]) -> None:
    """Adds the live records whose names rows give and no row of the export has."""
    normalise = normalise_person if kind.names.are_people else normalise_name
    wanted = {normalise(name.partition(NAME_QUALIFIER)[0]) for name in names}
    lacking = {name for name in wanted if name and not _is_named(work, number, name)}
    if not lacking:
        return
    by_name: dict[str, list[str]] = defaultdict(list)
    for key, name in brought.names(kind).items():
        if (normalised := normalise(name)) in lacking:
            by_name[normalised].append(key)
    keys = [key for keys in by_name.values() for key in keys]
    _add(work, number, kind, brought.targets(kind, [key for key in keys if not _is_there(work, number, key)]))
    named = "UPDATE rows SET name_key = ? WHERE row = (SELECT row FROM things WHERE kind = ? AND id = ?) AND row < 0"
    for name, of_name in by_name.items():
        work.db.executemany(named, [(name, number, pack_id(key)) for key in of_name])


def _keep_groups(work: ResolvingContext, brought: Brought, number: int, kind: Kind[Any]) -> None:
    """What was a group stays one: with fewer clients its visits would get other ids than the live visits have."""
    for groups in brought.groups(kind):
        work.db.executemany(GROUP, [(SHARED, number, pack_id(key), ASIDE) for key in groups])


def _is_named(work: ResolvingContext, number: int, name: str) -> bool:
    return bool(work.db.execute(HAS_NAME, {"kind": number, "name": name}).fetchone()[0])


def _is_there(work: ResolvingContext, number: int, key: str) -> bool:
    there = work.db.execute("SELECT 1 FROM things WHERE kind = ? AND id = ?", (number, pack_id(key))).fetchone()
    return there is not None


def _add(
    work: ResolvingContext, number: int, kind: Kind[Any], targets: Mapping[str, LiveTarget], *, is_lacking: bool = True
) -> dict[str, int]:
    """Adds a row for each live record, and returns the rows by source id. `is_lacking`: the export has no such row."""
    added: dict[str, int] = {}
    lowest: int = work.db.execute("SELECT MIN(0, COALESCE(MIN(row), 0)) FROM rows").fetchone()[0]
    spec = _whose(work, number, kind) if targets else None
    for key in sorted(targets):
        lowest -= 1
        packed, live = pack_id(key), targets[key]
        cells = (lowest, number, packed, seconds(live.starts_at), LIVE | SHARED * live.is_shared, live.name)
        work.db.execute(ROW, cells)
        added[key] = lowest
        owners = enumerate(sorted(live.clients) if spec else ())
        if not is_lacking:
            work.db.executemany(OWNED, [(lowest, spec, place, spec, pack_id(client)) for place, client in owners])
            continue
        work.db.execute("INSERT INTO things VALUES (?, ?, ?, 1)", (number, packed, lowest))
        work.db.executemany(REFERENCE, [(lowest, spec, place, pack_id(client)) for place, client in owners])
        if kind.identity.is_multi_row:  # answers may add to what the live record holds, as an option to a question
            mention = (kind.tables[0], key, live.name or key, number, lowest)
            work.db.execute("INSERT INTO mentions (tbl, key, name, kind, made) VALUES (?, ?, ?, ?, ?)", mention)
    return added


def _whose(work: ResolvingContext, number: int, kind: Kind[Any]) -> int | None:
    """The number of the reference from a live record to its client, which is not required; None without such a kind."""
    people = next((placed.column.links_to for placed in kind.columns if placed.name == kind.owner_link), None)
    if people not in work.numbers:
        return None
    place = (number, kind.owner_link, work.numbers[people])
    query = "SELECT id FROM specs WHERE kind = ? AND field = ? AND target = ? AND NOT required"
    known = work.db.execute(query, place).fetchone()
    if known is None:
        added = "INSERT INTO specs (kind, field, target, required, merge) VALUES (?, ?, ?, 0, 0)"
        return work.db.execute(added, place).lastrowid
    return int(known[0])
