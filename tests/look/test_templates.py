"""Rules for every page: no page contains what the policy refuses, and the vendored files are unchanged."""

import re
import runpy
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from app.templating import STATIC, TEMPLATES, asset, environment, icon

FILES = sorted(path for path in TEMPLATES.rglob("*") if path.suffix in (".html", ".txt"))
NAMES = [path.relative_to(TEMPLATES).as_posix() for path in FILES]
PAGES = [name for name in NAMES if name.endswith(".html")]
JINJA = environment()
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
REFUSED = {
    "an inline style": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an inline handler": re.compile(r"<[^>]*\s(on[a-z]+|hx-on[:\w-]*)\s*=", re.IGNORECASE),
    "a script in the page": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "a javascript address": re.compile(r"javascript:|hx-vals\s*=\s*.js:", re.IGNORECASE),
    "something from another host": re.compile(r"(src|<link[^>]*href)\s*=\s*.https?:", re.IGNORECASE),
}


def words_of(name: str) -> str:
    return COMMENT.sub("", (TEMPLATES / name).read_text())


@pytest.mark.parametrize("name", NAMES)
def test_a_template_begins_with_a_comment_about_its_page(name: str) -> None:
    JINJA.get_template(name)
    assert (TEMPLATES / name).read_text().startswith("{#-"), "begin with a comment that names the context"


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("emails/")])
def test_a_page_holds_nothing_that_the_policy_refuses(name: str) -> None:
    assert [what for what, pattern in REFUSED.items() if pattern.search(words_of(name))] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_source_is_called_by_its_label(name: str) -> None:
    assert "cliniko" not in (TEMPLATES / name).read_text().lower(), "write {{ source.label }}"


@pytest.mark.parametrize("name", PAGES)
def test_every_icon_that_a_page_names_is_there(name: str) -> None:
    for found in re.findall(r"""icon(?:_name)?(?:\(|=)["']([a-z0-9-]+)["']""", words_of(name)):
        assert "<svg" in icon(found)


@pytest.mark.parametrize("name", PAGES)
def test_fields_and_choices_are_imported_with_context(name: str) -> None:
    for line in re.findall(r"\{% from .components/(?:field|choices)\.html. import .*?%\}", words_of(name)):
        assert "with context" in line, "import field and choices with context"


def test_the_vendored_files_are_as_they_were_brought() -> None:
    differences: Callable[[], list[str]] = runpy.run_path(str(STATIC / "vendor.py"))["differences"]
    assert differences() == []


def test_the_style_sheet_asks_for_nothing_but_our_own_files() -> None:
    found = re.findall(r"url\(\"?([^)\"]+)", (STATIC / "app.css").read_text())
    assert found
    for address in found:
        assert (STATIC / address).is_file(), address


def test_an_address_changes_with_the_file_it_names() -> None:
    assert re.fullmatch(r"/static/app\.css\?v=[0-9a-f]{8}", asset("app.css"))
    assert re.fullmatch(r"/static/vendor/htmx\.org@[\d.]+/htmx\.min\.js", asset("htmx.org/htmx.min.js"))
    with pytest.raises(LookupError, match="add it to ICONS"):
        icon("no-such-icon")


def test_a_time_is_shown_in_the_clinics_time_zone() -> None:
    late = datetime(2026, 12, 16, 13, 30, tzinfo=UTC)
    drawn = JINJA.from_string("{{ at|day }}, {{ at|clock }}, {{ at|when }}, {{ at|ago }}")
    values = {"at": late, "now": late, "zone": "Australia/Sydney"}
    assert drawn.render(values) == "Thu 17 December, 12:30 am, today 12:30 am, just now"
