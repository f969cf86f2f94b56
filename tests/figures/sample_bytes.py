"""The small samples have the same bytes as before: each is compared with its SHA-256.

A change of the generator that is meant to change samples replaces the digests below: `python -m
tests.figures.sample_bytes` prints them.
"""

import hashlib

from app.sources.cliniko.sample import DialectName
from tests.figures.figure import Measure, Reached
from tests.figures.samples import DIALECTS, sample

DIGESTS: dict[tuple[DialectName, int], str] = {
    ("native", 1): "8ab22a962ff64037",
    ("native", 2): "08dbe1ff47f4c637",
    ("native", 3): "b8e28f532b0b5b26",
    ("api", 1): "f1cf8e29ccdfaa15",
    ("api", 2): "e22019408590909d",
    ("api", 3): "d02f112ef19b424f",
    ("mixed", 1): "f8c476d199435f99",
    ("mixed", 2): "d7e5e69aa97161d7",
    ("mixed", 3): "2cefb519c0e18d3d",
}
"""The first 16 hex digits of the SHA-256 of each small sample, by dialect and seed."""
SEEDS = (1, 2, 3)


def digest_of(dialect: DialectName, seed: int) -> str:
    """The first 16 hex digits of the SHA-256 of a small sample, which is made anew."""
    with sample("small", seed, dialect) as (path, _):
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _take(long: bool) -> Reached:
    """Every sample whose digest differs, with its new digest. The long form takes the same nine samples."""
    digests = {(dialect, seed): digest_of(dialect, seed) for dialect in DIALECTS for seed in SEEDS}
    changed = {which: digest for which, digest in digests.items() if DIGESTS.get(which) != digest}
    why = tuple(f"{dialect} seed {seed}: {digest}" for (dialect, seed), digest in changed.items())
    return Reached(f"{len(digests) - len(changed)} of {len(digests)}", ok=not changed, why=why)


MEASURES = (Measure("small samples with the bytes that they had before", "9 of 9", _take),)


if __name__ == "__main__":
    for name in DIALECTS:
        for number in SEEDS:
            print(f'    ("{name}", {number}): "{digest_of(name, number)}",')  # noqa: T201 - its only purpose
