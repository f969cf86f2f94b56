"""E9: no word of any cell is in a log, in the ledger's lines for people, or in a mail."""

from sqlmodel import select

from app.migration.models import AuditEntry, OutboxMail, ProblemLine
from tests.world.left import Left

PIECE = 1 << 20


def check(left: Left) -> list[str]:
    secrets = [secret.encode() for secret in sorted(left.manifest.secrets)]
    wrong = [] if secrets else ["there is nothing to look for"]
    for log in left.logs:
        if log.exists() and (found := _count_secrets(log.read_bytes(), secrets)):
            wrong.append(f"{log.name}: {found} words of cells")
    with left.runtime.ledger.read() as session:
        for table in (AuditEntry, OutboxMail, ProblemLine):
            for line in session.exec(select(table)):
                if _count_secrets(line.model_dump_json().encode(), secrets):
                    wrong.append(f"{table.__tablename__}: a word of a cell")
                    break
    return wrong


def _count_secrets(text: bytes, secrets: list[bytes]) -> int:
    return sum(secret in text for secret in secrets)
