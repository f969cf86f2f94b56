"""The template environment: filters, icons, and the addresses of style sheets and scripts."""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    is_undefined,
    pass_context,
    select_autoescape,
)
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.formatting import wait
from app.mapping.html import clean_html
from app.migration.states import OVER, State
from app.page_filters import FILTERS

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
    """The address of a file under `static/`. It changes with the content, so browsers may cache it for ever.

    `asset("app.css")` -> `/static/app.css?v=1a2b3c4d`; `asset("bootstrap/bootstrap.min.css")` -> the vendored file,
    whose folder carries its version.
    """
    first, _, rest = path.partition("/")
    if rest and not (STATIC / first).exists():
        return f"/static/{package(first)}/{rest}"
    return f"/static/{path}?v={hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:8]}"


@cache
def icon(name: str, css: str = "i") -> Markup:
    """A lucide icon, inlined and hidden from screen readers: the text next to it has the same meaning."""
    path = STATIC / package("lucide-static") / "icons" / f"{name}.svg"
    if not path.exists():
        raise LookupError(f"no icon named {name}: add it to ICONS in static/vendor.py and run that script")
    paths = " ".join(SHAPES.sub(r"\1", path.read_text().partition("-->")[2]).split())
    attributes = 'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
    return Markup(f'<svg class="{css}" aria-hidden="true" {attributes}>{paths}</svg>')  # noqa: S704  (our own files)


def rich(text: str) -> Markup:
    """A note with its author's formatting, sanitised, with headings below those of the page."""
    cleaned = clean_html(text).html
    above, _, _ = cleaned.partition("<h1>")
    smaller = "h4" if "<h2>" in above else "h5"  # a heading never skips a level
    for level, below in (("h1", "h4"), ("h2", smaller)):
        cleaned = cleaned.replace(f"<{level}>", f"<{below}>").replace(f"</{level}>", f"</{below}>")
    return Markup(cleaned)  # noqa: S704 - cleaned above


def environment(templates: Path = TEMPLATES, *more: Path) -> Environment:
    """The Jinja environment. Escapes all but plain text, and raises an error for an undefined variable."""
    env = Environment(
        loader=FileSystemLoader([templates, *more]),
        autoescape=select_autoescape(enabled_extensions=(), disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(FILTERS, rich=rich, with_links=with_links)
    env.globals.update(icon=icon, asset=asset, wait=wait, basis=no_basis)
    return env


def no_basis(_path: str, **_address: str) -> str:
    """An empty hidden field, for pages rendered without a request. `page_context.context` supplies the real field."""
    return ""


def block(template: Template, name: str, /, **values: object) -> str:
    """Renders a named block of a page's template with `values`, for an htmx request to the same address."""
    env = template.new_context(values)
    # The first step of the whole page runs its imports and resolves inherited blocks.
    next(iter(template.root_render_func(env)), None)
    return "".join(env.blocks[name][0](env))


# Links in sentences: words that name an act of the product lead to the page of the act.


@dataclass(frozen=True, slots=True)
class ActLink:
    """Words that name an act or its page, and the page's address within a move. Without `states`: in every state.

    `there` is the anchor of the act on its page while names are matched. A link on that page leads to the anchor.
    """

    words: str
    page: str
    states: frozenset[State] = frozenset()
    there: str = ""


PREPARING = frozenset({State.PREPARING})
ACTS: tuple[ActLink, ...] = (
    ActLink("names page", "matches"),
    ActLink("page of your files", "files"),
    ActLink("review page", "review"),
    ActLink("page to approve", "approve"),
    ActLink("checklist", "checklist"),
    ActLink(
        "(?:hand|Hand) (?:the export|it|this file) over again|(?:hand|Hand) over (?:the export again|another one)",
        "handover",
        there="another",
    ),
    ActLink("(?:upload|Upload) (?:the zip|the file|it) here", "handover#upload", PREPARING),
    ActLink("(?:start|Start) (?:the trial (?:again|once more)|another trial)", "review"),
    ActLink("withdraw the request", "review#requests"),
    ActLink("(?:write|Write) to us|(?:contact|Contact) us|ask support", "help"),
    ActLink("(?:enter|Enter|check|Check) (?:its|the) password", "files/password"),
)
"""Every act that a sentence for people may name. `words` is a pattern. Other words get no link."""
PATTERN = re.compile("|".join(f"(?P<act{number}>{act.words})" for number, act in enumerate(ACTS)))
ALWAYS = frozenset({"help"})
"""Pages whose act is available after the move is over."""
SENTENCE = re.compile(r"(?<=[.?!])\s+")
ENDED = re.compile(r"\b(?:approve|go on|goes on|export again|again, or|the trial)\b")
"""Words of acts that end with the move, in sentences without a link."""
OF_TRIAL = re.compile(r"\b(?:approve|go on|goes on|the trial)\b")
"""Words of acts that end when the move goes live."""
GO_ON = re.compile(r"[,;]? (?:or|and) go on\b[^.;]*")
"""The alternative to mending rows: it was taken when the move went live."""
HAND_OVER = re.compile(r"\bhand (?:(?:the export|it|this file) over again|over (?:the export again|another one))")


def link_acts(text: str, base: str, state: State | None, shown: str = "") -> Markup:
    """The text, escaped, with a link for each act that it names. `base` is the address of the move, `state` its
    state.

    Acts with `states` get no link if the state is None. `shown` is the address of the present page: a page links to
    itself only by an anchor.
    """
    parts, last = [], 0
    for match in PATTERN.finditer(text):
        act = ACTS[int((match.lastgroup or "act0").removeprefix("act"))]
        if act.states and state not in act.states:
            continue
        address = f"{base}/{act.page}"
        if address == shown:
            if not act.there or state is not State.MATCHING:
                continue
            address = f"#{act.there}"
        link = Markup('<a href="{}">{}</a>').format(address, match[0])
        parts += [escape(text[last : match.start()]), link]
        last = match.end()
    return Markup("").join([*parts, escape(text[last:])])


def todo_in_state(text: str, state: State) -> str:
    """What a clinic can still do in a state: the whole text while the move is open.

    After a move is live, a later export can bring what did not come, so sentences about exporting again are kept.
    """
    if state not in OVER:
        return text
    if state is State.FINALISED:
        text = HAND_OVER.sub("bring a later export", GO_ON.sub("", text))
        kept = [sentence for sentence in SENTENCE.split(text) if not names_page(sentence)]
        return " ".join(sentence for sentence in kept if not OF_TRIAL.search(sentence))
    return without_acts(text)


def without_acts(text: str) -> str:
    """The text without sentences that name an act of an open move, for a move that is over."""
    kept = [sentence for sentence in SENTENCE.split(text) if not names_act(sentence)]
    return " ".join(kept)


def names_act(sentence: str) -> bool:
    """Whether a sentence names an act or page that only an open move has."""
    return names_page(sentence) or ENDED.search(sentence) is not None


def names_page(sentence: str) -> bool:
    """Whether a sentence names a page, or the act of a page, that only an open move has."""
    acts = (ACTS[int((match.lastgroup or "act0").removeprefix("act"))] for match in PATTERN.finditer(sentence))
    return any(act.page not in ALWAYS for act in acts)


@pass_context
def with_links(context: Context, text: str) -> Markup:
    """Filter: `link_acts` for the move of the page. Visitors without the right to act get the text without links.

    For a move that is over, acts of an open move are left out, as `todo_in_state` says.
    """
    migration = context.get("migration")
    if not migration or isinstance(text, Markup):
        return escape(text)
    id_, named = (context.environment.getattr(migration, name) for name in ("id", "state"))
    state = None if is_undefined(named) else State(named)
    if state is not None:
        text = todo_in_state(text, state)
    request = context.get("request")
    shown = request.url.path if request is not None else ""
    return link_acts(text, f"/m/{id_}", state, shown) if context.get("may_act") else escape(text)
