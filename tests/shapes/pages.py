"""Notes that are a document each: web pages become notes, printed pages become files of their client."""

from tests.shapes.export import BESIDE, KINDS, Row
from tests.shapes.shapes import PRINTED, REFERENCE, Files

FOLDER = "Treatment notes/1000001 - Müller, Zoë"
PAGE = (
    "<!DOCTYPE html><html><head><title>Séance</title><style>p { color: red }</style></head><body><h1>Séance</h1>"
    "<h2>Subjective</h2><h3>How has it been?</h3><p>Better; très bien</p></body></html>"
)
NOTE: Row = {
    "Treatment Note ID": "131",
    "Patient ID": "1000001",
    "Title": "Séance",
    "Content": '{"sections":[{"name":"Subjective","questions":[{"name":"How has it been?","type":"paragraph",'
    '"answer":"<p>Better; très bien</p>"}]}]}',
    "Created At": "2024-03-04",
    "Draft": "false",
}


def without_notes() -> Files:
    return REFERENCE.files({kind: rows for kind, rows in KINDS.items() if kind != "treatment_notes"})


def as_row() -> Files:
    return {**without_notes(), **REFERENCE.write("treatment_notes", [NOTE]), **BESIDE}


def as_page() -> Files:
    return {**without_notes(), f"{FOLDER}/2024-03-04 Séance [131].html": PAGE.encode(), **BESIDE}


def as_print() -> Files:
    return {**without_notes(), f"{FOLDER}/2024-03-04 Séance.pdf": PRINTED, **BESIDE}
