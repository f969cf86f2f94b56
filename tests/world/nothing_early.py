"""E5: nothing of a move is live that is not finalised."""

import sqlalchemy as sa

from app.caspen.tables import OBJECTS
from app.migration.states import State
from tests.world.left import Left

LIVE = frozenset({State.FINALISED.value, State.UNDOING.value, State.UNDOING_FAILED.value})


def check(left: Left) -> list[str]:
    final = {migration.id for migration in left.migrations if migration.state in LIVE}
    wrong = []
    with left.runtime.caspen.live.database.connection(reading=True) as connection:
        for model in OBJECTS:
            name = str(model.__tablename__)
            table = sa.table(name, sa.column("migration_id", sa.String))
            owner = table.c.migration_id
            early = sa.select(sa.func.count()).select_from(table).where(owner.is_not(None), owner.not_in(final))
            if count := connection.execute(early).scalar_one():
                wrong.append(f"{name}: {count} records of a move that is not finalised")
    return wrong
