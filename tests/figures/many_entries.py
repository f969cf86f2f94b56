"""Zips of very many files: the memory of the process that reads them, and the CPU that each tiny file costs."""

import tempfile
from pathlib import Path

from tests.figures.figure import Measure, Reached
from tests.reading.many_entries import note_body, note_name, scan_body, scan_name, write_zip
from tests.reading.many_read import read_apart

MOST_MB = 256
MOST_US = 850  # half of what it was when each file was proven and indexed by itself; 200-350 of it are the kernel's
SHORT_GROWTH_MB = 32  # 2,000,000 files may take ten times as many files, and no more memory


def memory(long: bool) -> Reached:
    """Long: 2,000,000 files. Short: 200,000 files, within a bound that only holds if memory does not grow with them."""
    count = 2_000_000 if long else 200_000
    with tempfile.TemporaryDirectory(prefix="caspen-many-") as folder:
        write_zip(path := Path(folder) / "export.zip", count, body=lambda _: b"")
        taken = read_apart(path, Path(folder) / "read", whole=False)
    words = (
        f"{taken.files:,} files: {taken.peak_mb:.0f} MB at most, {taken.grown_mb:.0f} MB of it for them, "
        f"{taken.cpu_us:.0f} µs of CPU a file to prove and list them"
    )
    is_small = taken.peak_mb <= MOST_MB and (long or taken.grown_mb <= SHORT_GROWTH_MB)
    return Reached(words, ok=taken.files == count and is_small)


def cost(long: bool) -> Reached:
    """Every file is read, stored and indexed: 70,000 clients' files and as many notes; the short form has 10,000.

    Each zip is read twice, and the smaller cost counts: what else a machine does only adds to it.
    """
    count = 70_000 if long else 10_000
    wrong, words = [], []
    with tempfile.TemporaryDirectory(prefix="caspen-many-") as folder:
        for called, name, body in (("clients' files", scan_name, scan_body), ("note pages", note_name, note_body)):
            write_zip(path := Path(folder) / f"{name.__name__}.zip", count, name, body)
            reads = [read_apart(path, Path(folder) / f"{name.__name__}-{again}", whole=True) for again in (1, 2)]
            taken = min(reads, key=lambda read: read.cpu_us)
            words.append(f"{taken.cpu_us:.0f} µs for {called} ({taken.peak_mb:.0f} MB)")
            if any(read.files != count for read in reads) or taken.cpu_us > MOST_US:
                wrong.append(f"{called}: {taken.files:,} rows, {taken.cpu_us:.0f} µs each")
    return Reached(f"{count:,} files each: {', '.join(words)}", ok=not wrong, why=tuple(wrong))


MEASURES = (
    Measure("2,000,000 files in one zip", f"at most {MOST_MB} MB of the process that reads", memory),
    Measure("CPU for one tiny file of a zip", f"at most {MOST_US} µs to read it", cost),
)
