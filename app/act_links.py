"""Sentences that name an act of the product, with a link to the page where the act is."""

import re
from dataclasses import dataclass

from jinja2 import is_undefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.migration.states import OVER, State


@dataclass(frozen=True, slots=True)
class ActLink:
    """Words that name an act or its page, and the page's address within a move. No `states`: in every state.

    `there` is where the act stands on its page while names are matched: a link on that very page leads to it.
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
"""Every act that a sentence for people may name. `words` is a pattern; a sentence with other words gets no link."""
PATTERN = re.compile("|".join(f"(?P<act{number}>{act.words})" for number, act in enumerate(ACTS)))
ALWAYS = frozenset({"help"})
"""Pages whose act does not end with the move."""
SENTENCE = re.compile(r"(?<=[.?!])\s+")
ENDED = re.compile(r"\b(?:approve|go on|goes on|export again|again, or|the trial)\b")
"""Words of acts that end with the move, in sentences that give them no link."""


def link_acts(text: str, base: str, state: State | None, shown: str = "") -> Markup:
    """The text, escaped, with a link on each act that it names. `base` is the address of the move, `state` its state.

    Acts of certain states get no link where the state is None. `shown` is the address of the page that shows the text:
    no link leads from a page to itself, unless to the place on it where the act is.
    """
    parts, last = [], 0
    for found in PATTERN.finditer(text):
        act = ACTS[int((found.lastgroup or "act0").removeprefix("act"))]
        if act.states and state not in act.states:
            continue
        address = f"{base}/{act.page}"
        if address == shown:
            if not act.there or state is not State.MATCHING:
                continue
            address = f"#{act.there}"
        link = Markup('<a href="{}">{}</a>').format(address, found[0])
        parts += [escape(text[last : found.start()]), link]
        last = found.end()
    return Markup("").join([*parts, escape(text[last:])])


def without_acts(text: str) -> str:
    """The text without the sentences that name an act of an open move: a move that is over offers none of them."""
    kept = [sentence for sentence in SENTENCE.split(text) if not names_act(sentence)]
    return " ".join(kept)


def names_act(sentence: str) -> bool:
    """Whether a sentence names an act or a page that only an open move has."""
    found = (ACTS[int((match.lastgroup or "act0").removeprefix("act"))] for match in PATTERN.finditer(sentence))
    return any(act.page not in ALWAYS for act in found) or ENDED.search(sentence) is not None


@pass_context
def with_links(context: Context, text: str) -> Markup:
    """The same for the move of a page. Who may not act for the clinic reads the words without links.

    Of a move that is over, the sentences that name an act of an open move are left away.
    """
    migration = context.get("migration")
    if not migration or isinstance(text, Markup):
        return escape(text)
    id_, named = (context.environment.getattr(migration, name) for name in ("id", "state"))
    state = None if is_undefined(named) else State(named)
    if state in OVER:
        text = without_acts(text)
    request = context.get("request")
    shown = request.url.path if request is not None else ""
    return link_acts(text, f"/m/{id_}", state, shown) if context.get("may_act") else escape(text)
