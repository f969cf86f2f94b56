"""What the export itself has worked out, held against what came, as the review and support say it: numbers alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from app.mapping.kind import Source
from app.migration.balance import balance_of
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration, Trial
from app.words import number, plural


@dataclass(frozen=True, slots=True)
class Held:
    """One comparison. `page` is where the clinic sees the clients of it, "" where there are none to see."""

    fits: bool
    words: str
    small: str
    page: str = ""
    act: str = ""


def held(session: Session, migration: Migration, source: Source, trial: Trial) -> list[Held]:
    """Every comparison that this export allows, what differs first."""
    told: Mapping[str, int] = Counter(trial.held_against or {})
    came = {line.kind for line in balance_of(trial, source).lines if line.came}
    files = files_of(session, migration.id, migration.export_number)
    found = [*visits(told, source), *notes(told, source, came), *places(told, source), *pages(files, source)]
    return sorted(found, key=lambda one: one.fits)


def visits(told: Mapping[str, int], source: Source) -> list[Held]:
    """The first and the last visit of each client, as the list of clients has them."""
    compared, differ = told["clients_compared"], told["clients_differ"]
    if not compared:
        return []
    agree = f"{number(told['clients_agree'])} of {plural(compared, 'client')} have the first and the last appointment"
    words = f"{agree} that {source.label} says"
    if not differ:
        left = told["clients_left_out"]
        return [Held(True, words, f"{plural(left, 'client')} left out by your date." if left else "")]
    gone, waiting = told["visits_not_exported"], told["visits_kept_back"]
    ends = ((gone, "not in your export."), (waiting, "in it, and did not come."))
    said = [f"{plural(n, 'appointment')} {'is' if n == 1 else 'are'} {end}" for n, end in ends if n]
    return [Held(False, words, " ".join(said), "visits", "See who")]


def notes(told: Mapping[str, int], source: Source, came: set[str]) -> list[Held]:
    """What visits say of their notes. A note may also stand without a visit, so that only too few are a difference."""
    found = []
    for state in ("final", "draft"):
        says, there = told[f"says_{state}"], told[f"visits_with_{state}"]
        if not says:
            continue
        words = f"{plural(says, 'appointment')} {'has' if says == 1 else 'have'} a {state} note in {source.label}"
        small = f"Notes of {plural(there, 'appointment')} came as {state}."
        if "treatment_notes" not in came:
            small = "No notes came at all. Are they in your export?"
        found.append(Held(there >= says, words, small))
    return found


def places(told: Mapping[str, int], source: Source) -> list[Held]:
    """How many people the classes say that they had. Where fewer came, why, and where each of them is named."""
    says, there = told["places"], told["appointments_in_groups"]
    if not says:
        return []
    words, small = (
        f"{plural(says, 'place')} in group appointments",
        f"{plural(there, 'appointment')} of clients came of",
    )
    if there >= says or source.carried is None:
        return [Held(there >= says, words, f"{small} them.")]
    less = f"{plural(says - there, 'place')} {'has' if says - there == 1 else 'have'} none"
    why = f"{small} them. {less}: the client is not in your export or not listed, or the class did not come."
    return [Held(False, words, why, f"problems?kind={source.carried.visits}", "See which")]


def pages(files: list[ExportFile], source: Source) -> list[Held]:
    """What the files of an interface announce, beside what they hold."""
    announced: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    for file in files:
        total = file.facts.get("total_entries")
        if file.kind and total is not None and not file.refused:
            announced[file.kind] = max(announced[file.kind], int(total))
            rows[file.kind] += file.rows
    labels = {kind.name: kind.label for kind in source.kinds}
    words = "{}: the files announce {}"
    return [
        Held(rows[kind] >= total, words.format(labels[kind], number(total)), f"They hold {number(rows[kind])}.")
        for kind, total in announced.items()
    ]
