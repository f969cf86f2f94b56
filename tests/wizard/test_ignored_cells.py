"""Questions to an admin about visits without a service, and about prose instead of questions and answers."""

from app.mapping.plan import Choice
from app.migration.plans import plan_of
from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.product import MEGAN
from tests.wizard.choices import save, tab
from tests.wizard.exports import changed
from tests.wizard.test_doubts import tried

UNKNOWN = "name:unknown type"


def untyped(row: dict[str, str]) -> dict[str, str]:
    return row | {key: "" for key in ("Appointment Type", "Appointment Type ID") if key in row}


def test_visits_without_a_service_are_a_single_name_and_need_a_decision(product_at: At) -> None:
    product = product_at("preparing")
    megan, at = product.visitor(MEGAN), product.at
    done(megan.post(f"{at}/checklist/services", data={"way": "bring"}))
    done(megan.post(f"{at}/uses", data={"uses": ["nothing_else"]}))
    done(megan.post(f"{at}/handover/upload", files=[("files", ("export.zip", changed("appointments-", untyped)))]))
    product.work()
    assert product.state() is State.MATCHING
    line = tab(product, "services")["Unknown type"]
    assert line.chosen == ""
    assert "These appointments name none" in words(megan.get(f"{at}/matches?show=services"))
    done(save(product, "services", **{line.field: "create"}))
    assert plan_of(product.move()).services[UNKNOWN] == Choice(to="create", whom="Unknown type")
    assert tab(product, "services")["Unknown type"].chosen == "create"


def test_prose_in_place_of_content_is_ticked_before_it_goes_live(product_at: At) -> None:
    product = product_at("preparing")
    prose = changed("treatment notes-", lambda row: row | {"Content": "Knee better. Rest."})
    tried(product, ("export.zip", prose))
    text = words(product.visitor(MEGAN).get(f"{product.at}/approve"))
    assert "hold plain text where questions and answers were expected" in text
    assert "These progress notes may come as plain text" in text
