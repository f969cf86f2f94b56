"""A sentence that names an act of the product links to the page of the act."""

import re

import pytest

from app.migration.models import ProblemLine
from app.migration.states import State
from app.problems import catalogue
from app.templating import ACTS, PATTERN, link_acts
from tests.conftest import At
from tests.harness.page_text import words
from tests.harness.product import MEGAN, VERA, Product

NAMED = re.compile(
    r"\b(?:leave|left) (?:[\w’']+ )?out\b|\b(?:names|matches|review) page\b|page of your files|page to approve"
    r"|checklist|\bhand (?:[\w’']+ ){0,2}over\b|\bhand over\b|\bstart (?:the|another) trial\b|withdraw"
    r"|write to us|contact us|ask support|(?:its|the) password",
    re.IGNORECASE,
)
"""Words by which a sentence names an act of the product."""
LEDE = re.compile(r'<p class="lede">(.*?)</p>', re.S)
LINK = re.compile(r'href="([^"]+)"')
FORMS = {"handover": "/handover/replace", "review": "/review/", "help": "/help"}
"""By page, the start of the action of a form that does the act there."""


@pytest.mark.parametrize("code", catalogue())
def test_every_sentence_that_names_an_act_gets_a_link(code: str) -> None:
    for sentence in re.split(r"(?<=[.?!])\s", catalogue()[code].todo):
        assert not NAMED.search(sentence) or PATTERN.search(sentence), f"no link to the act: {sentence}"


@pytest.mark.parametrize("point", ["matching", "reviewing"])
def test_no_sentence_of_a_page_links_to_the_page_itself(product_at: At, point: str) -> None:
    product = product_at(point)
    megan = product.visitor(MEGAN)
    for page in {act.page.partition("#")[0] for act in ACTS}:
        address = f"{product.at}/{page}"
        for act in ACTS:
            sentence = next((e.todo for e in catalogue().values() if re.search(act.words, e.todo)), "")
            link = LINK.findall(link_acts(sentence, product.at, State(product.move().state), address))
            assert address not in link
            for own in (each[1:] for each in link if each[0] == "#"):
                assert f'id="{own}"' in megan.get(address).text


def put_problem(product: Product, code: str) -> None:
    move = product.move()
    run = f"trial:{move.trial_number}" if move.trial_number else f"export:{move.export_number}"
    level = catalogue()[code].level.value
    line = ProblemLine(migration_id=move.id, run=run, code=code, level=level, kind="patients", count=1)
    product.write(lambda session: session.add(line))


@pytest.mark.parametrize("point", ["matching", "reviewing"])
def test_the_link_of_a_problem_opens_the_page_that_has_the_act(product_at: At, point: str) -> None:
    product = product_at(point)
    megan, vera = product.visitor(MEGAN), product.visitor(VERA)
    codes = [code for code, entry in catalogue().items() if PATTERN.search(entry.todo)]
    targets: dict[str, str] = {}
    forms = FORMS | {"matches": "/matches" if point == "matching" else "/review/change-plan"}
    review = megan.see(f"{product.at}/review").text  # a trial with more problems than it had is damaged
    for code in codes:
        put_problem(product, code)
        lede = LEDE.search(megan.get(f"{product.at}/problems/{code}").text)
        assert lede is not None, code
        targets |= dict.fromkeys(LINK.findall(lede[1]), code)
        match = LEDE.search(vera.get(f"{product.at}/problems/{code}").text)
        assert match is not None
        assert "href" not in match[1], f"{code} offers an act to somebody who may only look"
    assert {target.removeprefix(f"{product.at}/").partition("#")[0] for target in targets} >= {
        "matches",
        "files",
        "help",
    }
    for target, code in targets.items():
        page = megan.see(target)
        assert page.status_code == 200, f"{code} leads to {target}"
        name = target.removeprefix(f"{product.at}/").partition("#")[0]
        if name in forms and not (name == "review" and point == "matching"):
            shown = review if name == "review" else page.text
            assert f'action="{product.at}{forms[name]}' in shown, f"{code}: {target} does not have the act"


def test_the_checklist_links_to_the_names(shown_at: At) -> None:
    page = shown_at("matching").visitor(MEGAN).get(f"{shown_at('matching').at}/checklist")
    assert re.search(r'leave it out on the <a href="/m/\w+/matches">names page</a>', page.text), words(page)
