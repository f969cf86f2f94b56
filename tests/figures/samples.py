"""Every sample is imported by the command line and compared with its generator's expectation, row for row."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from app.sources.cliniko.sample import NOT_PREDICTED, DialectName, Expectation, SizeName, write_sample
from tests.figures.command import Tried, trial
from tests.figures.figure import Measure, Reached

DIALECTS: tuple[DialectName, ...] = ("native", "api", "mixed")
SEEDS = (1, 2, 3, 4, 5)
INSTANT = timedelta(microseconds=1)
LONG_SEEDS = tuple(range(1, 21))


@contextmanager
def sample(size: SizeName, seed: int = 1, dialect: DialectName = "native") -> Iterator[tuple[Path, Expectation]]:
    """A sample on disk until the block ends, and its expected result today."""
    with tempfile.TemporaryDirectory(prefix="caspen-sample-") as folder:
        path = Path(folder) / "export.zip"
        yield path, write_sample(path, size=size, seed=seed, dialect=dialect)


def differences(tried: Tried, expected: Expectation) -> list[str]:
    """How an answer differs from the expectation, by kind and outcome and by kind and code; empty when it does not."""
    return [*_of_counts(tried, expected), *_of_problems(tried, expected)]


def _of_counts(tried: Tried, expected: Expectation) -> Iterator[str]:
    kinds = {kind["kind"]: kind for kind in tried.answer["kinds"]}
    for name in sorted(kinds.keys() - expected.kinds.keys()):
        yield f"{name}: not in the sample, and told"
    for name, count in expected.kinds.items():
        if name not in kinds:
            yield f"{name}: in the sample, and not told"
            continue
        for outcome, wanted in asdict(count).items():
            if (found := kinds[name][outcome]) != wanted:
                yield f"{name} {outcome}: {found}, expected {wanted}"
        if kinds[name]["updated"] or kinds[name]["unchanged"]:
            yield f"{name}: updated or unchanged in an empty workspace"


def _of_problems(tried: Tried, expected: Expectation) -> Iterator[str]:
    found: Counter[tuple[str, str, str]] = Counter()
    for problem in tried.answer["problems"]:
        if problem["code"] not in NOT_PREDICTED:
            found[str(problem["kind"]), problem["code"], problem["level"]] += problem["count"]
    wanted = Counter({(p.kind, p.code, p.level): p.count for p in expected.problems if p.count})
    for place in sorted(found.keys() | wanted.keys()):
        if found[place] != wanted[place]:
            yield f"{' '.join(place)}: {found[place]}, expected {wanted[place]}"


def wrong_today(export: Path, expected: Expectation, *options: str) -> list[str]:
    """The faults of a trial of an export now; empty if the generator's expectation is met.

    A booking may end while the trial starts, and be past or not: the whole answer must fit one of these moments.
    """
    began = datetime.now(UTC)
    tried = trial(export, *options)
    early, late = expected.at(began), expected.at(datetime.now(UTC))
    ended = [ends for ends, _ in early.unmarked_later if ends not in dict(late.unmarked_later)]
    faults = [differences(tried, at) for at in (early, *(expected.at(ends + INSTANT) for ends in ended))]
    wrong = [] if [] in faults else faults[0]
    return wrong if tried.balances else [f"status {tried.status}, balanced {tried.answer['balanced']}", *wrong]


def wrong_with(size: SizeName, seed: int, dialect: DialectName) -> list[str]:
    """The faults of a trial of one sample; empty if the generator's expectation is met."""
    with sample(size, seed, dialect) as (path, expected):
        return [f"{dialect} seed {seed}: {line}" for line in wrong_today(path, expected)]


def as_expected(seeds: Iterable[int], size: SizeName) -> Reached:
    """Each dialect with each seed."""
    wrong = [wrong_with(size, seed, dialect) for dialect in DIALECTS for seed in seeds]
    good, why = sum(not lines for lines in wrong), tuple(line for lines in wrong for line in lines)
    return Reached(f"{good} of {len(wrong)}", ok=not why, why=why)


def _take(size: SizeName, long: bool) -> Reached:
    return as_expected(LONG_SEEDS if long else SEEDS, size)


MEASURES = (Measure("samples that come to what their generator expects, small", "15 of 15", partial(_take, "small")),)
