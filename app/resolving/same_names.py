"""Names and e-mails that must be unique: the first row keeps the name, later rows get a finding."""

from itertools import groupby

from app.resolving.rule import ResolvingContext

NUMBERED = """SELECT * FROM (
        SELECT r.row row, ROW_NUMBER() OVER (PARTITION BY r.{column} ORDER BY r.row) place
        FROM rows r LEFT JOIN verdicts v ON v.row = r.row
        WHERE r.kind = ? AND r.{column} IS NOT NULL AND v.row IS NULL AND r.row > 0)
    WHERE place > 1"""

# Each named row with the targets of some of its links, and what it says about the target of the first of them.
PLACED = """SELECT (SELECT group_concat(field || target) FROM (
            SELECT s.field field, refs.target target FROM refs JOIN specs s ON s.id = refs.spec
            WHERE refs.row = r.row AND refs.target <> 0 AND s.field IN ({fields}) ORDER BY s.field)) place,
        r.name_key, r.row, (SELECT hash FROM said WHERE said.row = r.row AND said.field = ?)
    FROM rows r LEFT JOIN verdicts v ON v.row = r.row
    WHERE r.kind = ? AND r.name_key IS NOT NULL AND v.row IS NULL AND r.row > 0 ORDER BY 1, 2, 3"""


def apply(work: ResolvingContext) -> None:
    """Numbers later rows with the same name, and notes findings on them."""
    for number, kind in work.kinds:
        if kind.names.are_unique:
            later = work.db.execute(NUMBERED.format(column="name_key"), (number,)).fetchall()
            work.db.executemany(
                "INSERT OR IGNORE INTO findings VALUES (?, ?)", [(r, "duplicate_name") for r, _ in later]
            )
            work.db.executemany("INSERT INTO extras VALUES (?, 'same_name', ?)", [(r, str(n)) for r, n in later])
        if kind.names.unique_within:
            _number_within(work, number, kind.names.unique_within)
        if kind.names.shared_alias_code:
            later = work.db.execute(NUMBERED.format(column="alias"), (number,)).fetchall()
            work.db.executemany(
                "INSERT OR IGNORE INTO findings VALUES (?, ?)",
                [(row, kind.names.shared_alias_code) for row, _ in later],
            )


def _number_within(work: ResolvingContext, kind: int, links: tuple[str, ...]) -> None:
    """Numbers rows that share a name and the targets of `links`. A row that repeats an earlier one is skipped."""
    work.db.execute("CREATE INDEX IF NOT EXISTS said_row ON said (row)")
    query = PLACED.format(fields=", ".join("?" for _ in links))
    rows = work.db.execute(query, (*links, links[0], kind)).fetchall()
    for _, namesakes in groupby(rows, key=lambda row: row[:2]):
        known: list[bytes | None] = []
        for _, _, row, hash_ in namesakes:
            if hash_ in known:
                work.db.execute("INSERT INTO verdicts VALUES (?, 'skipped', 'duplicate_row')", (row,))
                continue
            known.append(hash_)
            if len(known) > 1:
                work.db.execute("INSERT OR IGNORE INTO findings VALUES (?, 'duplicate_name')", (row,))
                work.db.execute("INSERT INTO extras VALUES (?, 'same_name', ?)", (row, str(len(known))))
