"""Clients' files: their owner, files with the same bytes, and files with the same name."""

from collections import defaultdict

from app.mapping.client_files import safe_name
from app.mapping.names import normalise_name
from app.mapping.traits import Filing
from app.resolving import earlier_files
from app.resolving.rule import ResolvingContext

# Files whose row and folder name different clients, after merges. An unknown id of a folder is a different client.
TWO_OWNERS = """INSERT INTO verdicts SELECT a.row, 'held', :code FROM refs a
    JOIN specs sa ON sa.id = a.spec AND sa.kind = :kind AND sa.field = :by
    JOIN refs b ON b.row = a.row JOIN specs sb ON sb.id = b.spec AND sb.field = :under
    WHERE b.target IS NOT a.target ON CONFLICT (row) DO UPDATE SET code = excluded.code
    WHERE verdicts.code IN (SELECT orphan FROM specs WHERE kind = :kind UNION SELECT 'parent_not_imported')"""

# Files in a folder with only a name that exactly one person has, whether that person moves or not.
BY_NAME = """INSERT OR IGNORE INTO verdicts SELECT said.row, 'held', :code FROM said
    JOIN rows r ON r.row = said.row AND r.kind = :kind WHERE said.field = 'named' AND 1 = (
        SELECT COUNT(*) FROM rows p JOIN things t ON t.kind = p.kind AND t.id = p.source_id AND t.row = p.row
        WHERE p.kind = :people AND p.namesake = said.hash AND p.row NOT IN (SELECT row FROM redirects))"""

OWNED = """CREATE TEMP TABLE owned AS SELECT r.row row, refs.target owner, said.hash bytes, r.name_key name_key,
        r.name name FROM rows r JOIN refs ON refs.row = r.row
    JOIN specs s ON s.id = refs.spec AND s.kind = :kind AND s.field = :by
    JOIN said ON said.row = r.row AND said.field = 'bytes' LEFT JOIN verdicts v ON v.row = r.row
    WHERE r.kind = :kind AND v.row IS NULL AND r.name IS NOT NULL AND refs.target <> 0"""

AGAIN = """INSERT INTO verdicts SELECT row, 'skipped', :code FROM (SELECT row,
        ROW_NUMBER() OVER (PARTITION BY owner, bytes ORDER BY row) place FROM owned) WHERE place > 1"""

ALIKE = """SELECT o.owner, o.name_key, o.row, o.name FROM owned o JOIN (
        SELECT owner, name_key FROM owned GROUP BY owner, name_key HAVING COUNT(*) > 1) USING (owner, name_key)
    ORDER BY o.owner, o.name_key, o.row"""


def apply(work: ResolvingContext) -> None:
    """Holds files with a doubtful owner, skips copies, numbers equal names, and finds the records of earlier imports.

    Drops the table of attachments.
    """
    for number, kind in work.kinds:
        if kind.filing and kind.imported:
            people = next(p.column.links_to for p in kind.columns if p.name == kind.filing.owner_link)
            _settle(work, number, kind.filing, work.numbers.get(str(people)))
            earlier_files.settle(work, number, kind, kind.filing.owner_link)
    work.db.execute("DROP TABLE attachments")  # every row has its file by now


def _settle(work: ResolvingContext, number: int, filing: Filing, people: int | None) -> None:
    work.db.execute("CREATE INDEX IF NOT EXISTS said_row ON said (row)")
    both = {"kind": number, "by": filing.owner_link}
    work.db.execute(TWO_OWNERS, {**both, "under": filing.folder_link, "code": filing.conflict_code})
    work.db.execute(BY_NAME, {"kind": number, "people": people, "code": filing.folder_name_code})
    work.db.execute(OWNED, both)
    work.db.execute(AGAIN, {"code": filing.duplicate_code})
    work.db.execute("DELETE FROM owned WHERE row IN (SELECT row FROM verdicts)")
    work.db.execute("CREATE INDEX temp.owned_name ON owned (owner, name_key)")
    alike: dict[tuple[int, str], list[tuple[int, str]]] = defaultdict(list)
    for owner, key, row, name in work.db.execute(ALIKE):
        alike[owner, key].append((row, name))
    for (owner, _), (_, *later) in alike.items():
        _rename(work, owner, later, filing.renamed_code)
    work.db.execute("DROP TABLE temp.owned")


def _rename(work: ResolvingContext, owner: int, later: list[tuple[int, str]], code: str) -> None:
    """Numbers later files with the same name. The first file keeps its name."""
    number = 1
    for row, name in later:
        folder, _, last = name.rpartition("/")
        while True:
            number += 1
            key = normalise_name(f"{folder}/{safe_name(last, number)}")
            taken = "SELECT 1 FROM owned WHERE owner = ? AND name_key = ?"
            if not work.db.execute(taken, (owner, key)).fetchone():
                break
        work.db.execute("INSERT INTO extras VALUES (?, 'same_file_name', ?)", (row, str(number)))
        work.db.execute("INSERT OR IGNORE INTO findings VALUES (?, ?)", (row, code))
