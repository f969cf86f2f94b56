"""The second area: every kind of record, whole, in each dialect of the export."""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from app.sources.cliniko.sample import DialectName, SizeName
from tests.figures import clocks, contents, paired, partial, sample_bytes, weight, words
from tests.figures.figure import Measure, Reached
from tests.figures.samples import DIALECTS, LONG_SEEDS, sample, wrong_with

SEEDS = tuple(range(1, 11))
TWENTY = frozenset(
    {
        "businesses",
        "users",
        "practitioners",
        "practitioner_reference_numbers",
        "practitioner_availability",
        "appointment_types",
        "custom_fields",
        "contacts",
        "patients",
        "custom_field_values",
        "patient_cases",
        "appointments",
        "attendees",
        "unavailable_blocks",
        "treatment_note_templates",
        "patient_form_templates",
        "treatment_notes",
        "patient_forms",
        "communications",
        "patient_files",
    }
)


def absent_from_every_dialect(size: SizeName) -> set[str]:
    """Kinds that no dialect of the sample has a row of. A native export alone has no attendees, for one."""
    found: set[str] = set()
    for dialect in DIALECTS:
        with sample(size, 1, dialect) as (_, expected):
            found |= {name for name, count in expected.kinds.items() if count.read}
    return set(TWENTY - found)


def _whole(long: bool) -> Reached:
    pairs: list[tuple[DialectName, int]] = [
        (dialect, seed) for dialect in DIALECTS for seed in (LONG_SEEDS if long else SEEDS)
    ]
    with ThreadPoolExecutor(max(1, min(4, (os.cpu_count() or 2) - 1))) as pool:
        wrong = list(pool.map(lambda pair: wrong_with("small", pair[1], pair[0]), pairs))
    absent = absent_from_every_dialect("small")
    why = [f"{name}: in no sample" for name in sorted(absent)] + list(chain.from_iterable(wrong))
    good = 0 if absent else sum(not lines for lines in wrong)
    return Reached(f"{good} of {len(pairs)}", ok=not why, why=tuple(why))


MEASURES: tuple[Measure, ...] = (
    Measure(
        "all 20 kinds, three dialects, seeds 1-10, small: balanced, every count and code as the generator expects",
        "30 of 30",
        _whole,
    ),
    *sample_bytes.MEASURES,
    *contents.MEASURES,
    *words.MEASURES,
    *clocks.MEASURES,
    *partial.MEASURES,
    *paired.MEASURES,
    *weight.MEASURES,
)
