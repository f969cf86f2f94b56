"""Two people change different parts of one form, the second on an outdated page: no part is lost, and the page of both
versions shows every sent part that differs from the present value. Generated over the forms of several parts and over
the ordered pairs of their parts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import pytest
from httpx import Response
from sqlmodel import Session

from app.access.access_tables import Membership
from app.mapping.plan import LEAVE_OUT
from app.migration.plans import plan_of
from app.sandbox.demo import WORKSPACE
from tests.conftest import At
from tests.forms.page_forms import Input, PageForm, forms_of, otherwise
from tests.harness.page_text import done, words
from tests.harness.product import ANA, GRACE, MEGAN, Product, Visitor
from tests.wizard.questionable import REGISTER, cases_called_otherwise, handed_over, number_of
from tests.wizard.test_which_folder import ROOT, documents, patient_in

FILE = "file"
FORMS = {
    "a file": (FILE, "files/", GRACE),
    "a file, by support": (FILE, "files/", ANA),
    "the own counts": ("uses/counts", "uses/counts", GRACE),
    "a member": ("people/per_vera", "people/per_vera", GRACE),
    "practitioners": ("matches?show=practitioners", "matches", GRACE),
    "what is left out": ("matches?show=leave_out", "matches", GRACE),
}
"""By form: the page, how the address of the form ends, and who changes a part first."""
BUTTONS = ("keep", "save")
MOST = 3
Fields = dict[str, list[str]]


@dataclass(frozen=True)
class Part:
    """One part of a form, filled in differently from the page: its field, values, and label."""

    name: str
    values: list[str]
    label: str


def address(product: Product, page: str, who: str) -> str:
    at = f"/support/{product.migration_id}" if who == ANA else product.at
    return f"{at}/files/{number_of(product, REGISTER)}" if page == FILE else f"{at}/{page}"


def drawn(product: Product, name: str, who: str) -> tuple[Visitor, PageForm]:
    """The form on its page, as this person opened it."""
    page, end, _ = FORMS[name]
    browser = product.visitor(who)
    shown = browser.get(address(product, page, who))
    assert shown.status_code == 200, words(shown)[:300]
    found = [form for form in forms_of(shown) if end in form.action and len(form.by_name) > 1]
    return browser, found[0]


def as_drawn(form: PageForm) -> Fields:
    """The fields that the unchanged form sends."""
    fields: Fields = {}
    for name, value in form.hidden:
        fields.setdefault(name, []).append(value)
    for each in form.inputs:
        if each.chosen:
            fields.setdefault(each.name, []).extend(each.chosen)
    act = next((pair for pair in form.buttons if pair[1] in BUTTONS), ("", ""))
    return {
        **fields,
        **({act[0]: [act[1]]} if act[0] else {}),
        **({"reason": ["The clinic asked us on the phone."]} if "reason" in form.by_name else {}),
    }


def parts(form: PageForm) -> list[Part]:
    """Parts that can be changed one by one, so that the form is still a whole answer."""
    columns = [
        each for each in form.inputs if each.kind == "select" and each.name[:1] == "c" and each.name[1:].isdigit()
    ]
    if columns:
        taken = {value for each in columns for value in each.chosen}
        return list(columns_otherwise(columns, taken))[:MOST]
    found = [Part(name, values, typed[0].label) for name, values, typed in otherwise(form) if name != "reason"]
    return found[:MOST]


def columns_otherwise(columns: list[Input], taken: set[str]) -> Iterator[Part]:
    for each in columns:
        if any("(needed)" in each.choices[value] for value in each.chosen):
            continue
        free = next(value for value, label in each.choices.items() if value not in taken and "(needed)" not in label)
        taken.add(free)
        yield Part(each.name, [free], each.label)


def sent(form: PageForm, part: Part) -> Fields:
    return {**as_drawn(form), part.name: part.values}


def again(answer: Response) -> tuple[str, Fields]:
    """The form of the page of both versions, as its button sends it."""
    form = next(form for form in forms_of(answer) if any(name == "basis" for name, _ in form.hidden))
    fields: Fields = {}
    for name, value in form.hidden:
        fields.setdefault(name, []).append(value)
    return form.action, fields


def at_present(form: PageForm, part: Part) -> list[str]:
    return sorted(value for each in form.by_name[part.name] for value in each.chosen)


@pytest.fixture
def product(product_at: At) -> Product:
    files = cases_called_otherwise()
    return handed_over(product_at("preparing"), {**files, **documents(patient_in(files))})


def restore(product: Product, plan: object) -> None:
    def member(session: Session) -> None:
        row = session.get_one(Membership, ("per_vera", WORKSPACE))
        row.role, row.clinical = "viewer", False
        session.add(row)

    product.put(plan=plan, own_counts=None)
    product.write(member)


@pytest.mark.parametrize("name", FORMS)
def test_no_part_is_lost_that_the_second_person_left_alone(product: Product, name: str) -> None:
    first, plan, tried = FORMS[name][2], product.move().plan, 0
    second = ANA if first == ANA else MEGAN
    for i, j in permutations(range(len(parts(drawn(product, name, first)[1]))), 2):
        one, form = drawn(product, name, first)
        other, old = drawn(product, name, second)
        theirs, mine = parts(form)[i], parts(old)[j]
        done(one.post_exactly(form.action, sent(form, theirs)))
        answer = other.post_exactly(old.action, sent(old, mine))
        if answer.status_code == 409:
            read = words(answer)
            assert theirs.label in read, f"{theirs} changed, and is not shown: {read[:900]}"
            assert mine.label in read
            answer = other.post_exactly(*again(answer))
        done(answer)
        _, now = drawn(product, name, second)
        assert at_present(now, theirs) == sorted(theirs.values), f"{theirs} was changed first"
        assert at_present(now, mine) == sorted(mine.values), f"{mine} was sent on purpose"
        restore(product, plan)
        tried += 1
    assert tried >= 2, "the form has several parts"


def test_an_answer_of_another_kind_names_every_column_that_goes_with_it(product: Product) -> None:
    one, form = drawn(product, "a file", GRACE)
    other, old = drawn(product, "a file", MEGAN)
    theirs = parts(form)
    both = {**sent(form, theirs[0]), theirs[1].name: theirs[1].values}
    done(one.post_exactly(form.action, both))
    answer = other.post_exactly(old.action, {**as_drawn(old), "act": ["leave"]})
    assert answer.status_code == 409
    assert all(part.label in words(answer) for part in theirs[:2])
    assert "You chose Something we do not need: leave it out" in words(answer)
    done(other.post_exactly(*again(answer)))
    assert LEAVE_OUT in plan_of(product.move()).file_kinds.values()


def test_a_column_that_was_paired_for_a_file_that_is_left_out_now_is_named(product: Product) -> None:
    one, form = drawn(product, "a file", GRACE)
    other, old = drawn(product, "a file", MEGAN)
    done(one.post_exactly(form.action, {**as_drawn(form), "act": ["leave"]}))
    mine = parts(old)[0]
    answer = other.post_exactly(old.action, sent(old, mine))
    assert answer.status_code == 409
    assert mine.label in words(answer)
    assert "It was for another kind of file." in words(answer)
    assert "Use my answer" not in words(answer)


def test_one_question_has_one_line_and_a_folder_is_called_a_folder(product: Product) -> None:
    at = f"{product.at}/files/{number_of(product, ROOT)}"
    grace, megan = product.visitor(GRACE), product.visitor(MEGAN)
    old = next(form for form in forms_of(megan.get(at)) if "kind" in form.by_name)
    done(grace.post(at, data={"kind": "patient_files", "act": "keep"}))
    answer = megan.post_exactly(at, {**as_drawn(old), "kind": LEAVE_OUT, "act": "keep"})
    read = words(answer)
    assert answer.status_code == 409
    assert read.count("This folder holds") == 1
    assert "What this file is" not in read
    assert "this file" not in read.lower()
    done(megan.post_exactly(*again(answer)))
    assert plan_of(product.move()).file_kinds[ROOT] == LEAVE_OUT
