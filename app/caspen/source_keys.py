"""Looks records of a store up by their source ids, to compare them with the source."""

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy.engine import Connection

from app.caspen.canonical_values import Cell
from app.caspen.row_codec import shape
from app.caspen.statements import among, at, batches, canonical_columns, fetch
from app.caspen.stores import Store
from app.json_values import JsonValue


class SourceKeyLookup:
    """Looks up records of one table and source kind, with some columns in canonical form."""

    def __init__(
        self, connection: Connection, store: Store, workspace_id: str, kind: str, table: str, columns: tuple[str, ...]
    ) -> None:
        to = shape(table)
        chosen = canonical_columns(connection, to, ["source_id", *columns])
        self._connection, self._columns, self._given = connection, columns, (workspace_id, kind)
        self._sql = (
            f'SELECT {chosen} FROM {at(store.schema, to.name)} WHERE "workspace_id" = ? AND "source_kind" = ? AND '
        )

    def of(self, source_ids: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Cell | JsonValue]]]:
        """The existing records among `source_ids`, each with its source id.

        A JSON column has its text in SQLite and its value in PostgreSQL.
        """
        for some in batches(source_ids):
            which, given = among(self._connection, '"source_id"', some)
            for source_id, *cells in fetch(self._connection, self._sql + which, (*self._given, given)):
                yield str(source_id), dict(zip(self._columns, cells, strict=True))
