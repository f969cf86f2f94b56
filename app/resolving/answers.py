"""Rows that answer for a pair, such as a client and a question: of several rows for one pair, the last row counts.

An answer may also be in a column of the client's row. Then the row of the answer counts.
"""

from app.mapping.kind import Kind
from app.resolving.rule import ResolvingContext

ANSWERS = """CREATE TEMP TABLE answers AS SELECT a.row row, a.target first, b.target second
    FROM refs a JOIN specs sa ON sa.id = a.spec AND sa.kind = :kind AND sa.field = :first
    JOIN refs b ON b.row = a.row JOIN specs sb ON sb.id = b.spec AND sb.field = :second
    LEFT JOIN verdicts v ON v.row = a.row WHERE v.row IS NULL AND a.target <> 0 AND b.target <> 0"""

EARLIER = """INSERT INTO verdicts SELECT e.row, 'skipped', :code FROM answers e
    WHERE EXISTS (SELECT 1 FROM answers l WHERE l.first = e.first AND l.second = e.second AND l.row > e.row)"""

# Answers in the row of the first of the pair: a client's row that refers to the question.
IN_CLIENT_ROW = """SELECT refs.row, s.field, answers.row, COALESCE(mine.hash, '') = COALESCE(theirs.hash, '')
    FROM answers JOIN refs ON refs.row = answers.first AND refs.target = answers.second
    JOIN specs s ON s.id = refs.spec LEFT JOIN verdicts v ON v.row = answers.row
    LEFT JOIN said mine ON mine.row = refs.row AND mine.field = s.field
    LEFT JOIN said theirs ON theirs.row = answers.row AND theirs.field = :second
    WHERE v.row IS NULL"""


def apply(work: ResolvingContext) -> None:
    """Skips earlier answers, and marks client rows whose column has an answer in a row of its own."""
    for number, kind in work.kinds:
        if kind.identity.unique_link_pair:
            _settle(work, number, kind)


def _settle(work: ResolvingContext, number: int, kind: Kind[object]) -> None:
    first, second = kind.identity.unique_link_pair
    values = {"kind": number, "first": first, "second": second, "code": kind.identity.later_row_code}
    work.db.execute(ANSWERS, values)
    work.db.execute("CREATE INDEX temp.answers_pair ON answers (first, second, row)")
    work.db.execute("CREATE INDEX IF NOT EXISTS said_row ON said (row)")
    work.db.execute(EARLIER, values)
    for row, field, answer, is_alike in work.db.execute(IN_CLIENT_ROW, values).fetchall():
        work.db.execute("INSERT OR IGNORE INTO extras VALUES (?, ?, '1')", (row, f"answered {field}"))
        if not is_alike:
            work.db.execute("INSERT OR IGNORE INTO findings VALUES (?, ?)", (answer, kind.identity.later_row_code))
    work.db.execute("DROP TABLE temp.answers")
