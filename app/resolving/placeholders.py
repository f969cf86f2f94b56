"""Placeholders: things that rows refer to and no row describes, of kinds that can make a record of a name or an id.

A placeholder has a row with a number below 0 in the index, which all later rules treat like a row of the export.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from app.index.view import UNNAMED
from app.mapping.columns import NAME_QUALIFIER
from app.mapping.kind import Kind
from app.mapping.names import normalise_name, normalise_person
from app.resolving.rule import ResolvingContext

BY_NAME = """SELECT 'name:' || key, MIN(name) FROM named WHERE kind = ? AND target IS NULL AND key <> ''
    GROUP BY key ORDER BY key"""

# The name of an id is the first that a row gives for it; another name in a later row is no other thing.
BY_ID = """SELECT f.id, COALESCE((SELECT c.name FROM called c WHERE c.kind = s.target AND c.id = f.id
        ORDER BY c.row LIMIT 1), MIN(f.name))
    FROM raw_refs f JOIN specs s ON s.id = f.spec AND s.target = ? AND NOT s.merge
    JOIN kinds k ON k.id = s.kind AND k.imported AND k.id NOT IN ({silent})
    LEFT JOIN things t ON t.kind = s.target AND t.id = f.id
    LEFT JOIN verdicts v ON v.row = f.row
    WHERE f.id IS NOT NULL AND t.row IS NULL AND COALESCE(v.outcome, '') <> 'skipped' GROUP BY f.id ORDER BY f.id"""

# A row that gives only the name means the thing that other rows name with its id.
NAMED_TOO = "UPDATE named SET target = :row WHERE kind = :kind AND key = :key AND target IS NULL"


def apply(work: ResolvingContext) -> None:
    """Adds a row for each missing thing, and points names in the table `named` to it."""
    work.db.execute("CREATE INDEX IF NOT EXISTS called_id ON called (kind, id, row)")
    lowest: int = work.db.execute("SELECT MIN(0, COALESCE(MIN(row), 0)) FROM rows").fetchone()[0]
    silent = ",".join(str(number) for number, kind in work.kinds if not kind.naming.named_things_exist)
    for number, kind in work.kinds:
        if not kind.imported or not kind.tables or kind.tables[0] not in kind.naming.record_makers:
            continue
        if kind.naming.placeholder_code is not None and not work.absent(kind):
            continue
        by_id = work.db.execute(BY_ID.format(silent=silent), (number,)).fetchall()
        called = _unique_names(kind, by_id)
        of_ids = frozenset(called.values())
        by_name = work.db.execute(BY_NAME, (number,)).fetchall()
        missing = [*((key, name) for key, name in by_name if key.removeprefix("name:") not in of_ids), *by_id]
        for key, name in missing:
            lowest -= 1
            if key in called:
                work.db.execute(NAMED_TOO, {"row": lowest, "kind": number, "key": called[key]})
            bare = str(name or "").partition(NAME_QUALIFIER)[0]
            _make(work, number, kind, lowest, key, bare or f"{kind.naming.unknown_label} ({work.source.label} {key})")
            if kind.naming.unnamed_code and key == f"name:{normalise_name(kind.naming.unknown_label)}":
                work.db.execute("INSERT INTO state VALUES (?, ?)", (f"{UNNAMED}{lowest}", kind.naming.unnamed_code))
        if missing:
            _companions(work, number, kind)
        if kind.naming.placeholder_code is not None and missing:
            work.db.execute("INSERT INTO told VALUES (?, ?, ?)", (kind.naming.placeholder_code, number, len(missing)))
    work.db.execute(
        """UPDATE named SET target = t.row FROM things t
        WHERE named.target IS NULL AND t.kind = named.kind AND t.id = 'name:' || named.key"""
    )


def _unique_names(kind: Kind[Any], by_id: Sequence[tuple[str | int, str | None]]) -> dict[str | int, str]:
    """The comparable names of missing things by id, without names that several of them have."""
    names: dict[str | int, str] = {}
    for id_, name in by_id:
        if name:
            bare = name.partition(NAME_QUALIFIER)[0]
            names[id_] = normalise_person(bare) if kind.names.are_people else normalise_name(bare)
    times = Counter(names.values())
    return {id_: name for id_, name in names.items() if times[name] == 1}


def _companions(work: ResolvingContext, number: int, kind: Kind[Any]) -> None:
    for mention in kind.naming.implied_mentions:
        work.db.execute(
            "INSERT INTO mentions (tbl, key, name, kind) VALUES (?, ?, ?, ?) ON CONFLICT (tbl, key) DO NOTHING",
            (mention.table, mention.key, mention.name, number),
        )
        work.db.execute(
            "INSERT INTO companions SELECT ?, id FROM mentions WHERE tbl = ? AND key = ?",
            (number, mention.table, mention.key),
        )


def _make(work: ResolvingContext, number: int, kind: Kind[Any], row: int, key: str | int, name: str) -> None:
    work.db.execute(
        "INSERT INTO rows (row, kind, line, source_id, flags, name) VALUES (?, ?, 0, ?, 0, ?)", (row, number, key, name)
    )
    work.db.execute("INSERT INTO things VALUES (?, ?, ?, 1)", (number, key, row))
    tables = kind.tables if kind.naming.placeholder_code is not None else kind.tables[:1]
    for table in tables:
        if table in kind.naming.record_makers:
            work.db.execute(
                """INSERT INTO mentions (tbl, key, name, kind, made) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (tbl, key) DO UPDATE SET made = excluded.made""",
                (table, str(key), name, number, row),
            )
