"""`caspen-import check-live`: whether every clinic's live workspace still is what the clinic approved."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from app.golive.live_check import check_live
from app.settings import Settings
from app.worker.runtime import open_runtime


def check(settings: Settings) -> Iterator[tuple[bool, dict[str, Any]]]:
    """One answer per workspace: whether it holds, and what does not. Records are named by their ids alone."""
    runtime = open_runtime(settings)
    try:
        for found in check_live(runtime):
            told: dict[str, Any] = {"migration": found.migration_id, "workspace": found.workspace_id}
            if found.verification is None:
                yield True, {**told, "kept": False}
                continue
            yield found.holds, {**told, "kept": True, "holds": found.holds, **asdict(found.verification)}
    finally:
        runtime.close()
