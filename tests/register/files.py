"""Problems of archives, files, headers and rows, before their meaning matters."""

import zipfile

from tests.reading.locks import locked
from tests.reading.story import native, patients, zipped
from tests.reading.test_workbook_limits import sheet, with_sheet
from tests.reading.zips import Item, build
from tests.register.case import Case, case, seen
from tests.register.story import Files, export

PEOPLE = patients(2)
HERE = {"patients.csv": PEOPLE}
MIB = 1 << 20


def beside(name: str, content: str | bytes) -> Files:
    """A patients file that is sound, and another file."""
    return HERE | {name: content}


def zipped_beside(*items: Item) -> Files:
    return beside("Export.zip", build(items))


def rows(header: str, *lines: str) -> str:
    return "\n".join([header, *lines]) + "\n"


def many(kind_header: str, *lines: str) -> Files:
    return {"patients.csv": rows(kind_header, *lines)}


NAMES = "Patient ID,First Name,Last Name,Date of Birth"


def two_first_names() -> bytes:
    """A workbook of one client whose first name is there twice."""

    def written(place: str, value: str) -> str:
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'

    head = "".join(written(f"{letter}1", name) for letter, name in zip("ABCD", NAMES.split(","), strict=True))
    cells = (("A2", "1"), ("B2", "Ann"), ("B2", "Zoe"), ("C2", "Lee"), ("D2", "1980-01-02"))
    return with_sheet(sheet(f'<row r="1">{head}</row><row r="2">{"".join(written(*cell) for cell in cells)}</row>'))


LONG_IDS = [f"15583544640106{n:05}" for n in range(1, 41)]

ARCHIVES: tuple[Case, ...] = (
    seen("archive_kind", beside("old.rar", b"Rar!\x1a\x07\x01\x00 more"), file="old.rar"),
    seen("archive_unsafe", zipped_beside(Item(), Item()), file="Export.zip"),
    seen("zip_bomb_suspected", beside("Export.zip", zipped({"a.csv": bytes(11 * MIB)})), file="a.csv"),
    seen("zip_damaged", beside("Export.zip", zipped({"a.csv": PEOPLE})[:-30]), file="Export.zip"),
    seen("zip_encrypted", zipped_beside(locked(Item(b"a.csv"), b"secret")), file="a.csv"),
    seen("zip_split_unsupported", beside("Export.z01", b"PK\x07\x08 one of many"), file="Export.z01"),
    seen("zip_part_missing", {"Export-002.zip": zipped(HERE)}, file="Export-001.zip"),
    seen(
        "nested_zip_ignored",
        beside("Export.zip", zipped({"a.zip": zipped({"b.zip": zipped(HERE)}, zipfile.ZIP_STORED)})),
    ),
    seen("unsafe_path", zipped_beside(Item(), Item(b"../../x.pdf"))),
    seen("filename_encoding_guessed", zipped_beside(Item(), Item("Zoë.csv".encode("cp437"), b"a,b\n"))),
)

FILES: tuple[Case, ...] = (
    seen("export_empty", {"export.zip": zipped({})}),
    seen("no_patients_file", {"businesses.csv": "id,business_name\n3,Main\n"}, "patients"),
    seen("stray_quotation_mark", many(NAMES, '1,"Ann" x,Lee,1980-01-02'), "patients", source_id="1"),
    seen("file_empty", beside("Appointments.csv", "\r\n"), "appointments"),
    seen("file_not_text", beside("Appointments.csv", b"Appointment ID\x00,Start Time\n"), "appointments"),
    seen("file_type_unsupported", beside("Appointments.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "appointments"),
    seen("unrecognised_file", beside("Recipes.csv", "Cake,Sugar\nApple,200 g\n"), file="Recipes.csv"),
    seen("duplicate_file_in_bundle", beside("Patients (1).csv", PEOPLE), file="patients.csv"),
    seen("kind_not_imported", beside("Invoices.csv", "Issue Date,Invoice Amount\n2026-01-02,5.00\n"), "invoices"),
    seen("kind_ambiguous", beside("x.csv", "id,patient_id,content,draft,completed_at\n1,1,{},true,\n"), file="x.csv"),
    seen("kind_absent", HERE, "appointments"),
    seen("partial_export", {native(rest="-From20260101-To20261120"): PEOPLE}, "patients"),
    seen(
        "partial_export_gap",
        {
            native(rest="-From20250101-To20250630"): patients(2, 1),
            native(rest="-From20260101-To20261120"): patients(2, 3),
        },
        "patients",
    ),
    seen(
        "export_dates_differ",
        {native(run="20261120"): PEOPLE, native("Businesses", "20261101"): "Business ID,Business Name\n3,Main\n"},
    ),
    seen("file_name_mismatch", {"Appointments.csv": PEOPLE}, "patients"),
    seen("encoding_guessed", {"patients.csv": PEOPLE.replace("Ann1", "Zoë").encode("cp1252")}, "patients"),
    seen("mojibake_suspected", many(NAMES, *(f"{n},ZoÃ«,Lee{n},1980-01-02" for n in range(1, 6))), "patients"),
    seen("delimiter_guessed", {"patients.csv": PEOPLE.replace(",", ";")}, "patients"),
    seen("leading_lines_skipped", {"patients.csv": f"Harbour Street\nAll patients\n{PEOPLE}"}, "patients"),
    seen("file_empty_table", beside("businesses.csv", "id,business_name\n"), "businesses"),
    seen(
        "json_pages_missing",
        {"patients.json": '{"patients":[{"id":"1","first_name":"Ann","last_name":"Lee"}],"total_entries":3}'},
        "patients",
        count=2,
    ),
    seen("bad_json", beside("treatment_notes.json", '[{"id": "1", "content": "x"'), "treatment_notes", level="refused"),
)

HEADERS: tuple[Case, ...] = (
    seen("header_missing", beside("Appointments.csv", "1234567,2026-01-02 09:00:00 +1100,true\n"), "appointments"),
    seen("missing_key_column", beside("Attendees.csv", "Patient ID,Booking ID,Arrived\n1,2,true\n"), "attendees"),
    seen("columns_absent", HERE, "patients", count=None),
    seen("unknown_columns", many(f"{NAMES},Favourite colour", "1,Ann,Lee,1980-01-02,blue"), "patients"),
    seen("duplicate_header", many(f"{NAMES},First Name", "1,Ann,Lee,1980-01-02,"), "patients"),
    seen("archived_state_unknown", HERE, "patients"),
)

ROWS: tuple[Case, ...] = (
    seen(
        "csv_unclosed_quote",
        beside("contacts.csv", 'id,first_name,company_name\n1,"Ada,x\n2,B,y\n'),
        "contacts",
        line=2,
    ),
    seen(
        "csv_misaligned",
        beside("contacts.csv", rows("id,first_name,company_name", *(f"{n},A,b,c" for n in range(25)))),
        "contacts",
    ),
    case("row_too_long", many(NAMES, "1,Ann,Lee,1980-01-02,what,is this"), "patients", line=2, source_id="1"),
    case(
        "rows_in_one_cell",
        many(f"{NAMES},Alerts", '11,Ann,Lee,1980-01-02,"see:', '12,Bea,Low,1981-01-02,x"'),
        "patients",
        line=2,
        source_id="11",
    ),
    case("row_too_short", many(f"{NAMES},Sex", "1,Ann,Lee,1980-01-02"), "patients", line=2, source_id="1"),
    case(
        "cell_too_large", many(f"{NAMES},Extra Information", f"1,Ann,Lee,1980-01-02,{'x' * (5 * MIB + 1)}"), "patients"
    ),
    case("cell_there_twice", {"patients.xlsx": two_first_names()}, "patients", line=2),
    case("control_chars_removed", many(NAMES, "1,An\x07n,Lee,1980-01-02"), "patients", source_id="1"),
    case(
        "duplicate_header",
        many(f"{NAMES},Surname", "1,Ann,Lee,1980-01-02,Low"),
        "patients",
        line=2,
        source_id="1",
        column="last_name",
    ),
    case(
        "link_conflict",
        export()
        | {
            "patient_cases.json": '[{"id":"1","name":"A","patient_id":"11","max_sessions":2,'
            '"patient":{"links":{"self":"https://api.example/v1/patients/12"}}}]'
        },
        "patient_cases",
        source_id="1",
    ),
    case("duplicate_row", many(NAMES, "1,Ann,Lee,1980-01-02", "1,Ann,Lee,1980-01-02"), "patients", line=3),
    case("id_conflict", many(NAMES, "1,Ann,Lee,1980-01-02", "1,Ann,Low,1980-01-02"), "patients", count=2, line=2),
    case(
        "id_conflict_newest_used",
        many(
            f"{NAMES},Updated At",
            "1,Ann,Lee,1980-01-02,2026-01-01 09:00:00 +1100",
            "1,Ann,Low,1980-01-02,2026-02-01 09:00:00 +1100",
        ),
        "patients",
        line=2,
    ),
    case(
        "deleted_in_source",
        many(f"{NAMES},Deleted At", "1,Ann,Lee,1980-01-02,2026-01-01 09:00:00 +1100"),
        "patients",
        source_id="1",
    ),
)

IDS: tuple[Case, ...] = (
    seen("ids_scientific", many(NAMES, "1.55835E+18,Ann,Lee,1980-01-02"), "patients", line=2, column="Patient ID"),
    seen(
        "ids_rounded",
        many(
            NAMES,
            *(f"155835446401066{n:04},Ann,Lee{n},1980-01-02" for n in (10, 25, 37)),
            *(f"15583544640{n:04}0000,Ann,Low{n},1980-01-02" for n in (1023, 1177)),
        ),
        "patients",
        column="Patient ID",
    ),
    case(
        "id_maybe_rounded",
        many(NAMES, *(f"{one},Ann,Lee{one},1980-01-02" for one in LONG_IDS), "1558354464010660000,Ann,Low,1980-01-02"),
        "patients",
        source_id="1558354464010660000",
    ),
    case("id_cleaned", many(NAMES, "1234567.0,Ann,Lee,1980-01-02"), "patients", source_id="1234567"),
    case("id_not_numeric", many(NAMES, "pat-1,Ann,Lee,1980-01-02"), "patients", source_id="pat-1"),
    case("bad_id", many(NAMES, "a b/c,Ann,Lee,1980-01-02", "2,Bea,Lee,1981-01-02"), "patients", line=2),
    case("missing_id", many(NAMES, ",Ann,Lee,1980-01-02", "2,Bea,Lee,1981-01-02"), "patients", line=2),
)

CELLS: tuple[Case, ...] = (
    case("bad_boolean", many(f"{NAMES},Accepts email marketing", "1,Ann,Lee,1980-01-02,perhaps"), "patients"),
    case("bad_number", many(f"{NAMES},Account Balance", "1,Ann,Lee,1980-01-02,about 30"), "patients", source_id="1"),
    case(
        "bad_date",
        export("patient_cases", patient_cases=[{"issue_date": "2026-02-30"}]),
        "patient_cases",
        source_id="51",
    ),
    case("bad_date_of_birth", many(NAMES, "1,Ann,Lee,2091-01-01"), "patients", source_id="1"),
    case("excel_serial_date", many(NAMES, "1,Ann,Lee,29265"), "patients", source_id="1"),
    case("date_order_guessed", many(NAMES, "1,Ann,Lee,02/13/1980"), "patients"),
    case(
        "date_ambiguous",
        many(NAMES, "1,Ann,Lee,13/02/1980", "2,Bea,Lee,02/13/1980", "3,Cai,Lee,03/04/1990"),
        "patients",
        line=4,
        source_id="3",
    ),
    case("year_guessed", many(NAMES, "1,Ann,Lee,03/04/90"), "patients", source_id="1"),
    case("timezone_assumed", many(f"{NAMES},Created At", "1,Ann,Lee,1980-01-02,05/04/2026 14:00"), "patients"),
    case("dst_gap", many(f"{NAMES},Created At", "1,Ann,Lee,1980-01-02,2026-10-04 02:30"), "patients", source_id="1"),
    case(
        "dst_overlap", many(f"{NAMES},Created At", "1,Ann,Lee,1980-01-02,2026-04-05 02:30"), "patients", source_id="1"
    ),
    case("country_unknown", many(f"{NAMES},Country", "1,Ann,Lee,1980-01-02,Atlantis"), "patients", source_id="1"),
    case("content_over_limit", many(f"{NAMES},Occupation", f"1,Ann,Lee,1980-01-02,{'x' * 256}"), "patients"),
    case(
        "synthetic_key_used",
        export("businesses", "practitioners", "appointment_types", appointments=[{"id": None}]),
        "appointments",
    ),
)

CASES = (*ARCHIVES, *FILES, *HEADERS, *ROWS, *IDS, *CELLS)
