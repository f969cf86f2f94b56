"""E1: each thing of the source that must be live is live, once."""

from collections import Counter

import sqlalchemy as sa

from app.caspen.tables import OBJECTS
from tests.world.left import Left

Keys = Counter[tuple[str, str]]


def standing(left: Left, table: str) -> Keys:
    """The rows of a live table, by source kind and source id, with their counts."""
    columns = sa.table(table, *(sa.column(c) for c in ("workspace_id", "source_kind", "source_id")))
    with left.runtime.caspen.live.database.connection(reading=True) as connection:
        rows = connection.execute(sa.select(columns).where(columns.c.source_kind.is_not(None)))
        return Counter((str(row.source_kind), str(row.source_id)) for row in rows)


def check(left: Left) -> list[str]:
    wrong = []
    for model in OBJECTS:
        name = str(model.__tablename__)
        found = standing(left, name)
        if several := [key for key, count in found.items() if count > 1]:
            wrong.append(f"{name}: {len(several)} stand there more than once, such as {several[0]}")
        wanted = left.manifest.records.get(name)
        if wanted is None:
            continue
        if lost := wanted - found.keys():
            wrong.append(f"{name}: {len(lost)} are missing, such as {min(lost)}")
        if extra := found.keys() - wanted:
            wrong.append(f"{name}: {len(extra)} are nobody's, such as {min(extra)}")
    return wrong
