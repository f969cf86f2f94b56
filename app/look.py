"""What every page is drawn with: templates, words, icons, and the addresses of the style sheet and scripts."""

import hashlib
import json
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup

from app import words
from app.act_links import with_links
from app.mapping.html import clean_html

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
SHAPES = re.compile(r"<svg.*?>(.*)</svg>", re.DOTALL)


@cache
def package(name: str) -> str:
    """The vendored folder of a package: `bootstrap` -> `vendor/bootstrap@5.3.9`."""
    packages: dict[str, str] = json.loads((STATIC / "vendor/manifest.json").read_text())["packages"]
    return f"vendor/{packages[name]}"


@cache
def asset(path: str) -> str:
    """The address of a file under `static/` that a browser may keep for ever: it changes with what it names.

    `asset("app.css")` -> `/static/app.css?v=1a2b3c4d`; `asset("bootstrap/bootstrap.min.css")` -> the vendored file,
    whose folder carries its version.
    """
    first, _, rest = path.partition("/")
    if rest and not (STATIC / first).exists():
        return f"/static/{package(first)}/{rest}"
    return f"/static/{path}?v={hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:8]}"


@cache
def icon(name: str, css: str = "i") -> Markup:
    """A lucide icon, inlined and hidden from screen readers: the words beside it say the same."""
    path = STATIC / package("lucide-static") / "icons" / f"{name}.svg"
    if not path.exists():
        raise LookupError(f"no icon named {name}: add it to ICONS in static/vendor.py and run that script")
    drawn = " ".join(SHAPES.sub(r"\1", path.read_text().partition("-->")[2]).split())
    attributes = 'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
    return Markup(f'<svg class="{css}" aria-hidden="true" {attributes}>{drawn}</svg>')  # noqa: S704  (our own files)


def rich(text: str) -> Markup:
    """A note as its author formatted it, cleaned once more, its headings below those of the page."""
    cleaned = clean_html(text).html
    above, _, _ = cleaned.partition("<h1>")
    smaller = "h4" if "<h2>" in above else "h5"  # a heading never skips a level
    for level, below in (("h1", "h4"), ("h2", smaller)):
        cleaned = cleaned.replace(f"<{level}>", f"<{below}>").replace(f"</{level}>", f"</{below}>")
    return Markup(cleaned)  # noqa: S704 - cleaned above


def environment(templates: Path = TEMPLATES, *more: Path) -> Environment:
    """The one Jinja environment: escapes all but plain text, and a variable that a page forgot is an error."""
    made = Environment(
        loader=FileSystemLoader([templates, *more]),
        autoescape=select_autoescape(enabled_extensions=(), disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(words.FILTERS, rich=rich, with_links=with_links)
    made.globals.update(icon=icon, asset=asset, wait=words.wait, basis=no_basis)
    return made


def no_basis(_path: str, **_address: str) -> str:
    """The hidden field of a form where no request asks for the page; `web.context` puts the real one in its place."""
    return ""


def block(template: Template, name: str, context: dict[str, object]) -> str:
    """One named block of a page's own template: what an htmx request for the same address gets."""
    made = template.new_context(context)
    # The first step of the whole page runs the imports at its top and finds the blocks it inherits.
    next(iter(template.root_render_func(made)), None)
    return "".join(made.blocks[name][0](made))
