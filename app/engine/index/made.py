"""What rows name and no row describes, such as a reason for cancelling: made once, however many rows name it."""

import sqlite3
from collections.abc import Iterator

from app.engine.index.part import kind_facts
from app.engine.index.view import PlanView
from app.mapping.kind import Mention
from app.mapping.plan import Plan


def made(db: sqlite3.Connection, plan: Plan, view: PlanView) -> Iterator[tuple[str, Mention]]:
    """The mentions of rows that move, with the kind that makes them; not those that are an existing object."""
    kinds = kind_facts(db)
    found = db.execute(f"""SELECT id, kind, tbl, key, name, more, made FROM mentions WHERE kind IS NOT NULL AND EXISTS (
        SELECT 1 FROM mentioned LEFT JOIN verdicts v ON v.row = mentioned.row
        LEFT JOIN {view.table} l ON l.row = mentioned.row
        WHERE mentioned.mention = mentions.id AND v.row IS NULL AND l.row IS NULL)
        ORDER BY kind, tbl, key""").fetchall()
    told, making = set(), set()
    for mention, number, table, key, name, more, row in found:
        kind = kinds[number]
        if row is not None and plan.choice(kind.name, key).to != "create":
            continue
        told.add(mention)
        if row is not None:
            making.add(number)
        yield kind.name, Mention(table, key, name, more)
    companions = "SELECT companions.kind, id, tbl, key, name FROM companions JOIN mentions ON mentions.id = mention"
    for number, mention, table, key, name in db.execute(companions).fetchall():
        if number in making and mention not in told:
            yield kinds[number].name, Mention(table, key, name)
