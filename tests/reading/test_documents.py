"""Notes that are one page each become rows like any other, and pages of other folders stay what they are."""

import hashlib
import json

from tests.reading.story import Desk, patients

PAGE = """<!DOCTYPE html><html><head><meta name="author" content="Sam Lee"><title>x</title><style>p {}</style></head>
<body><h1>First visit</h1><h2>History</h2><h3>Complaint</h3><p>Knee &amp; <b>hip</b> &lt;5 days</p>
<p><strong>Goal:</strong> run <a href="https://x.example/?a=1&amp;b=2">again</a></p>
<h2>Plan</h2>Rest<script>alert(1)</script></body></html>"""
FOLDER = "Export/Treatment notes/77 - Lee, Ann/"


def test_a_page_becomes_a_note(desk: Desk) -> None:
    told = desk.read({"patients.csv": patients(1), f"{FOLDER}2024-05-06 First visit [901].html": PAGE})
    notes = told.by_path["Export/Treatment notes/*.html"]
    assert (notes.kind, notes.rows, notes.refused) == ("treatment_notes", 1, None)
    cells = told.rows(notes)[0].cells
    assert {c: cells[c] for c in ("id", "patient_id", "title", "author_name", "created_at", "draft")} == {
        "id": "901",
        "patient_id": "77",
        "title": "First visit",
        "author_name": "Sam Lee",
        "created_at": "2024-05-06",
        "draft": "false",
    }
    history, plan = json.loads(cells["content"])["sections"]
    assert [(q["name"], q["answer"]) for q in history["questions"]] == [
        ("Complaint", "<p>Knee &amp; <b>hip</b> &lt;5 days</p>\n<p>"),
        ("Goal", 'run <a href="https://x.example/?a=1&amp;b=2">again</a></p>'),
    ]
    assert plan == {"name": "Plan", "questions": [{"name": "", "type": "paragraph", "answer": "Rest"}]}


def test_a_page_without_an_id_gets_one_from_its_path(desk: Desk) -> None:
    path = f"{FOLDER}Old note.htm"
    told = desk.read({path: "<p>Text without headings</p>"})
    row = told.rows(told.one)[0]
    sum_of_path = hashlib.sha256(path.removeprefix("Export/").encode()).hexdigest()
    assert (row.cells["page_key"], row.cells["title"], row.cells.get("id")) == (sum_of_path, "Old note", None)
    assert json.loads(row.cells["content"])["sections"][0]["questions"][0]["answer"] == "<p>Text without headings</p>"
    assert told.problem("synthetic_key_used").count == 1


def test_a_page_over_the_limit_is_held(desk: Desk) -> None:
    pages: dict[str, str | bytes] = {f"{FOLDER}2024-05-06 Long [1].html": "x" * 200, f"{FOLDER}b.html": "y"}
    told = desk.with_limits(cell_bytes=100).read(pages)
    assert [r.codes[:1] for r in told.rows(told.one)] == [("cell_too_large",), ("synthetic_key_used",)]


def test_documents_among_notes_count_as_files(desk: Desk) -> None:
    told = desk.read({f"{FOLDER}scan.pdf": b"%PDF-1.4"})
    assert (told.one.kind, told.one.path, told.one.rows) == ("patient_files", "Export/Treatment notes/", 1)


def test_a_page_elsewhere_is_not_recognised(desk: Desk) -> None:
    assert "unrecognised_file" in desk.csv(PAGE, "index.html").codes
