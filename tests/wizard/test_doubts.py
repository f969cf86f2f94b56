"""Completeness warnings appear before the trial and are ticked by name before the approval."""

import csv
import io
from collections.abc import Callable

import pytest
from httpx import Response
from sqlmodel import Session, select

from app.migration.models import ExportFile
from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import absent, digest_of, done, doubts, headline, words
from tests.harness.product import MEGAN, Product
from tests.wizard.exports import changed, unzipped, without, zipped

Files = dict[str, bytes]
WHEN = "20261120"


def tried(product: Product, *exports: tuple[str, bytes], uses: tuple[str, ...] = ("nothing_else",)) -> str:
    """Hands over, acknowledges and tries an export. Returns the text of the contents page."""
    megan, at = product.visitor(MEGAN), product.at
    done(megan.post(f"{at}/checklist/services", data={"way": "bring"}))
    done(megan.post(f"{at}/uses", data={"uses": list(uses)}))
    done(megan.post(f"{at}/handover/upload", files=[("files", export) for export in exports]))
    product.work()
    contents = megan.get(f"{at}/handover")
    done(megan.post(f"{at}/handover/found", data={"absent": absent(contents)}))
    product.close_gaps()
    done(megan.post(f"{at}/matches", data={"act": "start", "show": "practitioners"}))
    product.work()
    assert product.state() is State.REVIEWING
    return words(contents)


def renamed(old: str, new: str) -> bytes:
    files = {name.replace(old, new): data for name, data in unzipped().items()}
    assert files.keys() != unzipped().keys()
    return zipped(files)


def sliced(*ranges: str) -> bytes:
    """The appointments in slices of dates, with the source's file names."""
    files = unzipped()
    name = next(n for n in files if "Appointments-" in n)
    head, *rows = csv.reader(io.StringIO(files.pop(name).decode()))
    for number, dates in enumerate(ranges):
        out = io.StringIO()
        csv.writer(out).writerows([head, *rows[number :: len(ranges)]])
        files[name.replace(f"-{WHEN}", f"-{WHEN}-{dates}")] = out.getvalue().encode()
    return zipped(files)


def moved(years: int) -> bytes:
    """The same appointments, some years earlier or later."""

    def move(row: dict[str, str]) -> dict[str, str]:
        times = {key: row[key] for key in ("Start Time", "End Time") if row.get(key, "")[:4].isdigit()}
        return row | {key: f"{int(at[:4]) + years}{at[4:]}" for key, at in times.items()}

    return changed("appointments-", move)


def json_page() -> bytes:
    page = b'{"patients": [{"id": "1", "first_name": "Ada", "last_name": "Lovelace", "date_of_birth": "1990-01-01"}], '
    return zipped({"patients.json": page + b'"total_entries": 9, "links": {}}'})


def orphaned() -> bytes:
    """The notes of a whole clinic with a single client in its list."""
    files = unzipped()
    name = next(n for n in files if "Patients-" in n)
    files[name] = b"".join(files[name].splitlines(keepends=True)[:2])
    return zipped(files)


DOUBTFUL: dict[str, tuple[Callable[[], list[tuple[str, bytes]]], str, str]] = {
    "a range of dates": (
        lambda: [("export.zip", sliced("From20260101-To20261120"))],
        "partial_export:appointments",
        "Appointments: only 1 January 2026 to 20 November 2026 was exported",
    ),
    "slices that meet": (
        lambda: [("export.zip", sliced("From20200101-To20231231", "From20240101-To20261120"))],
        "partial_export:appointments",
        "Appointments: only 1 January 2020 to 20 November 2026 was exported",
    ),
    "slices with a gap": (
        lambda: [("export.zip", sliced("From20200101-To20211231", "From20220301-To20261120"))],
        "partial_export_gap:appointments",
        "Appointments: nothing was exported of 1 January 2022 to 28 February 2022",
    ),
    "clients of one year": (
        lambda: [("export.zip", renamed(f"Patients-Cliniko-{WHEN}", f"Patients-Cliniko-{WHEN}-From20250101-To{WHEN}"))],
        "partial_export:patients",
        "Clients: only 1 January 2025 to 20 November 2026 was exported",
    ),
    "an end date that no name tells": (
        lambda: [("export.zip", moved(years=-2))],
        "none_ahead",
        "No appointment lies ahead",
    ),
    "a first date that no name tells": (
        lambda: [("export.zip", moved(years=20))],
        "starts_late",
        "The first appointment is more than a year later than the first client",
    ),
    "different days": (
        lambda: [("export.zip", renamed(f"Appointments-Cliniko-{WHEN}", "Appointments-Cliniko-20261110"))],
        "export_dates_differ",
        "The files were exported on different days, 10 November 2026 to 20 November 2026",
    ),
    "one of several zips": (
        lambda: [("Export-002.zip", zipped(unzipped()))],
        "zip_part_missing",
        "1 zip of the download is missing",
    ),
    "one of several pages": (
        lambda: [("export.zip", json_page())],
        "json_pages_missing:patients",
        "Clients: the files announce 8 more than they hold",
    ),
    "orphans": (
        lambda: [("export.zip", orphaned())],
        "many_orphans:appointments",
        "Appointments: more than a fifth belong to something that is not in the export",
    ),
}


def approve(product: Product, accept: list[str]) -> Response:
    megan = product.visitor(MEGAN)
    form = {"name": product.move().clinic, "digest": digest_of(megan.get(f"{product.at}/approve")), "accept": accept}
    answer: Response = megan.post(f"{product.at}/approve", data=form)
    return answer


@pytest.mark.parametrize("what", DOUBTFUL)
def test_a_warning_is_shown_before_the_trial_and_ticked_before_the_approval(product_at: At, what: str) -> None:
    product = product_at("preparing")
    export, key, title = DOUBTFUL[what]
    assert title in tried(product, *export())
    page = product.visitor(MEGAN).get(f"{product.at}/approve")
    assert title in words(page)
    assert key in doubts(page)
    others = [key_ for key_ in doubts(page) if key_ != key]
    refused = approve(product, others)
    assert refused.status_code == 422
    assert f"Tick this, or hand over another export: {title}" in words(refused)
    assert all(f'value="{key_}" id="accept-{key_}" checked' in refused.text for key_ in others), "ticks are kept"
    assert product.state() is State.REVIEWING
    done(approve(product, [key, *others]))
    entry = next(entry for entry in product.audit() if entry.act == "approve")
    assert entry.facts["accepted"] == sorted([key, *others])


def test_a_missing_used_kind_is_ticked_again_by_name(product_at: At) -> None:
    product = product_at("preparing")
    tried(product, ("export.zip", without("treatment notes", "treatment_notes")), uses=("notes", "appointments"))
    page = product.visitor(MEGAN).get(f"{product.at}/approve")
    assert "Not in your export: progress notes" in words(page)
    assert "We go on without progress notes" in words(page)
    assert doubts(page)[0] == "kind_absent:treatment_notes"
    assert approve(product, doubts(page)[1:]).status_code == 422
    done(approve(product, doubts(page)))


def test_a_whole_export_asks_for_no_tick(shown_at: At) -> None:
    page = shown_at("reviewing").visitor(MEGAN).get(f"{shown_at('reviewing').at}/approve")
    assert [key for key in doubts(page) if not key.startswith(("none_ahead", "starts_late"))] == []


def test_a_kind_that_is_left_out_may_be_incomplete(product_at: At) -> None:
    product = product_at("matching")

    def cut(session: Session) -> None:
        file = session.exec(select(ExportFile).where(ExportFile.kind == "appointments")).one()
        file.facts = {**file.facts, "from": "2026-01-01", "to": "2026-11-20"}
        session.add(file)

    product.write(cut)
    page = product.visitor(MEGAN).get(f"{product.at}/handover")
    assert "Appointments: only 1 January 2026 to 20 November 2026 was exported" in words(page)
    form = {"show": "leave_out", "kinds": "appointments"}
    done(product.visitor(MEGAN).post(f"{product.at}/matches", data=form))
    page = product.visitor(MEGAN).get(f"{product.at}/handover")
    assert "was exported" not in words(page)


def test_an_unexplained_difference_from_the_clinics_number_is_ticked(product_at: At) -> None:
    product = product_at("reviewing")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/uses/counts", data={"count-patients": "400"}))
    page = megan.get(f"{product.at}/approve")
    assert "Clients: you counted 400, and" in words(page)
    assert "count_differs:patients" in doubts(page)
    assert approve(product, []).status_code == 422
    trial_rows = 40
    done(megan.post(f"{product.at}/uses/counts", data={"count-patients": str(trial_rows)}))
    assert "count_differs:patients" not in doubts(megan.get(f"{product.at}/approve"))


def test_a_number_that_changes_while_the_page_is_open_is_refused_by_the_server(product_at: At) -> None:
    product = product_at("reviewing")
    megan = product.visitor(MEGAN)
    page = megan.get(f"{product.at}/approve")
    form = {"name": product.move().clinic, "digest": digest_of(page), "accept": doubts(page)}
    done(megan.post(f"{product.at}/uses/counts", data={"count-patients": "400"}))
    answer = megan.post(f"{product.at}/approve", data=form)
    assert answer.status_code == 422
    assert headline(answer) == "Make this trial your live workspace"
    assert product.state() is State.REVIEWING


def test_approval_mentions_an_old_export(product_at: At) -> None:
    product = product_at("preparing")
    tried(product, ("export.zip", renamed(WHEN, "20240301")))
    page = product.visitor(MEGAN).get(f"{product.at}/approve")
    assert "Your export was made on Fri 1 March, more than 14 days ago" in words(page)


def test_more_in_the_export_than_the_clinic_counted_asks_for_no_tick(product_at: At) -> None:
    product = product_at("reviewing")
    megan = product.visitor(MEGAN)
    before = doubts(megan.get(f"{product.at}/approve"))
    done(megan.post(f"{product.at}/uses/counts", data={"count-patients": "3", "count-appointments": "1"}))
    assert "more came than you counted" in words(megan.get(f"{product.at}/review"))
    assert doubts(megan.get(f"{product.at}/approve")) == before
