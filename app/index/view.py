"""The view of a plan on an index: the rows that are left out or wait, with the rows that need them.

The sealed index never changes. A view is a temporary table of the connection.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from itertools import count

from app.index.insert import pack_id, seconds
from app.index.rows_aside import LateRows, RowsAside
from app.index.schema import ASIDE, SHARED
from app.mapping.kind_roles import MATCHED, KindRole
from app.mapping.plan import Choice, Plan
from app.mapping.rows import Outcome

UNNAMED = "unnamed:"
"""Followed by the row of a placeholder: the name of the state with the problem code of rows that name nothing."""

ALONE = "alone:"
"""Followed by the number of a kind: the name of the state with the problem code of its rows without a client."""

GOES = "(required OR follows) AND NOT merge"
"""The condition on `specs` for references whose row is left out with the target."""
_WAITS = "required AND NOT merge"

_numbers = count(1)

# Rows with members of which none moves.
_DESERTED = """SELECT r.row, s.value FROM rows r JOIN state s ON s.name = '{alone}' || r.kind
    WHERE r.row IN (SELECT m.row FROM members m JOIN {t} l ON l.row IN (m.target, m.by) AND l.waits WHERE NOT m.copy)
    AND r.row NOT IN (SELECT row FROM {t}) AND r.row NOT IN (SELECT row FROM verdicts)
    AND NOT EXISTS (SELECT 1 FROM members o WHERE o.row = r.row AND NOT o.copy
        AND o.target NOT IN (SELECT row FROM {t}) AND COALESCE(o.by, 0) NOT IN (SELECT row FROM {t}))
    AND (r.flags & {shared} OR NOT EXISTS (SELECT 1 FROM refs JOIN rows t ON t.row = refs.target
        WHERE refs.row = r.row AND t.kind IN (SELECT g.kind FROM members n JOIN rows g ON g.row = n.target
            WHERE n.row = r.row)))"""

# References that may be empty and whose target waits, unless another reference of the same problem has a target.
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

# Rows whose count of referring rows includes a waiting row, such as the user of a practitioner.
_FEWER = """SELECT refs.target, kinds.name, COUNT(*) FROM {t} l JOIN refs ON refs.row = l.row AND refs.target > 0
    JOIN rows r ON r.row = refs.row JOIN kinds ON kinds.id = r.kind LEFT JOIN verdicts v ON v.row = refs.row
    WHERE l.waits AND v.row IS NULL AND refs.target BETWEEN ? AND ? GROUP BY refs.target, kinds.name"""

# Rows that are mapped differently once the new rows wait: these rows, without those that mapping itself kept back, and
# both ends of their references.
_TOUCHED = """SELECT row FROM {new} EXCEPT SELECT row FROM {late}
    UNION SELECT refs.row FROM refs JOIN {new} n ON n.row = refs.target
    UNION SELECT refs.target FROM {new} n JOIN refs ON refs.row = n.row
    UNION SELECT leads.row FROM leads JOIN {new} n ON n.row = leads.target
    UNION SELECT leads.row FROM leads JOIN {new} n ON n.row = leads.by
    UNION SELECT members.row FROM members JOIN {new} n ON n.row IN (members.target, members.by)
    UNION SELECT members.by FROM members JOIN {new} n ON n.row = members.row"""


def choices(plan: Plan) -> Mapping[KindRole, Mapping[str, Choice]]:
    """The choices of a plan about names of the export, by role, then by source id."""
    return {role: getattr(plan, role) for role in MATCHED}


class PlanView:
    """The rows that a plan leaves out and the rows that wait for a choice of the clinic, with all rows that need them.

    `aside` are rows that the trial keeps back. These rows wait as well, unless the plan matches them with an object of
    the workspace. `table` is the temporary table of all these rows, for queries on the same connection.
    `first` and `last` of the methods are row numbers, both inclusive.
    """

    def __init__(self, connection: sqlite3.Connection, plan: Plan, aside: RowsAside | None = None) -> None:
        self._db = connection
        self.aside = aside or RowsAside()
        self._deserted: dict[int, str] = {}
        number = next(_numbers)
        self.table = f"temp.left_out_{number}"
        self._late = f"temp.late_{number}"
        self._kinds: dict[str, int] = dict(connection.execute("SELECT name, id FROM kinds"))
        self._roles: dict[str, int] = dict(connection.execute("SELECT role, id FROM kinds WHERE role IS NOT NULL"))
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
        for row in self.aside.failed:
            self._set_aside(plan, row)
        self._keep_back(self.aside.late)
        self.has_waiting = self._clients(plan, "wait") or bool(self._unnamed or self._has_aside)
        if self.has_waiting:
            self._spread(everywhere=True)

    def counts(self) -> Mapping[str, int]:
        """The number of rows that are left out, by kind, without rows that were skipped before."""
        counts = self._db.execute(f"SELECT kind, COUNT(*) FROM {self.table} WHERE row > 0 AND NOT waits GROUP BY kind")
        names = {number: name for name, number in self._kinds.items()}
        return {names[kind]: number for kind, number in counts}

    def rows(self, first: int, last: int) -> frozenset[int]:
        """The rows from `first` to `last` that are left out."""
        return self._between(first, last, waits=False)

    def waiting(self, first: int, last: int) -> frozenset[int]:
        """The rows from `first` to `last` that wait for a choice of the clinic or for a row that they need."""
        return self._between(first, last, waits=True) if self.has_waiting else frozenset()

    def unnamed(self, first: int, last: int) -> Mapping[int, str]:
        """The rows from `first` to `last` that wait because they lack a required name, with the problem code."""
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
        """The placeholders of missing names for which the plan has no choice, with their problem codes."""
        for row, code, role, source_id in self._db.execute(
            """SELECT rows.row, state.value, kinds.role, rows.source_id FROM state
            JOIN rows ON rows.row = CAST(SUBSTR(state.name, ?) AS INTEGER) JOIN kinds ON kinds.id = rows.kind
            WHERE state.name LIKE ?""",
            (len(UNNAMED) + 1, f"{UNNAMED}%"),
        ):
            if str(source_id) not in choices(plan).get(role, {}):
                yield row, code

    def partly(self, first: int, last: int) -> frozenset[int]:
        """The rows from `first` to `last` that move without one of several targets, because that target waits."""
        if not self.has_waiting:
            return frozenset()
        query = f"""SELECT DISTINCT refs.row FROM refs JOIN specs ON specs.id = refs.spec AND specs.required
            JOIN {self.table} l ON l.row = refs.target AND l.waits WHERE refs.many AND refs.row BETWEEN ? AND ?"""
        return frozenset(row for (row,) in self._db.execute(query, (first, last)))

    def deserted(self, first: int, last: int) -> Mapping[int, str]:
        """The rows from `first` to `last` that wait because none of their members moves, with the problem code."""
        return {row: code for row, code in self._deserted.items() if first <= row <= last}

    def emptied(self, first: int, last: int) -> Iterator[tuple[int, str]]:
        """The rows from `first` to `last` with a reference whose target waits and is left empty, with the code."""
        if not self.has_waiting:
            return iter(())
        query = _EMPTIED.format(t=self.table, apart=SHARED | ASIDE)
        return self._db.execute(query, (first, last))

    def fewer(self, first: int, last: int) -> Iterator[tuple[int, str, int]]:
        """The rows from `first` to `last` to which waiting rows refer, with the kind and number of these."""
        return self._db.execute(_FEWER.format(t=self.table), (first, last)) if self._has_aside else iter(())

    def late(self, first: int, last: int) -> Mapping[int, tuple[Outcome, str | None]]:
        """The rows from `first` to `last` that mapping kept back, each with its outcome and problem code."""
        if not self.aside.late:
            return {}
        query = f"SELECT row, outcome, code FROM {self._late} WHERE row BETWEEN ? AND ?"
        return {row: (Outcome(outcome), code) for row, outcome, code in self._db.execute(query, (first, last))}

    def parts_changed(self, before: "PlanView") -> frozenset[int]:
        """The numbers of parts whose rows are mapped differently than in an earlier view of the same plan and index."""
        self._db.execute("CREATE TEMP TABLE newly (row INTEGER PRIMARY KEY)")
        try:
            self._db.execute(f"INSERT INTO newly SELECT row FROM {self.table} EXCEPT SELECT row FROM {before.table}")
            touched = _TOUCHED.format(new="temp.newly", late=self._late)
            parts = self._db.execute(
                f"""SELECT DISTINCT pieces.part FROM ({touched}) t
                JOIN pieces ON pieces.first = (SELECT MAX(first) FROM pieces WHERE first <= t.row)"""
            )
            return frozenset(part for (part,) in parts)
        finally:
            self._db.execute("DROP TABLE temp.newly")

    @property
    def _has_aside(self) -> bool:
        return bool(self.aside.failed or self.aside.late)

    def _keep_back(self, late: tuple[LateRows, ...]) -> None:
        self._db.execute(f"CREATE TABLE {self._late} (row INTEGER PRIMARY KEY, outcome TEXT NOT NULL, code TEXT)")
        self._db.executemany(
            f"INSERT OR IGNORE INTO {self._late} VALUES (?, ?, ?)",
            ((row, run.outcome.value, run.code) for run in late for row in range(run.first, run.last + 1)),
        )
        if late:
            self._insert(f"SELECT rows.row, rows.kind FROM {self._late} late JOIN rows ON rows.row = late.row")

    def _set_aside(self, plan: Plan, row: int) -> None:
        query = "SELECT kinds.role, source_id FROM rows JOIN kinds ON kinds.id = rows.kind WHERE row = ?"
        for role, source_id in self._db.execute(query, (row,)).fetchall():
            if source_id is None or plan.choice(role, str(source_id)).to != "match":
                self._insert("SELECT row, kind FROM rows WHERE row = ?", (row,))

    def _desert(self) -> None:
        """Adds the rows with members of which none moves."""
        query = _DESERTED.format(t=self.table, alone=ALONE, shared=SHARED)
        deserted = dict(self._db.execute(query).fetchall())
        for row in deserted:
            self._insert("SELECT row, kind FROM rows WHERE row = ?", (row,))
        self._deserted.update(deserted)

    def _between(self, first: int, last: int, *, waits: bool) -> frozenset[int]:
        query = f"SELECT row FROM {self.table} WHERE row BETWEEN ? AND ? AND waits = ?"
        return frozenset(row for (row,) in self._db.execute(query, (first, last, waits)))

    def drop(self) -> None:
        """Drops the tables of the view. A second call changes nothing."""
        for table in (self.table, self._late):
            self._db.execute(f"DROP TABLE IF EXISTS {table}")

    def _choose(self, plan: Plan) -> None:
        for role, chosen in choices(plan).items():
            for source_id, choice in chosen.items():
                if choice.to == "leave_out" and role in self._roles:
                    self._insert(
                        "SELECT row, kind FROM things WHERE kind = ? AND id = ?",
                        (self._roles[role], pack_id(source_id)),
                    )

    def _clients(self, plan: Plan, to: str) -> bool:
        """Adds the clients with this choice. Returns whether there are any."""
        chosen = [source_id for source_id, choice in plan.clients.items() if choice.to == to]
        for source_id in chosen if KindRole.CLIENT in self._roles else ():
            place = (self._roles[KindRole.CLIENT], pack_id(source_id))
            self._insert("SELECT row, kind FROM things WHERE kind = ? AND id = ?", place)
        return bool(chosen)

    def _before(self, plan: Plan) -> None:
        if plan.leave_out_before is not None and KindRole.VISIT in self._roles:
            self._insert(
                "SELECT row, kind FROM rows WHERE kind = ? AND row > 0 AND starts_at < ?",
                (self._roles[KindRole.VISIT], seconds(plan.leave_out_before)),
            )

    def _needed(self, kinds: list[int]) -> bool:
        """Whether rows of other kinds are left out with rows of these kinds."""
        targets = self._db.execute(f"SELECT target FROM specs WHERE {GOES}")
        return any(target in kinds for (target,) in targets)

    def _spread(self, *, everywhere: bool) -> None:
        """Adds the rows that are left out or wait with a row of the view, until no more follow.

        Rows that need a waiting row wait. Rows that need or follow a row that is left out are left out. A row with
        several targets in a link follows only when none of them moves.
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

    def _insert(self, query: str, values: tuple[int | str | None, ...] = ()) -> None:
        self._db.execute(
            f"""INSERT OR IGNORE INTO {self.table} SELECT f.row, f.kind, {int(self._waits)} FROM ({query}) f
            WHERE NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.row = f.row AND v.outcome = 'skipped')""",
            values,
        )

    def _size(self) -> int:
        size: int = self._db.execute(f"SELECT COUNT(*) FROM {self.table}").fetchone()[0]
        return size
