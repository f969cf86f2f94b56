"""How figures are written down, and how the visitor without JavaScript reads a page."""

import json
from pathlib import Path

import httpx

from tests.figures.figure import Measure, Reached, taken
from tests.figures.forms import Page

FORM = """
<form method="post" action="/m/1/matches">
  <input type="hidden" name="show" value="locations"><input type="checkbox" name="kinds" value="files">
  <select name="l1"><option value="">Choose</option><option value="create">Bring</option></select>
  <select name="l2"><option value="">Choose</option><option value="loc_1" selected>Harbour Street</option></select>
  <button name="act" value="save">Save <b>for later</b></button>
</form><a href="/m/1/review"><b>Back</b> to the review</a>
"""


def test_a_figure_is_one_line_with_its_machine(tmp_path: Path) -> None:
    figure = taken(Measure("kills", "0 lost", lambda long: Reached("0 lost", ok=True, seed=7)), "main", long=False)
    figure.keep(tmp_path / "figures.jsonl")
    figure.keep(tmp_path / "figures.jsonl")

    first, second = (json.loads(line) for line in (tmp_path / "figures.jsonl").read_text().splitlines())
    assert first == second
    wanted = {"name": "kills", "area": "main", "reached": "0 lost", "asked": "0 lost", "ok": True, "seed": 7}
    assert wanted.items() <= first.items()
    assert first["cores"] >= 1
    assert first["python"].startswith("3.")
    assert first["sqlite"].startswith("3.")


def test_a_measure_that_fails_has_reached_nothing() -> None:
    def fails(long: bool) -> Reached:
        raise RuntimeError("the move stands still")

    figure = taken(Measure("kills", "0 lost", fails), "main", long=False)
    assert not figure.ok
    assert figure.why == ("RuntimeError: the move stands still",)


def test_a_form_is_read_from_its_page() -> None:
    page = Page(httpx.Response(200, text=FORM, request=httpx.Request("GET", "http://localhost/m/1/matches")))

    form, button = page.button("save for later")
    assert (form.action, form.method, button.name, button.value) == ("/m/1/matches", "post", "act", "save")
    assert {i.name: i.value for i in form.inputs if i.sends} == {"show": "locations", "l1": "", "l2": "loc_1"}
    assert page.links == [("Back  to the review", "/m/1/review")]
