"""What one plan leaves out: the rows that the clinic does not want, and the rows that stay behind with them.

The sealed index never changes; a plan's view of it lives in temporary tables of the connection.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from itertools import count

from app.index.insert import pack_id, seconds
from app.index.schema import ASIDE, SHARED
from app.mapping.plan import Choice, Plan

DATED = "appointments"
"""The kind that `leave_out_before` speaks of."""

CLIENTS = "patients"
"""The kind of those who may be in Caspen already."""

UNNAMED = "unnamed:"
"""With its row: the state that gives the problem code of rows that refer to nothing by name."""

ALONE = "alone:"
"""With a kind's number: the state that gives the problem code of its rows that are nobody's."""

GOES = "(required OR follows) AND NOT merge"
"""The references, as rows of `specs`, whose row is left out with what the reference leads to."""
_WAITS = "required AND NOT merge"

_numbers = count(1)

# Rows that several share or others tell of, and of whose members none moves any more.
_DESERTED = """SELECT r.row, s.value FROM rows r JOIN state s ON s.name = '{alone}' || r.kind
    WHERE r.row IN (SELECT m.row FROM members m JOIN {t} l ON l.row IN (m.target, m.by) AND l.waits WHERE NOT m.copy)
    AND r.row NOT IN (SELECT row FROM {t}) AND r.row NOT IN (SELECT row FROM verdicts)
    AND NOT EXISTS (SELECT 1 FROM members o WHERE o.row = r.row AND NOT o.copy
        AND o.target NOT IN (SELECT row FROM {t}) AND COALESCE(o.by, 0) NOT IN (SELECT row FROM {t}))
    AND (r.flags & {shared} OR NOT EXISTS (SELECT 1 FROM refs JOIN rows t ON t.row = refs.target
        WHERE refs.row = r.row AND t.kind IN (SELECT g.kind FROM members n JOIN rows g ON g.row = n.target
            WHERE n.row = r.row)))"""

# References that may be empty and lead to what waits; one more of the same meaning that leads somewhere is enough.
_EMPTIED = """SELECT DISTINCT refs.row, s.orphan FROM refs
    JOIN specs s ON s.id = refs.spec AND NOT s.required AND s.orphan IS NOT NULL
    LEFT JOIN leads d ON d.row = refs.row AND d.spec = refs.spec AND d.place = refs.place
    JOIN {t} l ON l.row IN (COALESCE(d.target, refs.target), d.by) AND l.waits
    WHERE refs.row BETWEEN ? AND ? AND NOT EXISTS (SELECT 1 FROM refs o
        JOIN specs os ON os.id = o.spec AND os.orphan = s.orphan AND NOT os.required
        JOIN rows ot ON ot.row = o.target
        LEFT JOIN leads od ON od.row = o.row AND od.spec = o.spec AND od.place = o.place
        WHERE o.row = refs.row AND (od.row IS NOT NULL OR NOT ot.flags & {apart})
        AND COALESCE(od.target, o.target) NOT IN (SELECT row FROM verdicts)
        AND COALESCE(od.target, o.target) NOT IN (SELECT row FROM {t})
        AND COALESCE(od.by, 0) NOT IN (SELECT row FROM {t}))"""

# Rows that another waiting row is counted for, such as the user of a practitioner.
_FEWER = """SELECT refs.target, kinds.name, COUNT(*) FROM {t} l JOIN refs ON refs.row = l.row AND refs.target > 0
    JOIN rows r ON r.row = refs.row JOIN kinds ON kinds.id = r.kind LEFT JOIN verdicts v ON v.row = refs.row
    WHERE l.waits AND v.row IS NULL AND refs.target BETWEEN ? AND ? GROUP BY refs.target, kinds.name"""

# Rows that are mapped in another way once these wait: they and their neighbours, on either side of a reference.
_TOUCHED = """SELECT row FROM {new} UNION SELECT refs.row FROM refs JOIN {new} n ON n.row = refs.target
    UNION SELECT refs.target FROM {new} n JOIN refs ON refs.row = n.row
    UNION SELECT leads.row FROM leads JOIN {new} n ON n.row = leads.target
    UNION SELECT leads.row FROM leads JOIN {new} n ON n.row = leads.by
    UNION SELECT members.row FROM members JOIN {new} n ON n.row IN (members.target, members.by)
    UNION SELECT members.by FROM members JOIN {new} n ON n.row = members.row"""


def choices(plan: Plan) -> Mapping[str, Mapping[str, Choice]]:
    """The plan's choices by kind."""
    return {
        "businesses": plan.locations,
        "users": plan.users,
        "practitioners": plan.practitioners,
        "appointment_types": plan.services,
    }


class PlanView:
    """The rows that a plan leaves out, and those that wait for a choice of the clinic with all that hangs on them.

    `set_aside` are rows at which a trial's own work failed: they wait like those, unless the plan matches them to an
    object of the workspace, which is there all the same. `table` names all of these rows, for queries on the same
    connection.
    """

    def __init__(self, connection: sqlite3.Connection, plan: Plan, set_aside: Collection[int] = ()) -> None:
        self._db = connection
        self.set_aside = frozenset(set_aside)
        self._deserted: dict[int, str] = {}
        self.table = f"temp.left_out_{next(_numbers)}"
        self._kinds: dict[str, int] = dict(connection.execute("SELECT name, id FROM kinds"))
        self._waits = False
        connection.execute(
            f"CREATE TABLE {self.table} (row INTEGER PRIMARY KEY, kind INTEGER NOT NULL, waits INTEGER NOT NULL)"
        )
        with_kinds = [self._kinds[k] for k in plan.leave_out_kinds if k in self._kinds]
        self._choose(plan)
        self._before(plan)
        for kind in with_kinds:
            self._insert("SELECT row, kind FROM rows WHERE kind = ?", (kind,))
        gone = self._clients(plan, "leave_out")
        if self._size():
            self._spread(everywhere=gone or self._needed(with_kinds))
        self._waits = True
        self._unnamed = dict(self._undecided(plan))
        for row in self._unnamed:
            self._insert("SELECT row, kind FROM rows WHERE row = ?", (row,))
        for row in self.set_aside:
            self._set_aside(plan, row)
        self.has_waiting = self._clients(plan, "wait") or bool(self._unnamed or self.set_aside)
        if self.has_waiting:
            self._spread(everywhere=True)

    def counts(self) -> Mapping[str, int]:
        """How many rows are left out, by kind; rows that do not move anyway are not counted."""
        found = self._db.execute(f"SELECT kind, COUNT(*) FROM {self.table} WHERE row > 0 AND NOT waits GROUP BY kind")
        names = {number: name for name, number in self._kinds.items()}
        return {names[kind]: number for kind, number in found}

    def rows(self, first: int, last: int) -> frozenset[int]:
        """The rows left out among those numbered from first to last."""
        return self._between(first, last, waits=False)

    def waiting(self, first: int, last: int) -> frozenset[int]:
        """The rows among these that wait, because they or what they need may be in Caspen already."""
        return self._between(first, last, waits=True) if self.has_waiting else frozenset()

    def unnamed(self, first: int, last: int) -> Mapping[int, str]:
        """The rows among these that name nothing where they must and wait for the clinic's choice, with the code."""
        return {
            row: code
            for target, code in self._unnamed.items()
            for (row,) in self._db.execute(
                """SELECT refs.row FROM refs JOIN specs ON specs.id = refs.spec AND specs.required
                WHERE refs.target = ? AND refs.row BETWEEN ? AND ?""",
                (target, first, last),
            )
        }

    def _undecided(self, plan: Plan) -> Iterator[tuple[int, str]]:
        """The rows that take the place of a missing name, and about which the plan says nothing, with their codes."""
        for row, code, kind, source_id in self._db.execute(
            """SELECT rows.row, state.value, kinds.name, rows.source_id FROM state
            JOIN rows ON rows.row = CAST(SUBSTR(state.name, ?) AS INTEGER) JOIN kinds ON kinds.id = rows.kind
            WHERE state.name LIKE ?""",
            (len(UNNAMED) + 1, f"{UNNAMED}%"),
        ):
            if str(source_id) not in choices(plan).get(kind, {}):
                yield row, code

    def partly(self, first: int, last: int) -> frozenset[int]:
        """The rows among these that go on without one of several things that they name, because it waits."""
        if not self.has_waiting:
            return frozenset()
        query = f"""SELECT DISTINCT refs.row FROM refs JOIN specs ON specs.id = refs.spec AND specs.required
            JOIN {self.table} l ON l.row = refs.target AND l.waits WHERE refs.many AND refs.row BETWEEN ? AND ?"""
        return frozenset(row for (row,) in self._db.execute(query, (first, last)))

    def deserted(self, first: int, last: int) -> Mapping[int, str]:
        """The rows among these that wait because none of their members moves, with the code of their kind."""
        return {row: code for row, code in self._deserted.items() if first <= row <= last}

    def emptied(self, first: int, last: int) -> Iterator[tuple[int, str]]:
        """The rows among these with a reference that is empty because its target waits, with the problem's code."""
        if not self.has_waiting:
            return iter(())
        query = _EMPTIED.format(t=self.table, apart=SHARED | ASIDE)
        return self._db.execute(query, (first, last))

    def fewer(self, first: int, last: int) -> Iterator[tuple[int, str, int]]:
        """The rows among these to which waiting rows refer: of which kind these are, and how many."""
        return self._db.execute(_FEWER.format(t=self.table), (first, last)) if self.set_aside else iter(())

    def parts_changed(self, before: "PlanView") -> frozenset[int]:
        """The parts with rows that are mapped in another way than in an earlier view of the same plan and index."""
        self._db.execute("CREATE TEMP TABLE newly (row INTEGER PRIMARY KEY)")
        try:
            self._db.execute(f"INSERT INTO newly SELECT row FROM {self.table} EXCEPT SELECT row FROM {before.table}")
            touched = _TOUCHED.format(new="temp.newly")
            found = self._db.execute(
                f"""SELECT DISTINCT pieces.part FROM ({touched}) t
                JOIN pieces ON pieces.first = (SELECT MAX(first) FROM pieces WHERE first <= t.row)"""
            )
            return frozenset(part for (part,) in found)
        finally:
            self._db.execute("DROP TABLE temp.newly")

    def _set_aside(self, plan: Plan, row: int) -> None:
        query = "SELECT kinds.name, source_id FROM rows JOIN kinds ON kinds.id = rows.kind WHERE row = ?"
        found = self._db.execute(query, (row,)).fetchone()
        if found is None or (found[1] is not None and plan.choice(found[0], str(found[1])).to == "match"):
            return
        self._insert("SELECT row, kind FROM rows WHERE row = ?", (row,))

    def _desert(self) -> None:
        """Adds the rows of which no member moves any more."""
        query = _DESERTED.format(t=self.table, alone=ALONE, shared=SHARED)
        found = dict(self._db.execute(query).fetchall())
        for row in found:
            self._insert("SELECT row, kind FROM rows WHERE row = ?", (row,))
        self._deserted.update(found)

    def _between(self, first: int, last: int, *, waits: bool) -> frozenset[int]:
        query = f"SELECT row FROM {self.table} WHERE row BETWEEN ? AND ? AND waits = ?"
        return frozenset(row for (row,) in self._db.execute(query, (first, last, waits)))

    def drop(self) -> None:
        self._db.execute(f"DROP TABLE IF EXISTS {self.table}")

    def _choose(self, plan: Plan) -> None:
        for kind, chosen in choices(plan).items():
            for source_id, choice in chosen.items():
                if choice.to == "leave_out" and kind in self._kinds:
                    self._insert(
                        "SELECT row, kind FROM things WHERE kind = ? AND id = ?",
                        (self._kinds[kind], pack_id(source_id)),
                    )

    def _clients(self, plan: Plan, to: str) -> bool:
        """Adds the clients of whom this is chosen, and says whether there are any."""
        chosen = [source_id for source_id, choice in plan.clients.items() if choice.to == to]
        for source_id in chosen if CLIENTS in self._kinds else ():
            place = (self._kinds[CLIENTS], pack_id(source_id))
            self._insert("SELECT row, kind FROM things WHERE kind = ? AND id = ?", place)
        return bool(chosen)

    def _before(self, plan: Plan) -> None:
        if plan.leave_out_before is not None and DATED in self._kinds:
            self._insert(
                "SELECT row, kind FROM rows WHERE kind = ? AND starts_at < ?",
                (self._kinds[DATED], seconds(plan.leave_out_before)),
            )

    def _needed(self, kinds: list[int]) -> bool:
        """Whether other rows are left out with one of these kinds."""
        found = self._db.execute(f"SELECT target FROM specs WHERE {GOES}")
        return any(target in kinds for (target,) in found)

    def _spread(self, *, everywhere: bool) -> None:
        """Adds the rows that go or wait with a row that is here, until there are no more of them.

        What waits takes along the rows that cannot be without it; what is left out, those that follow it as well.

        A row with several targets in one link goes only when all of them have gone.
        """
        single = "SELECT needs.row FROM needs JOIN {t} l ON l.row = needs.target WHERE NOT needs.many"
        several = "SELECT needs.row, needs.spec FROM needs JOIN {t} l ON l.row = needs.target WHERE needs.many"
        if everywhere:
            source = f"refs JOIN specs ON specs.id = refs.spec AND {_WAITS if self._waits else GOES}"
            single = f"SELECT refs.row FROM {source} JOIN {{t}} l ON l.row = refs.target WHERE NOT refs.many"
            several = f"SELECT refs.row, refs.spec FROM {source} JOIN {{t}} l ON l.row = refs.target WHERE refs.many"
        size = 0
        while size != (size := self._size()):
            self._insert(f"SELECT row, kind FROM rows WHERE row IN ({single.format(t=self.table)})")
            self._insert(
                f"""SELECT rows.row, rows.kind FROM ({several.format(t=self.table)}) c JOIN rows ON rows.row = c.row
                WHERE NOT EXISTS (SELECT 1 FROM refs o WHERE o.row = c.row AND o.spec = c.spec
                    AND o.target IS NOT NULL AND o.target NOT IN (SELECT row FROM {self.table})
                    AND o.target NOT IN (SELECT row FROM verdicts))"""
            )
            if self._waits:
                self._desert()

    def _insert(self, found: str, values: tuple[int | str | None, ...] = ()) -> None:
        self._db.execute(
            f"""INSERT OR IGNORE INTO {self.table} SELECT f.row, f.kind, {int(self._waits)} FROM ({found}) f
            WHERE NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.row = f.row AND v.outcome = 'skipped')""",
            values,
        )

    def _size(self) -> int:
        found: int = self._db.execute(f"SELECT COUNT(*) FROM {self.table}").fetchone()[0]
        return found
