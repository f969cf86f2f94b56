"""Names and e-mails that must be unique: the first row keeps the name, later rows get a finding."""

from app.resolving.rule import ResolvingContext

NUMBERED = """SELECT * FROM (
        SELECT r.row row, ROW_NUMBER() OVER (PARTITION BY r.{column} ORDER BY r.row) place
        FROM rows r LEFT JOIN verdicts v ON v.row = r.row
        WHERE r.kind = ? AND r.{column} IS NOT NULL AND v.row IS NULL AND r.row > 0)
    WHERE place > 1"""


def apply(work: ResolvingContext) -> None:
    """Numbers later rows with the same name, and notes findings on them."""
    for number, kind in work.kinds:
        if kind.names.are_unique:
            later = work.db.execute(NUMBERED.format(column="name_key"), (number,)).fetchall()
            work.db.executemany(
                "INSERT OR IGNORE INTO findings VALUES (?, ?)", [(r, "duplicate_name") for r, _ in later]
            )
            work.db.executemany("INSERT INTO extras VALUES (?, 'same_name', ?)", [(r, str(n)) for r, n in later])
        if kind.names.shared_alias_code:
            later = work.db.execute(NUMBERED.format(column="alias"), (number,)).fetchall()
            work.db.executemany(
                "INSERT OR IGNORE INTO findings VALUES (?, ?)",
                [(row, kind.names.shared_alias_code) for row, _ in later],
            )
