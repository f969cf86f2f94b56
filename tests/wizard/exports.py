"""Small exports to hand over, changed as a story needs them."""

import csv
import io
import zipfile
from collections.abc import Callable, Mapping

from tests.harness.prepared_moves import tiny_export

Row = dict[str, str]


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return out.getvalue()


def unzipped(content: bytes | None = None) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content or tiny_export())) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def without(*kinds: str) -> bytes:
    """The invented clinic's export without the files of some kinds."""
    kept = {name: data for name, data in unzipped().items() if not any(kind in name.lower() for kind in kinds)}
    assert len(kept) < len(unzipped())
    return zipped(kept)


def only_patients(*rows: str) -> bytes:
    """An export of clients alone, in the API's own columns."""
    return zipped({"patients.csv": "id,first_name,last_name,email\n" + "".join(f"{row}\n" for row in rows)})


def changed(part_of_name: str, change: Callable[[Row], Row]) -> bytes:
    """The invented clinic's export with every row of some files changed."""
    files = unzipped()
    for name, data in files.items():
        if part_of_name in name.lower() and name.endswith(".csv"):
            reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
            out = io.StringIO()
            writer = csv.DictWriter(out, reader.fieldnames or [])
            writer.writeheader()
            writer.writerows(change(row) for row in reader)
            files[name] = out.getvalue().encode()
    return zipped(files)
