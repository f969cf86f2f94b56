"""Exports with a file of unknown kind."""

import csv
import io
from collections.abc import Mapping

from tests.harness.page_text import done
from tests.harness.product import MEGAN, Product
from tests.wizard.exports import unzipped, zipped

CANARY = "Zebulon Quartermaine"
REGISTER = "case_register_2026.csv"
OTHER_WORDS = {
    "Case ID": "case_no",
    "Patient ID": "client_ref",
    "Name": "title",
    "Issue Date": "opened",
    "Expiry Date": "runs_out",
    "Max Sessions": "sessions_ok",
    "Closed": "is_closed",
}


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))


def written(lines: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(lines)
    return out.getvalue()


def few() -> dict[str, bytes | str]:
    """The tables of the invented clinic's export that these stories need."""
    wanted = ("Patients-", "Patient cases", "Contacts", "Practitioners-", "Businesses")
    return {name: data for name, data in unzipped().items() if any(part in name for part in wanted)}


def cases_called_otherwise(words: Mapping[str, str] | None = None) -> dict[str, bytes | str]:
    """The invented clinic's export, with its cases in a register of the clinic's own."""
    files = few()
    name = next(name for name in files if "Patient cases" in name)
    header, *rows = table(bytes(files.pop(name)))  # type: ignore[arg-type]  # as it was in the zip
    keep = [at for at, column in enumerate(header) if column in OTHER_WORDS]
    called = OTHER_WORDS if words is None else words
    lines = [[called.get(header[at], header[at]) for at in keep], *([row[at] for at in keep] for row in rows)]
    files[REGISTER] = written(lines)
    return files


def patients_called_otherwise() -> dict[str, bytes | str]:
    """An export whose clients are in a file of unknown kind: reading stops."""
    files = few()
    name = next(name for name in files if "/Patients-" in name)
    header, *rows = table(bytes(files.pop(name)))  # type: ignore[arg-type]  # as it was in the zip
    lines = [[f"k{at}" for at, _ in enumerate(header)], *rows]
    return {"people.csv": written(lines), **files}


def handed_over(product: Product, files: Mapping[str, bytes | str]) -> Product:
    """Uploads the export and reads as much as possible."""
    sent = {"files": ("export.zip", zipped(files))}
    if product.move().export_number:
        done(product.visitor(MEGAN).post(f"{product.at}/handover/replace"))
    done(product.visitor(MEGAN).post(f"{product.at}/handover/upload", files=sent))
    product.work()
    return product


def ordinary(product: Product) -> Product:
    return handed_over(product, few())


def number_of(product: Product, path: str) -> int:
    """The number of a file in addresses."""
    from app.migration.exports import files_of

    with product.runtime.ledger.read() as session:
        files = files_of(session, product.migration_id, product.move().export_number)
    return next(file.number for file in files if file.path.endswith(path))
