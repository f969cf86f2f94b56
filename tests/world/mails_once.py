"""E7: each mail that an event causes was sent once; a second copy has the very same Message-ID."""

from collections import Counter

from sqlmodel import col, select

from app.migration.models import AuditEntry, OutboxMail
from app.migration.outbox import recipients
from app.migration.states import MOVES, Event
from tests.world.left import Left

CAUSES = {(move.event.value, state.value): move.mail for move in MOVES for state in move.sources if move.mail}


def check(left: Left) -> list[str]:
    """The faults of the sent mails.

    A mail that arrived twice is no fault: a kill between the server's confirmation and our note causes it.
    """
    wrong = []
    with left.runtime.ledger.read() as session:
        mails = list(session.exec(select(OutboxMail)))
        wanted: Counter[tuple[str, str]] = Counter()
        for migration in left.migrations:
            for line in session.exec(select(AuditEntry).where(col(AuditEntry.migration_id) == migration.id)):
                kind = CAUSES.get((line.act, str(line.facts.get("from")))) if line.act != Event.START.value else None
                if kind:
                    wanted.update((kind, address) for address in recipients(session, migration.workspace_id, kind))
    written = Counter((mail.kind, mail.recipient) for mail in mails)
    wrong += [
        f"{kind}: written {written[kind, to]} times to one person, caused {count} times"
        for (kind, to), count in wanted.items()
        if written[kind, to] != count
    ]
    wrong += [f"{kind}: written without a cause" for kind, to in written.keys() - wanted.keys()]
    arrived = Counter(one.message_id for one in left.deliveries)
    known = {f"<{mail.id}@": mail for mail in mails}
    for message_id in arrived:
        if message_id.partition("@")[0] + "@" not in known:
            wrong.append(f"a mail arrived that nobody wrote: {message_id}")
    came = {message_id.partition("@")[0] + "@" for message_id in arrived}
    for begins, mail in known.items():
        if mail.sent_at is None:
            wrong.append(f"{mail.kind}: not sent")
        elif begins not in came:
            wrong.append(f"{mail.kind}: said to be sent, and did not arrive")
    if len({one.message_id for one in left.deliveries}) > len(mails):
        wrong.append("more mails arrived than were written")
    return wrong
