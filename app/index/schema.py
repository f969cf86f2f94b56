"""The tables of the index: rows and references while an export is read, verdicts and targets once it is resolved.

Raise MEANING when the values of a column change their meaning while the tables stay the same.
"""

import hashlib

MEANING = 4

WHILE_READING = (
    # Small tables: kinds, kinds of references, and the row numbers of each part.
    """CREATE TABLE kinds (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, position INTEGER, imported INTEGER,
        tables TEXT, people INTEGER NOT NULL DEFAULT 0, role TEXT)""",
    """CREATE TABLE specs (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, field TEXT NOT NULL, target INTEGER NOT NULL,
        required INTEGER NOT NULL, orphan TEXT, several TEXT, merge INTEGER NOT NULL,
        follows INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE pieces (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, kind INTEGER NOT NULL,
        part INTEGER NOT NULL, file INTEGER NOT NULL)""",
    # A numeric id is kept as a number: half the size, and joins run twice as fast.
    """CREATE TABLE rows (row INTEGER PRIMARY KEY, kind INTEGER NOT NULL, line INTEGER NOT NULL, source_id,
        updated_at INTEGER, created_at INTEGER, starts_at INTEGER, ends_at INTEGER, flags INTEGER NOT NULL,
        name TEXT, name_key TEXT, alias TEXT, twin BLOB, namesake BLOB)""",
    # `many`: the row has several ids in this link.
    """CREATE TABLE raw_refs (row INTEGER NOT NULL, spec INTEGER NOT NULL, place INTEGER NOT NULL, id, name TEXT,
        many INTEGER NOT NULL)""",
    """CREATE TABLE mentions (id INTEGER PRIMARY KEY, tbl TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL,
        more TEXT NOT NULL DEFAULT '', kind INTEGER, made INTEGER, UNIQUE (tbl, key))""",
    # The names that rows give for the targets of their ids, such as a practitioner's. Used for things without a row.
    "CREATE TABLE called (row INTEGER NOT NULL, kind INTEGER NOT NULL, id, name TEXT NOT NULL)",
    "CREATE TABLE mentioned (mention INTEGER NOT NULL, row INTEGER NOT NULL)",
    "CREATE TABLE codes (row INTEGER NOT NULL, code TEXT NOT NULL)",
    "CREATE TABLE verdicts (row INTEGER PRIMARY KEY, outcome TEXT NOT NULL, code TEXT NOT NULL)",
    "CREATE TABLE said (row INTEGER NOT NULL, field TEXT NOT NULL, hash BLOB)",
    "CREATE TABLE spans (row INTEGER NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL)",
    "CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    # Attachments, until resolving. `claimed` is the number of the file whose row names the attachment.
    """CREATE TABLE attachments (path TEXT PRIMARY KEY, root TEXT NOT NULL, key TEXT NOT NULL, owner TEXT,
        name_key TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT, content_type TEXT, code TEXT, claimed INTEGER)
        WITHOUT ROWID""",
    "CREATE INDEX attachments_key ON attachments (key)",
    "CREATE INDEX attachments_owner ON attachments (owner, name_key)",
)

WHILE_RESOLVING = (
    # The row that counts for an id, chosen by the rules for duplicates of `many` rows.
    "CREATE TABLE things (kind INTEGER, id, row INTEGER NOT NULL, many INTEGER, PRIMARY KEY (kind, id)) WITHOUT ROWID",
    "CREATE TABLE redirects (row INTEGER PRIMARY KEY, survivor INTEGER NOT NULL)",
    """CREATE TABLE refs (row INTEGER, spec INTEGER, place INTEGER, target INTEGER, many INTEGER NOT NULL,
        PRIMARY KEY (row, spec, place)) WITHOUT ROWID""",
    "CREATE TABLE findings (row INTEGER, code TEXT, PRIMARY KEY (row, code)) WITHOUT ROWID",
    "CREATE TABLE extras (row INTEGER, name TEXT, value TEXT, PRIMARY KEY (row, name)) WITHOUT ROWID",
    "CREATE TABLE told (code TEXT, kind INTEGER, count INTEGER NOT NULL, PRIMARY KEY (code, kind))",
    # Mentions that the placeholders of a kind need.
    "CREATE TABLE companions (kind INTEGER NOT NULL, mention INTEGER NOT NULL)",
    # The members of a shared row: `target` is the client, `by` the member's own row, `main` the own row that counts.
    """CREATE TABLE members (row INTEGER, target INTEGER, by INTEGER, main INTEGER, key TEXT NOT NULL,
        copy INTEGER NOT NULL)""",
    # References to a shared row or to a member's own row: the record that they mean.
    """CREATE TABLE leads (row INTEGER, spec INTEGER, place INTEGER, target INTEGER NOT NULL, by INTEGER,
        key TEXT NOT NULL, PRIMARY KEY (row, spec, place)) WITHOUT ROWID""",
    # `row` is left out with the row `target`. Only for targets that a plan can leave out.
    """CREATE TABLE needs (target INTEGER, row INTEGER, spec INTEGER, many INTEGER NOT NULL,
        PRIMARY KEY (target, row, spec)) WITHOUT ROWID""",
)

DELETED, ARCHIVED, MERGED, CANCELLED, SHARED, ASIDE, ATTENDED, MISSED, YIELDS = 1, 2, 4, 8, 16, 32, 64, 128, 256
ZONE_ASSUMED, LIVE = 512, 1024
"""Flags of a row. A SHARED row has a record for each of its members, an ASIDE row has no record of its kind.
YIELDS: another row with the same id counts before this row. ZONE_ASSUMED: a time of the row has no offset. LIVE: an
earlier import brought the record, and the export has no row for it. Rows with numbers below 0 are placeholders for
referenced things without a row."""


def format_of(meaning: int, *statements: str) -> int:
    """A number from 1 to 2**31 - 1. The same tables with the same meaning give the same number."""
    text = "\n".join((str(meaning), *statements)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "big") % (2**31 - 1) + 1


FORMAT = format_of(MEANING, *WHILE_READING, *WHILE_RESOLVING)
"""The format of an index, in `PRAGMA user_version` of its file. An index of an earlier product version has 0."""
