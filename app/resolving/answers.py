"""One thing said of each pair, such as a client's answer to a question: of several, the one that was told last counts.

Answers may stand in rows of their own and in their clients' rows. Those of their own are read later, and count.
"""

from app.mapping.kind import Kind
from app.resolving.rule import ResolvingContext

ANSWERS = """CREATE TEMP TABLE answers AS SELECT a.row row, a.target one, b.target other
    FROM refs a JOIN specs sa ON sa.id = a.spec AND sa.kind = :kind AND sa.field = :one
    JOIN refs b ON b.row = a.row JOIN specs sb ON sb.id = b.spec AND sb.field = :other
    LEFT JOIN verdicts v ON v.row = a.row WHERE v.row IS NULL AND a.target <> 0 AND b.target <> 0"""

EARLIER = """INSERT INTO verdicts SELECT e.row, 'skipped', :code FROM answers e
    WHERE EXISTS (SELECT 1 FROM answers l WHERE l.one = e.one AND l.other = e.other AND l.row > e.row)"""

# In the row of the first of the pair: a client's row that refers to the question itself.
BESIDE = """SELECT refs.row, s.field, answers.row, COALESCE(mine.hash, '') = COALESCE(theirs.hash, '')
    FROM answers JOIN refs ON refs.row = answers.one AND refs.target = answers.other
    JOIN specs s ON s.id = refs.spec LEFT JOIN verdicts v ON v.row = answers.row
    LEFT JOIN said mine ON mine.row = refs.row AND mine.field = s.field
    LEFT JOIN said theirs ON theirs.row = answers.row AND theirs.field = :other
    WHERE v.row IS NULL"""


def apply(work: ResolvingContext) -> None:
    for number, kind in work.kinds:
        if kind.identity.unique_pairs:
            _settle(work, number, kind)


def _settle(work: ResolvingContext, number: int, kind: Kind[object]) -> None:
    one, other = kind.identity.unique_pairs
    values = {"kind": number, "one": one, "other": other, "code": kind.identity.later_row_code}
    work.db.execute(ANSWERS, values)
    work.db.execute("CREATE INDEX temp.answers_pair ON answers (one, other, row)")
    work.db.execute("CREATE INDEX IF NOT EXISTS said_row ON said (row)")
    work.db.execute(EARLIER, values)
    for row, field, answer, is_alike in work.db.execute(BESIDE, values).fetchall():
        work.db.execute("INSERT OR IGNORE INTO extras VALUES (?, ?, '1')", (row, f"answered {field}"))
        if not is_alike:
            work.db.execute("INSERT OR IGNORE INTO findings VALUES (?, ?)", (answer, kind.identity.later_row_code))
    work.db.execute("DROP TABLE temp.answers")
