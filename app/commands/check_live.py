"""`caspen-import check-live`: checks whether every live workspace still equals what its clinic approved."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from app.golive.live_check import check_live
from app.settings import Settings
from app.worker.runtime import open_runtime


def check(settings: Settings) -> Iterator[tuple[bool, dict[str, Any]]]:
    """Yields one result per workspace: whether it holds, and the faults. Records are named by their ids only."""
    runtime = open_runtime(settings)
    try:
        for check in check_live(runtime):
            names: dict[str, Any] = {"migration": check.migration_id, "workspace": check.workspace_id}
            if check.verification is None:
                yield True, {**names, "kept": False}
                continue
            yield check.holds, {**names, "kept": True, "holds": check.holds, **asdict(check.verification)}
    finally:
        runtime.close()
