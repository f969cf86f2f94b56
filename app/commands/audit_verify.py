"""`caspen-import audit verify`: checks that no line of the audit trail was changed, removed or inserted."""

from collections.abc import Iterator
from typing import TypedDict

from app.migration.audit import check_chain, workspaces_with_audit
from app.settings import Settings
from app.worker.runtime import open_runtime


class AuditLine(TypedDict):
    """A workspace's line of the output.

    `lines` and `last_hash` are of the audit lines that fit. `broken_at` is the id of the first line that does not fit.
    """

    workspace: str
    lines: int
    last_hash: str
    holds: bool
    broken_at: int | None


def verify(settings: Settings) -> Iterator[tuple[bool, AuditLine]]:
    """Yields one result per workspace: whether its chain holds, and the line for the output.

    Nothing is written. A second call gives the same result.
    """
    runtime = open_runtime(settings)
    try:
        with runtime.ledger.read() as session:
            for workspace_id in workspaces_with_audit(session):
                check = check_chain(session, workspace_id)
                yield (
                    check.holds,
                    {
                        "workspace": workspace_id,
                        "lines": check.lines,
                        "last_hash": check.last_hash,
                        "holds": check.holds,
                        "broken_at": check.broken_at,
                    },
                )
    finally:
        runtime.close()
