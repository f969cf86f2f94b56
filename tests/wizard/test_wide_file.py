"""The page of a file with thousands of columns shows some of them, and counts the others."""

import re

from app.wizard.which_file import MOST_SHOWN
from tests.conftest import At
from tests.harness.page_text import words
from tests.harness.product import ANA, MEGAN
from tests.wizard.questionable import few, handed_over, number_of

COLUMNS = 5_000


def test_a_table_of_thousands_of_columns_is_shown_in_part(product_at: At) -> None:
    header = ",".join(f"k{number}" for number in range(COLUMNS))
    product = handed_over(product_at("preparing"), {**few(), "wide.csv": f"{header}\n{'1,' * COLUMNS}1\n"})
    number = number_of(product, "wide.csv")
    for email, address in (
        (MEGAN, f"{product.at}/files/{number}"),
        (ANA, f"/support/{product.migration_id}/files/{number}"),
    ):
        page = product.visitor(email).get(address)
        assert page.status_code == 200
        assert len(re.findall(r'<th scope="row"', page.text)) <= 2 * MOST_SHOWN
        assert len(page.text) < 1_000_000
        assert re.search(r"[\d,]+ more columns are not shown here", words(page)), email
