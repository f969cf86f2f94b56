"""`caspen-import check-live`: checks whether every live workspace still equals what its clinic approved."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import NotRequired, TypedDict, cast

from app.golive.live_check import check_live
from app.settings import Settings
from app.worker.runtime import open_runtime


class AlteredJson(TypedDict):
    """A record that differs from what was approved, with the fields of Altered."""

    table: str
    id: str
    source_kind: str
    source_id: str
    line: int


class VerificationJson(TypedDict, total=False):
    """The result of a verification, with the fields of LiveVerification. Missing when the trial is not kept."""

    as_approved: int
    by_people: int
    altered: list[AlteredJson]
    missing: list[AlteredJson]
    added: list[AlteredJson]
    contents: list[AlteredJson]
    untrusted: list[str]


class LiveCheckLine(VerificationJson):
    """A workspace's line of the output. `kept`: the trial is kept, so that the records can be verified."""

    migration: str
    workspace: str
    kept: bool
    holds: NotRequired[bool]


def check(settings: Settings) -> Iterator[tuple[bool, LiveCheckLine]]:
    """Yields one result per workspace: whether it holds, and the faults. Records are named by their ids only."""
    runtime = open_runtime(settings)
    try:
        for check in check_live(runtime):
            if check.verification is None:
                yield True, {"migration": check.migration_id, "workspace": check.workspace_id, "kept": False}
                continue
            yield (
                check.holds,
                {
                    "migration": check.migration_id,
                    "workspace": check.workspace_id,
                    "kept": True,
                    "holds": check.holds,
                    **cast(VerificationJson, asdict(check.verification)),
                },
            )
    finally:
        runtime.close()
