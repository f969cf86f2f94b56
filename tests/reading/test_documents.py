"""Notes that are a page each become rows, and pages in other folders are not notes."""

import hashlib
import json

import pytest

from app.mapping.html import plain_text
from app.mapping.note_content import read_content
from app.mapping.rich import note_html
from app.reading import documents
from app.reading.naming import NOTE_FILES
from tests.mapping.test_html import MEANINGS, STRUCK_OUT
from tests.reading.story import Desk, patients, zipped

PAGE = """<!DOCTYPE html><html><head><meta name="author" content="Sam Lee"><title>x</title><style>p {}</style></head>
<body><h1>First visit</h1><h2>History</h2><h3>Complaint</h3><p>Knee &amp; <b>hip</b> &lt;5 days</p>
<p><strong>Goal:</strong> run <a href="https://x.example/?a=1&amp;b=2">again</a></p>
<h2>Plan</h2>Rest<script>alert(1)</script></body></html>"""
FOLDER = "Export/Treatment notes/77 - Lee, Ann/"


def test_a_page_becomes_a_note(desk: Desk) -> None:
    result = desk.read({"patients.csv": patients(1), f"{FOLDER}2024-05-06 First visit [901].html": PAGE})
    notes = result.by_path["Export/Treatment notes/*.html"]
    assert (notes.kind, notes.rows, notes.refused) == ("treatment_notes", 1, None)
    cells = result.rows(notes)[0].cells
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
    answer = "Rest<script></script>"  # an empty element is left for the cleaner, which tells that it was there
    assert plan == {"name": "Plan", "questions": [{"name": "", "type": "paragraph", "answer": answer}]}


def test_a_page_without_an_id_gets_one_from_its_path(desk: Desk) -> None:
    path = f"{FOLDER}Old note.htm"
    result = desk.read({path: "<p>Text without headings</p>"})
    row = result.rows(result.only_file)[0]
    sum_of_path = hashlib.sha256(path.removeprefix("Export/").encode()).hexdigest()
    assert (row.cells["page_key"], row.cells["title"], row.cells.get("id")) == (sum_of_path, "Old note", None)
    assert json.loads(row.cells["content"])["sections"][0]["questions"][0]["answer"] == "<p>Text without headings</p>"
    assert result.problem("synthetic_key_used").count == 1


def test_a_page_over_the_limit_is_held(desk: Desk) -> None:
    pages: dict[str, str | bytes] = {f"{FOLDER}2024-05-06 Long [1].html": "x" * 200, f"{FOLDER}b.html": "y"}
    result = desk.with_limits(cell_bytes=100).read(pages)
    assert [r.codes[:1] for r in result.rows(result.only_file)] == [("cell_too_large",), ("synthetic_key_used",)]


def test_documents_among_notes_count_as_files(desk: Desk) -> None:
    result = desk.read({f"{FOLDER}scan.pdf": b"%PDF-1.4"})
    assert (result.only_file.kind, result.only_file.path, result.only_file.rows) == (
        "patient_files",
        "Export/Treatment notes/",
        1,
    )


def test_a_page_elsewhere_is_not_recognised(desk: Desk) -> None:
    assert "unrecognised_file" in desk.csv(PAGE, "index.html").codes


def note_of(desk: Desk, page: str | bytes, name: str = "2024-05-06 Visit [1].html") -> str:
    """Returns the plain text of the only note of an export with a single document."""
    result = desk.read({f"{FOLDER}{name}": page})
    return plain_text(note_html(read_content(result.rows(result.only_file)[0].cells["content"])).html)


@pytest.mark.parametrize(("html", "shown"), MEANINGS)
def test_a_page_keeps_the_same_meaning_as_a_cell(desk: Desk, html: str, shown: str) -> None:
    assert note_of(desk, f"<html><head><title>x</title></head><body>{html}</body></html>") == shown


@pytest.mark.parametrize("struck", STRUCK_OUT)
@pytest.mark.parametrize(
    "place", ["<p>{}</p>", "<table><tr><td>{}<td>x</table>", "<ul><li>{}</ul>", "<h3>{}</h3><p>x</p>"]
)
def test_struck_out_text_of_a_page_stays_struck_out(desk: Desk, struck: str, place: str) -> None:
    style, body = ("", struck) if not struck.startswith("<style>") else struck.split("</style>")
    page = f"<html><head>{style}</style></head><body>{place.format(body)}</body></html>"
    assert "[struck out: Allergic to latex]" in note_of(desk, page)


@pytest.mark.parametrize(
    "page",
    [
        "<p>café – can’t</p>".encode(),
        "<p>café – can’t</p>".encode("utf-8-sig"),
        "<p>café – can’t</p>".encode("utf-16"),
        "<p>café – can’t</p>".encode("cp1252"),
        b"<meta charset=iso-8859-1>" + "<p>café – can’t</p>".encode("cp1252"),
        b'<meta http-equiv="Content-Type" content="text/html; charset=macintosh">'
        + "<p>café – can’t</p>".encode("mac-roman"),
        b'<?xml version="1.0" encoding="iso-8859-15"?>' + "<p>café - can't</p>".encode("iso-8859-15"),
    ],
)
def test_a_page_is_decoded_like_a_table(desk: Desk, page: bytes) -> None:
    assert note_of(desk, page).replace("–", "-").replace("’", "'") == "café - can't"


def test_a_text_file_in_a_clients_folder_of_notes_is_a_note_unchanged(desk: Desk) -> None:
    assert note_of(desk, "5 < 6\r\nNo <b>pain</b>\r\n", "2024-05-06 Visit [1].txt") == "5 < 6\nNo <b>pain</b>"


def test_a_table_in_the_folder_of_notes_stays_a_table(desk: Desk) -> None:
    result = desk.read({"Export/Treatment notes/treatment_notes.txt": "id,patient_id,content,draft\n1,77,{},false\n"})
    assert (result.only_file.kind, result.only_file.dialect) != ("treatment_notes", "document")


@pytest.mark.parametrize("extension", sorted(NOTE_FILES))
@pytest.mark.parametrize("folder", ["Treatment notes", "Patient forms"])
def test_a_document_that_cannot_be_read_as_a_note_becomes_a_file_of_its_client(
    desk: Desk, extension: str, folder: str
) -> None:
    result = desk.read({f"Export/{folder}/77 - Lee, Ann/2024-05-06 Visit [1].{extension}": b"some bytes"})
    row = result.rows(result.only_file)[0]
    assert (result.only_file.kind, row.cells["folder_patient_id"], row.cells["found_size"]) == (
        "patient_files",
        "77",
        "10",
    )


def test_each_document_is_opened_and_parsed_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """70,000 small notes took minutes when each was parsed for the survey and again for its row."""
    parsed: list[str] = []
    feed = documents.Page.feed

    def counted(page: documents.Page, text: str) -> None:
        parsed.append(text)
        feed(page, text)

    monkeypatch.setattr(documents.Page, "feed", counted)
    pages = {f"Treatment notes/7 - Lee, Ann/2026-01-01 Visit [{n}].html": f"<p>{n}</p>" for n in range(1, 21)}
    result = desk.read({"patients.csv": patients(1), **pages})
    assert (result.by_path["Treatment notes/*.html"].rows, len(parsed)) == (20, 20)


XHTML = '<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><body><p>Better</p></body></html>'


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("Treatment notes/77 - Lee, Ann/2024-05-06 Visit [1].xhtml", XHTML, "treatment_notes"),
        ("Treatment notes/77 - Lee, Ann/2024-05-06 Visit [1].xml", XHTML, "treatment_notes"),
        ("Treatment notes/77 - Lee, Ann/2024-05-06 Visit [1].md", "# Better", "treatment_notes"),
        ("Patient forms/77 - Lee, Ann/2024-05-06 Intake [1].html", "<p>Better</p>", "patient_files"),
        ("Patient forms/77 - Lee, Ann/2024-05-06 Intake [1].xhtml", XHTML, "patient_files"),
    ],
)
def test_a_page_in_a_clients_folder_is_a_note_or_a_file_of_the_client(
    desk: Desk, path: str, content: str, kind: str
) -> None:
    result = desk.read({"patients.csv": patients(1), path: content})
    assert {done.kind: done.rows for done in result.files if done.kind != "patients"} == {kind: 1}
    assert "missing_key_column" not in result.codes


def test_a_document_of_numbers_is_a_table_that_has_to_be_saved_as_csv(desk: Desk) -> None:
    numbers = zipped({"Index/Document.iwa": "x", "Index/Tables/DataList.iwa": "x"})
    result = desk.read({"patients.csv": patients(1), "Contacts.numbers": numbers})
    assert result.by_path["Contacts.numbers"].refused == "file_type_unsupported"


@pytest.mark.parametrize("name", ["Note templates.csv", "note_templates.csv", "Progress note templates.csv"])
def test_a_file_named_after_note_templates_holds_note_templates(desk: Desk, name: str) -> None:
    result = desk.read({name: 'id,name,content\n17,NT,"{""sections"":[]}"\n'})
    assert result.by_path[name].kind == "treatment_note_templates"


def test_half_a_sign_of_a_page_is_removed_and_reported(desk: Desk) -> None:
    result = desk.read({f"{FOLDER}2024-05-06 Visit [1].html": "<h3>Q</h3><p>hap&#55357;p&#0;y</p>"})
    [row] = result.rows(result.only_file)
    assert plain_text(note_html(read_content(row.cells["content"])).html) == "Q\nhappy"
    assert "control_chars_removed" in (*row.codes, *result.codes)
