"""An admin answers what a list in a JSON file is: the list is shown, asked about and read again like a file."""

import json

from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import done, headline
from tests.harness.product import Product
from tests.wizard.answering import column, file_at, form_of, page_of, say
from tests.wizard.questionable import REGISTER, cases_called_otherwise, handed_over, table

FILE = "registers.json"
LIST = f"{FILE}#case_register"


def in_a_json_file(product: Product) -> int:
    """The register of cases becomes the second list of a JSON file, after a known list. Returns the number of cases."""
    files = cases_called_otherwise()
    header, *rows = table(str(files.pop(REGISTER)).encode())
    cases = [dict(zip(header, row, strict=True)) for row in rows]
    contact = {"id": "99001", "first_name": "Cy", "company_name": "Rooms", "type_code": "0"}
    handed_over(product, {**files, FILE: json.dumps({"contacts": [contact], "case_register": cases})})
    return len(cases)


def test_an_unknown_list_is_asked_about_and_read_by_the_answer(product_at: At) -> None:
    product = product_at("preparing")
    rows = in_a_json_file(product)
    assert (file_at(product, f"{FILE}#contacts").kind, file_at(product, LIST).kind) == ("contacts", None)
    page = page_of(product, LIST)
    assert headline(page) == f"Tell us what {LIST} is"
    form = form_of(page)
    assert (form["kind"], form[column(page, "case_no")]) == ("patient_cases", "id")
    done(say(product, form, "read", LIST))
    product.work()
    assert product.state() is State.MATCHING
    assert (file_at(product, LIST).kind, file_at(product, LIST).rows) == ("patient_cases", rows)
    assert file_at(product, f"{FILE}#contacts").rows == 1
