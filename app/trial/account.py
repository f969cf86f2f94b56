"""The account of a trial: the results of its parts by kind, and whether the account in the ledger equals it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from app.caspen.digests import Digest, Digests, merge, trial_digest
from app.mapping.kind import Source
from app.mapping.rows import Outcome
from app.migration.balance import KindBalance
from app.migration.exports import files_of
from app.migration.ledger_validation import changed_columns
from app.migration.models import ExportFile, Migration, ProblemLine, Trial, Work
from app.migration.states import LIVE, State
from app.migration.unanswered import files_apart, to_json, unanswered_files
from app.sources import source as source_named
from app.trial.account_seal import (
    counted_in,
    has_few_problems,
    seal_of_account,
    seal_of_numbers,
    seal_of_report,
    seal_of_trial,
    sealed,
)
from app.trial.verification import NOT_VERIFIED
from app.worker.leases import DONE, QUARANTINED

APPROVABLE = (State.REVIEWING, State.CHANGES_REQUESTED, State.FINALISING, State.FINALISING_FAILED)
"""The states in which the trial was made of the current export."""
WARNINGS = frozenset({"cells_in_doubt", "column_gone", "former_record_in_use", "gone_from_export", NOT_VERIFIED})
"""Problem codes of a whole trial that do not prevent its approval."""


@dataclass(frozen=True, slots=True)
class Account:
    """The results of a trial's parts: rows by kind and outcome, and digests of the mapped records by source kind.

    `places` is a digest of the part and line of each record.
    """

    outcomes: Mapping[str, Counter[str]]
    made: Digests
    places: Digest


def account_of(session: Session, migration: Migration, run: str) -> Account:
    """The sum of the results of a trial's settled parts. Raises KeyError or ValueError for results of another shape."""
    outcomes: dict[str, Counter[str]] = {}
    made: Digests = {}
    places = Digest()
    results = session.exec(
        select(Work.result).where(
            Work.migration_id == migration.id, Work.run == run, col(Work.state).in_((DONE, QUARANTINED))
        )
    )
    for result in results:
        if "kind" in result:
            outcomes.setdefault(str(result["kind"]), Counter()).update(result["outcomes"])
        merge(made, {kind: Digest.parse(text) for kind, text in result.get("digests", {}).items()})
        if "digests" in result:
            places = places + Digest.parse(result["places"])
    return Account(outcomes, made, places)


def balance(
    source: Source, files: Sequence[ExportFile], account: Account, stored: Mapping[str, Digest]
) -> list[KindBalance]:
    """The balance of every kind in the files, the store or the account, in the order of loading.

    `stored` are the digests of the store by source kind.
    """
    read: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for file in files:
        if file.kind is not None:
            read[file.kind] += file.rows
            refused[file.kind] += file.rows if file.refused else 0
    balances = []
    for kind in source.kinds:
        present = any(file.kind == kind.name for file in files)
        if not present and kind.name not in stored and kind.name not in account.made:
            continue
        outcomes = Counter(account.outcomes.get(kind.name, {}))
        outcomes[Outcome.REFUSED.value] += refused[kind.name]
        if not kind.imported:
            outcomes[Outcome.SKIPPED.value] += read[kind.name] - refused[kind.name]
        made = account.made.get(kind.name, Digest())
        balances.append(
            KindBalance(
                kind=kind.name,
                read=read[kind.name],
                **{outcome.value: outcomes[outcome.value] for outcome in Outcome},
                records=made.count,
                source_digest=str(made),
                caspen_digest=str(stored.get(kind.name, Digest())),
            )
        )
    return balances


def has_true_account(session: Session, migration: Migration, trial: Trial, *, thorough: bool = False) -> bool:
    """Whether the ledger's account of a finished trial equals the one computed anew from its parts and files.

    * Every number of every kind, the digest, the files without an answer, and `balanced` are compared with the
      problems that the reconciliation reported.
    * The account and its problems are compared with the checksum that the reconciliation kept.
    * Once the trial is live, the report of the migration is compared as well.

    True for a trial that can neither be approved nor is live: there is nothing to compare. An account of another shape
    is not true.

    `thorough` counts the problems however many there are; without it, up to FEW_PROBLEMS.
    """
    if migration.state not in (*APPROVABLE, *LIVE):
        return True
    if changed_columns(trial):
        return False
    try:
        return _is_same(session, migration, trial, thorough=thorough)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False  # the result of a part does not have the shape that is written into it


def _is_same(session: Session, migration: Migration, trial: Trial, *, thorough: bool) -> bool:
    source = source_named(migration.source)
    files = files_of(session, migration.id, migration.export_number)
    account = account_of(session, migration, f"trial:{trial.number}")
    kept = list(trial.kinds)
    stored = {str(kind["kind"]): Digest.parse(kind["caspen_digest"]) for kind in kept}
    made = account.made if trial.balanced else stored  # an unbalanced trial may have stored something else
    is_same = kept == [kind.to_json() for kind in balance(source, files, account, made)]
    unanswered = (to_json(files_apart(files)), to_json(unanswered_files(files)))  # the latter of trials from before
    is_named = trial.digest == trial_digest(stored, [kind.name for kind in source.kinds])
    seal_of_held = sealed(session, migration.id, "compare", f"trial:{trial.number}", "held")
    if trial.held_against is None or seal_of_held != seal_of_numbers(trial.held_against):
        return False  # the trial was not compared with the totals of its export
    is_blocked = trial.balanced and _is_blocked(session, migration, trial)
    if migration.state in LIVE:
        seal = sealed(session, migration.id, "promote", f"finalise:{trial.number}", "kept")
        if not has_true_report(migration, trial, [kind.name for kind in source.kinds], seal):
            return False
    is_sealed = is_same and _is_sealed(session, migration, trial, thorough=thorough)
    return is_sealed and is_named and not is_blocked and trial.unanswered in (None, *unanswered)


def _is_sealed(session: Session, migration: Migration, trial: Trial, *, thorough: bool) -> bool:
    """Whether trial and problems have the checksum that the reconciliation kept; False without a checksum."""
    run = f"trial:{trial.number}"
    seal = sealed(session, migration.id, "reconcile", run, "proven") or ""
    if not thorough and not has_few_problems(session, migration.id, run):
        return seal.partition(":")[0] == seal_of_account(trial, trial.kinds, trial.balanced, trial.digest)
    counts = counted_in(session, migration.id, run)
    return seal == seal_of_trial(trial, trial.kinds, trial.balanced, trial.digest, counts)


def _is_blocked(session: Session, migration: Migration, trial: Trial) -> bool:
    codes = select(ProblemLine.code).where(
        ProblemLine.migration_id == migration.id,
        ProblemLine.run == f"trial:{trial.number}",
        ProblemLine.part == 0,
    )
    return bool(blocking_problems(session.exec(codes.distinct())))


def blocking_problems(codes: Iterable[str]) -> list[str]:
    """The codes of a whole trial's problems that prevent its approval: all but warnings."""
    return [code for code in codes if code not in WARNINGS]


def has_true_report(migration: Migration, trial: Trial, order: Iterable[str], seal: str | None) -> bool:
    """Whether the report of a move equals the account of its trial and the digest that was approved.

    `seal` is the checksum of the report that the promotion kept; without one no report is true.
    For every kind, the approved records must be the live records and the records that were kept as people had edited
    them. `order` are the source's kinds. Raises KeyError, TypeError
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
