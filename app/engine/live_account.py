"""Whether what the ledger keeps of a move that went live is what was approved, and what was compared on that day."""

from collections.abc import Iterable

from app.caspen.content import Digest, trial_digest
from app.engine.account_seal import seal_of_report
from app.migration.models import Migration, Trial


def has_true_report(migration: Migration, trial: Trial, order: Iterable[str], seal: str | None) -> bool:
    """Whether the report of a move equals the account of its trial and the digest that was approved.

    `seal` is the checksum of the report that the promotion kept; without one no report is true.
    What was compared on the day must add up, too: for every kind, the records that were approved are those that went
    live and those that were kept as people had edited them. `order` are the source's kinds. Raises KeyError, TypeError
    or ValueError for a report of another shape.
    """
    report = migration.report
    is_approved = trial.balanced and report["digest"] == trial.digest == migration.approved_digest
    if not is_approved or report["trial"] != trial.number or list(report["kinds"]) != list(trial.kinds):
        return False
    if seal != seal_of_report(report):
        return False
    live = {kind: Digest.parse(text) for kind, text in report["live"].items()}
    if report["live_digest"] != trial_digest(live, order):
        return False
    kept = [str(conflict["source_kind"]) for conflict in report["conflicts"]]
    approved = {str(kind["kind"]): Digest.parse(kind["caspen_digest"]) for kind in trial.kinds}
    return all(
        approved.get(kind, Digest()) == live.get(kind, Digest())
        if kind not in kept
        else approved.get(kind, Digest()).count == live.get(kind, Digest()).count + kept.count(kind)
        for kind in approved.keys() | live.keys() | set(kept)
    )
