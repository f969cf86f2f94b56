"""Where workspaces are stored: the live store, and a private store for each trial, made and dropped with the trial.

SQLite keeps each store in its own file; PostgreSQL keeps each store in a schema of one database.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.caspen.tables import OBJECTS, CaspenTable, Fence
from app.db import PATIENCE_SECONDS, SCHEMA, Database, safe_name, take_turns
from app.side_effects import side_effect

LIVE = "live"
_COUNTED = {
    "brought": '("workspace_id", "migration_id", "source_kind")',
    "deleted": '("workspace_id", "id") WHERE "deleted_at" IS NOT NULL',
}
"""The indexes of a live table from which records are counted. An import never writes into the second index."""
_OF_TABLE = {"appointments": {"of_group": '("group_id") WHERE "group_id" IS NOT NULL'}}
"""More indexes of a live table: a later import finds the appointments of a group by this one."""


class WorkspaceChanged(Exception):
    """The workspace differs from the version that was checked: its version is newer, or it no longer exists."""

    def __init__(self, expected: int, actual: int | None) -> None:
        super().__init__(f"workspace version {actual}, looked at {expected}")
        self.expected = expected
        self.actual = actual


@dataclass(frozen=True)
class Store:
    """One set of tables. `schema` is their schema in PostgreSQL, `path` the file in SQLite."""

    name: str
    database: Database
    schema: str = "main"
    path: Path | None = None

    @property
    def is_live(self) -> bool:
        return self.name == LIVE

    @property
    def is_sqlite(self) -> bool:
        return self.database.is_sqlite


@dataclass(frozen=True, slots=True)
class Sides:
    """One connection that reads a trial and the live workspace, with the names of their schemas on that connection."""

    connection: Connection
    trial: str
    live: str


def trial_name(migration_id: str, number: int) -> str:
    """`trial_<migration>_<n>`, within PostgreSQL's limit for names."""
    name = safe_name(migration_id)
    if name != migration_id.lower() or len(migration_id) > 40:
        name = f"{name[:24]}_{hashlib.blake2b(migration_id.encode(), digest_size=6).hexdigest()}"
    return f"trial_{name}_{number}"


class Stores:
    """All stores of one Caspen database."""

    def __init__(self, url: str, patience: float = PATIENCE_SECONDS) -> None:
        database = Database(url, patience)
        self.is_sqlite = database.is_sqlite
        self._folder = Path(str(database.engine.url.database)).resolve().parent if self.is_sqlite else None
        path = Path(str(database.engine.url.database)).resolve() if self.is_sqlite else None
        self.live = Store(LIVE, database, "main" if self.is_sqlite else "public", path)
        self._trials: dict[str, Store] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Makes the missing live tables, with their indexes."""
        with self.live.database.connection() as connection:
            take_turns(connection, SCHEMA)
            existing = frozenset(sa.inspect(connection).get_table_names())  # one query, not one for each table
            missing = [table for table in CaspenTable.metadata.tables.values() if table.name not in existing]
            if missing:
                CaspenTable.metadata.create_all(connection, tables=missing, checkfirst=False)
            known = _index_names(connection)
            _create_indexes(connection, "", known)
            for model in OBJECTS:  # imported and deleted records are counted from indexes alone
                name = str(model.__tablename__)
                for called, columns in {**_COUNTED, **_OF_TABLE.get(name, {})}.items():
                    if f"ix_{name}_{called}" not in known:
                        connection.exec_driver_sql(f'CREATE INDEX "ix_{name}_{called}" ON "{name}" {columns}')

    def trial(self, migration_id: str, number: int) -> Store:
        """The store of a trial. The store need not exist yet."""
        return self._named(trial_name(migration_id, number))

    def exists(self, store: Store) -> bool:
        if store.path is not None:
            return store.path.exists()
        with store.database.connection(reading=True) as connection:
            return sa.inspect(connection).has_schema(store.schema)

    def trial_names(self) -> list[str]:
        """The name of every existing trial store, also of those that no ledger row names."""
        if self._folder is not None:
            return sorted(p.stem for p in self._folder.glob("trial_*.sqlite"))
        with self.live.database.connection(reading=True) as connection:
            return sorted(n for n in sa.inspect(connection).get_schema_names() if n.startswith("trial_"))

    def create_trial(self, workspace_id: str, migration_id: str, number: int, version: int) -> Store:
        """Makes an empty trial store when the workspace is still at `version`. Raises WorkspaceChanged otherwise.

        Both happen in one transaction of the live store. An existing store is returned unchanged.
        """
        store = self.trial(migration_id, number)
        if self.exists(store):
            return store
        with self.live.database.connection() as connection:
            lock = "" if self.is_sqlite else " FOR UPDATE"
            asked = sa.text("SELECT version FROM workspaces WHERE id = :id" + lock)
            actual = connection.execute(asked, {"id": workspace_id}).scalar_one_or_none()
            if actual != version:
                raise WorkspaceChanged(version, actual)
            if store.path is not None:
                _make_file(store.path)
            else:
                connection.execute(sa.schema.CreateSchema(store.schema, if_not_exists=True))
                there = connection.execution_options(schema_translate_map={None: store.schema})
                CaspenTable.metadata.create_all(there, tables=_trial_tables())
        return store

    def index_trial(self, store: Store) -> None:
        """Makes the indexes for reading a trial, after loading: three times faster than before loading."""
        with store.database.connection() as connection:
            take_turns(connection, store.name)
            _create_indexes(connection, "" if store.is_sqlite else f'"{store.schema}".')

    def drop_trial(self, store: Store) -> None:
        """Drops a trial's store. A second call changes nothing."""
        self.drop_named(store.name)

    def drop_named(self, name: str) -> None:
        store = self._named(name)
        if store.path is None:
            with store.database.connection() as connection:
                connection.execute(sa.schema.DropSchema(store.schema, cascade=True, if_exists=True))
        else:
            store.database.dispose()
            _remove_file(store.path)
        with self._lock:
            self._trials.pop(name, None)

    @contextmanager
    def comparing(self, trial: Store) -> Iterator[Sides]:
        """One reading transaction over a trial and the live workspace. Locks neither."""
        attach = {"trial": trial.path} if trial.path is not None else None
        with self.live.database.connection(attach=attach, reading=True) as connection:
            yield self._sides(connection, trial)

    @contextmanager
    def promoting(self, trial: Store) -> Iterator[Sides]:
        """One writing transaction on the live workspace that also reads a trial."""
        attach = {"trial": trial.path} if trial.path is not None else None
        with self.live.database.connection(attach=attach) as connection:
            yield self._sides(connection, trial)

    def dispose(self) -> None:
        for store in [*self._trials.values(), self.live]:
            store.database.dispose()

    def _sides(self, connection: Connection, trial: Store) -> Sides:
        return Sides(connection, "trial" if self.is_sqlite else trial.schema, self.live.schema)

    def _named(self, name: str) -> Store:
        if not name.startswith("trial_") or name != safe_name(name):
            raise ValueError("not the name of a trial")
        with self._lock:
            if name not in self._trials:
                self._trials[name] = self._open(name)
            return self._trials[name]

    def _open(self, name: str) -> Store:
        if self._folder is None:
            return Store(name, self.live.database.in_schema(name), name)
        path = self._folder / f"{name}.sqlite"
        return Store(name, Database(f"sqlite:///{path}", self.live.database.patience), "main", path)


def _trial_tables() -> list[sa.Table]:
    tables = CaspenTable.metadata.tables
    return [*(tables[str(t.__tablename__)] for t in OBJECTS), tables[str(Fence.__tablename__)]]


@cache
def _new_file() -> tuple[str, ...]:
    """The statements that make a trial's tables in a new file, cached because they never change."""
    statements: list[str] = []
    sqlite = sa.make_url("sqlite://").get_dialect()()
    engine = sa.create_mock_engine(
        "sqlite://", lambda made, *_, **__: statements.append(str(made.compile(dialect=sqlite)))
    )
    CaspenTable.metadata.create_all(engine, tables=_trial_tables(), checkfirst=False)
    return tuple(statements)


def _make_file(path: Path) -> None:
    making = path.with_suffix(".making")  # renamed when complete, so that a partial store is never used
    _remove_file(making)
    database = Database(f"sqlite:///{making}")
    with database.connection() as connection:
        for words in _new_file():
            connection.exec_driver_sql(words)
    database.dispose()
    with side_effect("file.rename"):
        making.replace(path)


def _remove_file(path: Path) -> None:
    """Removes a database with SQLite's other files: an orphaned log would be replayed into the next file of the same
    name."""
    for ending in ("", "-wal", "-shm", "-journal"):
        with side_effect("file.remove"):
            path.with_name(path.name + ending).unlink(missing_ok=True)


def _index_names(connection: Connection) -> frozenset[str]:
    """The indexes of the live tables.

    PostgreSQL locks a table even for `CREATE INDEX IF NOT EXISTS` of an existing index, so a starting process could
    deadlock with a writing process.
    """
    names = (
        "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
        if connection.dialect.name == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'index'"
    )
    return frozenset(str(name) for name in connection.exec_driver_sql(names).scalars())


def _create_indexes(connection: Connection, place: str, known: frozenset[str] = frozenset()) -> None:
    """Makes the indexes of the live tables or, with `place`, of a trial's tables. Skips the names in `known`."""
    for table in OBJECTS:
        for columns in table.indexes:
            column_list = ", ".join(f'"{c}"' for c in columns)
            name = f"ix_{table.__tablename__}_{columns[1]}"
            if name not in known:
                place_of = f'{place}"{table.__tablename__}"'
                connection.exec_driver_sql(f'CREATE INDEX IF NOT EXISTS "{name}" ON {place_of} ({column_list})')
