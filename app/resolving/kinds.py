"""The kinds of the index: which kinds move, and the names of their rows. Rows of other kinds are only counted."""

from app.mapping.names import normalise_person
from app.resolving.rule import ResolvingContext


def apply(work: ResolvingContext) -> None:
    """Fills the table of kinds, removes verdicts of kinds that do not move, and indexes names without titles."""
    places = {kind.name: (position, kind) for position, kind in enumerate(work.source.kinds)}
    for name, number in work.numbers.items():
        position, kind = places.get(name, (len(places), None))
        work.db.execute(
            "UPDATE kinds SET position = ?, imported = ?, tables = ?, people = ?, role = ? WHERE id = ?",
            (
                position,
                bool(kind and kind.imported),
                " ".join(kind.tables) if kind else "",
                bool(kind and kind.names.are_people),
                kind.role if kind else None,
                number,
            ),
        )
    work.db.execute(
        """DELETE FROM verdicts WHERE row IN (SELECT v.row FROM verdicts v JOIN rows ON rows.row = v.row
        JOIN kinds ON kinds.id = rows.kind WHERE NOT kinds.imported)"""
    )
    work.db.execute(
        """DELETE FROM mentioned WHERE row IN (SELECT m.row FROM mentioned m JOIN rows ON rows.row = m.row
        JOIN kinds ON kinds.id = rows.kind WHERE NOT kinds.imported)"""
    )
    for number, kind in work.kinds:
        for table in kind.naming.record_makers:
            work.db.execute("UPDATE mentions SET kind = ? WHERE tbl = ? AND kind IS NULL", (number, table))
        if kind.names.are_people:
            _without_titles(work, number)
    work.db.execute("CREATE INDEX rows_name ON rows (kind, name_key) WHERE name_key IS NOT NULL")
    work.db.execute("CREATE INDEX rows_alias ON rows (kind, alias) WHERE alias IS NOT NULL")


def _without_titles(work: ResolvingContext, kind: int) -> None:
    rows = work.db.execute("SELECT name_key, alias, row FROM rows WHERE kind = ? AND name_key IS NOT NULL", (kind,))
    work.db.executemany(
        "UPDATE rows SET name_key = ?, alias = ? WHERE row = ?",
        [(normalise_person(name), normalise_person(alias) if alias else None, row) for name, alias, row in rows],
    )
