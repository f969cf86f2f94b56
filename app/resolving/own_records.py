"""References between records of two clients, such as a note that names another client's visit: they are removed.

A row belongs to its own client, whatever the row refers to. A shared visit belongs to each of its members. What the
visit refers to may belong to some of them only; the index keeps to whom.
"""

from collections.abc import Iterable, Iterator

from app.index.schema import SHARED
from app.mapping.kind import Kind
from app.mapping.rows import WHOSE
from app.resolving.rule import ResolvingContext

STRAYS = """CREATE TEMP TABLE strays (row INTEGER, spec INTEGER, place INTEGER, PRIMARY KEY (row, spec, place))
    WITHOUT ROWID"""

# The owner of a row is the target of its reference to a client, or each of its members, with those whose visits only
# the workspace has.
BY_LINK, BY_MEMBER, BY_VISIT = "refs", "members", "temp.stayed"
_IS_BY = {
    BY_LINK: "{a}.row = {row} AND {a}.spec IN ({specs}) AND {a}.target <> 0",
    BY_MEMBER: "{a}.row = {row} AND NOT {a}.copy",
    BY_VISIT: "{a}.row = {row}",
}

# Rows without an owner wait or are busy times: references to them are settled elsewhere. The owner of a record of an
# earlier import may be unknown.
FIND_STRAYS = """INSERT INTO strays SELECT l.row, l.spec, l.place FROM refs l
    WHERE l.row BETWEEN :first AND :last AND l.spec IN ({links}) AND l.target <> 0
    AND NOT ({shared}) AND ({own}) AND (l.target < 0 OR {others})"""

BETWEEN = "SELECT MIN(first), MAX(last) FROM pieces WHERE kind = ?"
LINKS = "SELECT id, field FROM specs WHERE kind = ? AND target = ? AND NOT required AND NOT merge AND field <> ?"

NOTE_STRAYS = """INSERT OR IGNORE INTO findings SELECT s.row, ? FROM strays s LEFT JOIN verdicts v ON v.row = s.row
    WHERE s.spec = ? AND v.row IS NULL"""
# For a reference of a shared row: the keys of the records whose clients own the target.
OF_WHOM = f"""INSERT OR IGNORE INTO extras SELECT l.row, '{WHOSE}' || s.field, json_group_array(m.key)
    FROM refs l JOIN specs s ON s.id = l.spec JOIN rows r ON r.row = l.row AND r.flags & {SHARED}
    JOIN members m ON m.row = l.row AND NOT m.copy
    WHERE l.row BETWEEN :first AND :last AND l.spec IN ({{links}}) AND l.target <> 0 AND EXISTS (
        SELECT 1 FROM refs b WHERE b.row = l.target AND b.spec IN ({{others}}) AND b.target = m.target)
    GROUP BY l.row, l.spec"""
LEFT_OUT = "DELETE FROM {table} WHERE (row, spec, place) IN (SELECT row, spec, place FROM temp.strays)"


def apply(work: ResolvingContext) -> None:
    """Removes references to records of other clients, with a finding for each."""
    owned = {number: (kind, specs) for number, kind in work.kinds if kind.imported and (specs := _owners(work, kind))}
    work.db.execute(STRAYS)
    for number, (kind, own) in owned.items():
        for target, (other, others) in owned.items():
            links = dict(work.db.execute(LINKS, (number, target, kind.owner_link)).fetchall())
            first, last = work.db.execute(BETWEEN, (number,)).fetchone()
            if not links or first is None:
                continue
            query = FIND_STRAYS.format(
                links=_listed(links),
                shared=" OR ".join(_share_a_client(kind, own, other, others)),
                own=" OR ".join(_has_owner(kind, "l.row", own)),
                others=" OR ".join(_has_owner(other, "l.target", others)),
            )
            work.db.execute(query, {"first": first, "last": last})
            if kind.sharing is not None:
                of_whom = OF_WHOM.format(links=_listed(links), others=_listed(others))
                work.db.execute(of_whom, {"first": first, "last": last})
            for spec, field in links.items():
                if code := _code(work, kind, spec, str(field)):
                    work.db.execute(NOTE_STRAYS, (code, spec))
    for table in ("refs", "leads"):
        work.db.execute(LEFT_OUT.format(table=table))
    work.db.execute("DROP TABLE temp.strays")
    work.db.execute("DROP TABLE temp.stayed")


def _owners(work: ResolvingContext, kind: Kind[object]) -> list[int]:
    """The numbers of the references of a kind's rows to their client."""
    specs = work.db.execute(
        "SELECT id FROM specs WHERE kind = ? AND field = ?", (work.numbers[kind.name], kind.owner_link)
    )
    return [int(spec) for (spec,) in specs]


def _share_a_client(kind: Kind[object], own: list[int], other: Kind[object], others: list[int]) -> Iterator[str]:
    """Conditions that a row and its target have a client in common, for each way in which rows have an owner."""
    for way in _ways(kind):
        for other_way in _ways(other):
            a = _IS_BY[way].format(a="a", row="l.row", specs=_listed(own))
            b = _IS_BY[other_way].format(a="b", row="l.target", specs=_listed(others))
            alone = [
                f"NOT EXISTS (SELECT 1 FROM members WHERE row = {row})"
                for row, used_way, ways in (("l.row", way, _ways(kind)), ("l.target", other_way, _ways(other)))
                if used_way == BY_LINK and BY_MEMBER in ways
            ]
            where = " AND ".join((a, b, "a.target = b.target", *alone))
            yield f"EXISTS (SELECT 1 FROM {way} a CROSS JOIN {other_way} b WHERE {where})"


def _has_owner(kind: Kind[object], row: str, specs: list[int]) -> Iterator[str]:
    for way in _ways(kind):
        yield f"EXISTS (SELECT 1 FROM {way} a WHERE {_IS_BY[way].format(a='a', row=row, specs=_listed(specs))})"


def _ways(kind: Kind[object]) -> tuple[str, ...]:
    return (BY_LINK, BY_MEMBER, BY_VISIT) if kind.sharing is not None else (BY_LINK,)


def _code(work: ResolvingContext, kind: Kind[object], spec: int, field: str) -> str | None:
    """The problem code of a reference to another client's record: the column's own, else the code of an orphan."""
    own = next((placed.column.other_client_code for placed in kind.columns if placed.name == field), None)
    if own is not None:
        return own
    orphan = work.db.execute("SELECT orphan FROM specs WHERE id = ?", (spec,)).fetchone()[0]
    return None if orphan is None else str(orphan)


def _listed(specs: Iterable[int]) -> str:
    return ", ".join(str(spec) for spec in specs)
