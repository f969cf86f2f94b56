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
    query = f"""SELECT kind, tbl, key, name FROM mentions WHERE kind IS NOT NULL AND EXISTS (
        SELECT 1 FROM mentioned LEFT JOIN verdicts v ON v.row = mentioned.row
        LEFT JOIN {view.table} l ON l.row = mentioned.row
        WHERE mentioned.mention = mentions.id AND v.row IS NULL AND l.row IS NULL)
        ORDER BY kind, tbl, key"""
    for number, table, key, name in db.execute(query).fetchall():
        kind = kinds[number]
        if table in kind.tables and plan.choice(kind.name, key).to != "create":
            continue
        yield kind.name, Mention(table, key, name)
