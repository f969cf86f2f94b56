"""Forms whose export was replaced since: nothing that was typed is lost in silence."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from httpx import Response
from sqlmodel import Session

from app.caspen.tables import Location
from app.db import now
from app.migration.models import Export
from app.migration.plans import plan_of
from app.migration.states import State
from app.sandbox.demo import WORKSPACE
from tests.conftest import At
from tests.forms.browser import basis_in
from tests.forms.outdated import filled_in
from tests.forms.page_forms import PageForm, Typed, forms_of, otherwise
from tests.forms.routes import LINES, Line, M, always, next_export, nothing
from tests.harness.page_text import absent, done, words
from tests.harness.product import ANA, MEGAN, Product, Visitor
from tests.wizard.answering import column, form_of, page_of
from tests.wizard.choices import tab
from tests.wizard.questionable import OTHER_WORDS, cases_called_otherwise, few, handed_over, table, written

TABS = ("practitioners", "locations", "services", "custom_fields", "leave_out")
PAGES = {
    "preparing": ("overview", "checklist", "uses", "uses/counts", "export", "handover", "people", "people/per_vera"),
    "matching": (
        "checklist",
        "uses",
        "uses/counts",
        "handover",
        "files/1",
        "files/2",
        *(f"matches?show={show}" for show in TABS),
    ),
    "reviewing": ("review", "approve", "uses/counts"),
    "finalised": ("report",),
}
"""By point of a move, the pages with forms of an admin."""


@dataclass(frozen=True)
class Filled:
    """A form that was filled in otherwise than its page shows, and sent by one of its buttons."""

    name: str
    action: str
    fields: dict[str, list[str]]
    typed: list[Typed]


def filled(name: str, form: PageForm) -> list[Filled]:
    """The form, once for each button whose answer is kept or used."""
    parts = list(otherwise(form))
    typed = [entry for _, _, some in parts for entry in some]
    if form.method != "post" or not typed:
        return []
    values: dict[str, list[str]] = {}
    for field, value in form.hidden:
        values.setdefault(field, []).append(value)
    for field, some, _ in parts:
        values[field] = [*values.get(field, []), *some]
    pressed = [pair for pair in dict.fromkeys(form.buttons) if pair[0] != "go" and pair[1] != "show"]
    return [
        Filled(f"{name} {value}", form.action, {**values, **({button: [value]} if button else {})}, typed)
        for button, value in pressed
    ]


def drawn(browser: Visitor, at: str, pages: tuple[str, ...]) -> list[Filled]:
    found = []
    for page in pages:
        shown = browser.get(f"{at}/{page}")
        assert shown.status_code == 200, f"{page}: {shown.status_code}"
        found += [each for form in forms_of(shown) for each in filled(page, form)]
    assert found
    return found


def being_read(product: Product) -> None:
    """Another export was handed over, and a worker is reading it."""

    def begin(session: Session) -> None:
        move = product.move()
        before = session.get(Export, (move.id, move.export_number)) or Export(
            migration_id=move.id, number=0, way="upload"
        )
        kept = before.model_dump(exclude={"number", "inventory", "read_at"})
        session.add(Export(**kept, number=move.export_number + 1))

    product.write(begin)
    product.put(state=State.READING.value, export_number=product.move().export_number + 1)


def read_again(product: Product) -> None:
    """Another export is there, at the same state; its names have other numbers."""
    if product.move().export_number:
        next_export(product)


def lost(answer: Response, sent: Filled) -> list[str]:
    """The typed values that the answer does not name, by label. Secrets are named by their label."""
    read = words(answer)
    said = {entry.label for entry in sent.typed if entry.label not in read}
    said |= {entry.words for entry in sent.typed if not entry.is_secret and entry.words not in read}
    said |= {f"{entry.label} is shown" for entry in sent.typed if entry.is_secret and entry.value in answer.text}
    return sorted(said)


@pytest.mark.parametrize("point", PAGES)
@pytest.mark.parametrize("change", [read_again, being_read])
def test_nothing_typed_is_lost_without_a_word(product_at: At, point: str, change: Callable[[Product], None]) -> None:
    product = product_at(point)
    browser = product.visitor(MEGAN)
    forms = drawn(browser, product.at, PAGES[point])
    change(product)
    wrong, refused = {}, 0
    for each in forms:
        answer = browser.post_exactly(each.action, each.fields)
        if answer.status_code == 303:
            continue  # the form is not about the export: it was applied
        refused += 1
        assert answer.status_code in (409, 422), f"{each.name}: {answer.status_code}"
        if gone := lost(answer, each) if answer.status_code == 409 else not_in_fields(answer, each):
            wrong[each.name] = gone
    assert not wrong
    assert refused or (point in ("preparing", "finalised") and change is read_again)


def not_in_fields(answer: Response, sent: Filled) -> list[str]:
    """The typed values that are not in their fields on the form's own page."""
    return sorted({entry.words for entry in sent.typed if not entry.is_secret and entry.value not in answer.text})


def test_support_reads_what_it_said_of_a_file_without_a_cell(product_at: At) -> None:
    product = product_at("matching")
    ana = product.visitor(ANA)
    forms = drawn(ana, f"/support/{product.migration_id}", ("files/1",))
    next_export(product)
    for each in forms:
        answer = ana.post_exactly(each.action, each.fields)
        assert answer.status_code == 409, words(answer)
        assert not lost(answer, each)


def without_practitioner(id_: str) -> dict[str, bytes | str]:
    """A small export without the row of one practitioner."""
    files = few()
    for path, data in files.items():
        if "Practitioners-" in path:
            header, *rows = table(bytes(data))  # type: ignore[arg-type]  # as it was in the zip
            files[path] = written([header, *(row for row in rows if id_ not in row)])
    return files


def kept_inputs(answer: Response) -> dict[str, list[str]]:
    form = next((form for form in forms_of(answer) if ("", "") in form.buttons and "signout" not in form.action), None)
    found: dict[str, list[str]] = {}
    for name, value in form.hidden if form is not None else ():
        found.setdefault(name, []).append(value)
    return found


def test_only_answers_that_still_apply_can_be_used(product_at: At) -> None:
    product = handed_over(product_at("preparing"), few())
    names = tab(product, "practitioners")
    gone, stays, *_ = names
    form = {"show": "practitioners", "act": "start", **{one.field: one.chosen for one in names.values()}}
    form |= {names[gone].field: "leave_out", names[stays].field: "leave_out"}
    drawn_from = filled_in(product, Line(f"{M}/matches", "matching", nothing, always(**form)))
    handed_over(product, without_practitioner(names[gone].field[2:]))
    answer = drawn_from.browser.post_exactly(drawn_from.address, drawn_from.form)
    assert answer.status_code == 409
    assert f"{gone} is in Caspen You chose Leave out It is not in the export that is there now." in words(answer)
    assert re.search(rf"{stays} is in Caspen You chose Leave out It is now (?!not in)", words(answer))
    again = kept_inputs(answer)
    assert {name for name in again if name.startswith("c:")} == {names[stays].field}
    done(drawn_from.browser.post_exactly(drawn_from.address, again))
    assert product.state() is State.MATCHING, "an answer is kept, and no trial of names is started that nobody saw"
    left_out = [id_ for id_, choice in plan_of(product.move()).practitioners.items() if choice.to == "leave_out"]
    assert left_out == [names[stays].field[2:]]


def test_where_no_answer_applies_a_plain_link_leads_to_the_page(product_at: At) -> None:
    product = handed_over(product_at("preparing"), few())
    field = next(iter(tab(product, "practitioners").values())).field
    form = {"show": "practitioners", "act": "save", field: "leave_out"}
    drawn_from = filled_in(product, Line(f"{M}/matches", "matching", nothing, always(**form)))
    handed_over(product, without_practitioner(field[2:]))
    answer = drawn_from.browser.post_exactly(drawn_from.address, drawn_from.form)
    assert answer.status_code == 409
    assert "Use my answer" not in words(answer)
    assert f'href="{product.at}/matches?show=practitioners">Open the page as it is now</a>' in answer.text


def test_a_choice_that_caspen_has_no_more_is_named_and_not_used(product_at: At) -> None:
    product = product_at("matching")
    name = tab(product, "locations")
    one = next(iter(name.values()))
    place = next(value for value in one.options if value not in ("", "create", "leave_out", one.chosen))
    words_of_place = one.options[place]
    form = {"show": "locations", "act": "save", one.field: place}
    drawn_from = filled_in(product, Line(f"{M}/matches", "matching", nothing, always(**form)))
    with product.runtime.caspen.live.database.write() as session:
        row = session.get_one(Location, (WORKSPACE, place))
        row.deleted_at = now()
        session.add(row)
    answer = drawn_from.browser.post_exactly(drawn_from.address, drawn_from.form)
    assert answer.status_code == 409
    assert f"{one.name} is in Caspen You chose {words_of_place} This choice is no longer offered." in words(answer)
    assert "Use my answer" not in words(answer)


def test_an_answer_about_a_file_follows_the_file_to_its_new_number(product_at: At) -> None:
    product = handed_over(product_at("preparing"), cases_called_otherwise())
    form = form_of(before := page_of(product)) | {"act": "read"}
    form[column(before, "title")] = ""
    form[column(before, "is_closed")] = "name"
    browser = product.visitor(MEGAN)
    another = {"aaa.csv": "id,colour\n1,red\n", **cases_called_otherwise({**OTHER_WORDS, "Closed": "was_closed"})}
    handed_over(product, another)
    plan, acts = product.move().plan, product.acts()
    answer = browser.post_exactly(before.url.path, form)
    assert answer.status_code == 409
    assert "Column title becomes You chose Leave this column" in words(answer)
    gone = "You chose Name This column is not in the file that is there now. It is now not in this file"
    assert f"Column is_closed becomes {gone}" in words(answer)
    kept = next(form for form in forms_of(answer) if form.action == page_of(product).url.path)
    shown = browser.post_exactly(kept.action, dict(kept.hidden))
    assert shown.status_code == 200
    assert product.move().plan == plan, "nothing is saved by it"
    assert [act for act in product.acts()[len(acts) :] if act != "file_seen"] == []
    filled_form = form_of(shown)
    assert filled_form["kind"] == form["kind"]
    assert filled_form[column(shown, "title")] == ""
    done(browser.post_exactly(kept.action, {**filled_form, "act": "keep"}))


def test_an_answer_about_a_file_that_is_gone_leads_to_the_files(product_at: At) -> None:
    product = handed_over(product_at("preparing"), cases_called_otherwise())
    form = form_of(before := page_of(product)) | {"act": "read", "kind": "contacts"}
    handed_over(product, few())
    answer = product.visitor(MEGAN).post_exactly(before.url.path, form)
    assert answer.status_code == 409
    assert "This file holds You chose Contacts It is not in the export that is there now." in words(answer)
    assert "Use my answer" not in words(answer)
    assert f'href="{product.at}/files">Open the page as it is now</a>' in answer.text


def test_ticks_of_kinds_that_came_meanwhile_are_named_and_the_others_kept(product_at: At) -> None:
    product = handed_over(
        product_at("preparing"), {name: data for name, data in few().items() if "Contacts" not in name}
    )
    megan = product.visitor(MEGAN)
    page = megan.get(f"{product.at}/handover")
    ticked = absent(page)
    form = {"absent": ticked, "basis": basis_in(page, f"{product.at}/handover/found")}
    handed_over(product, few())
    answer = megan.post_exactly(f"{product.at}/handover/found", form)
    assert answer.status_code == 409
    assert "Contacts You chose We have none, or they need not come It is not asked about any more." in words(answer)
    shown = megan.post_exactly(f"{product.at}/handover/found", kept_inputs(answer))
    assert shown.status_code == 200
    assert sorted(re.findall(r'name="absent" value="(\w+)"[^>]* checked', shown.text)) == sorted(
        {*ticked} - {"contacts"}
    )
    assert product.move().found_acknowledged == 0, "another export is acknowledged when it was seen"


def test_a_button_of_an_export_that_was_replaced_cannot_be_used(product_at: At) -> None:
    product = handed_over(product_at("preparing"), cases_called_otherwise())
    again = filled_in(product, next(line for line in LINES if line.route.endswith("/files")))
    handed_over(product, few())
    answer = again.browser.post_exactly(again.address, again.form)
    assert answer.status_code == 409
    assert "Use my answer" not in words(answer)
