"""Refusal of a form that another person sends: two people share a browser.

The server uses nothing of the form, because the change would carry the wrong name. The page names the present person,
shows the typed text, and links to the form for this person. The page keeps the other person's data private. If the
form names no person, the page asks whether the answer is this person's own.
"""

from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from app.web.form_fingerprint import FIELD, RenderedForAnother
from app.web.page_context import page, visit_of
from app.web.refused_forms import Inputs, SentAnswer, describe_over
from app.web.unsent_form import form_sent, unsent_form, way_back

SCRIPTED = frozenset({"/m/{migration_id}/upload/begin", "/m/{migration_id}/upload/finish"})
"""Forms that the page's script sends. The script shows the words of the response."""
WORDS = "Another person opened this page. Nothing was used. Load the page again."


@dataclass(frozen=True, slots=True)
class AnothersForm:
    """Page of a form that another person sends. `answers` hold the typed text with labels, `words` without labels.

    `inputs` send the form to `href` again: as the person who typed it, after signing in, or as the present person if
    `is_asked`. `href` is empty if nothing was typed or if a part is not kept. `fresh` is the page of the empty form.
    """

    who: str
    is_asked: bool
    answers: tuple[SentAnswer, ...]
    words: tuple[str, ...]
    href: str
    inputs: Inputs
    fresh: str


def answer_another(request: Request, trouble: RenderedForAnother) -> Response:
    """Renders the page (409) of a form that was rendered for another person."""
    if visit_of(request).sent.path in SCRIPTED:
        return JSONResponse({"words": WORDS}, 409)
    return page(request, "errors/another-person.html", 409, form=anothers_form(request, trouble.own))


def anothers_form(request: Request, own: str) -> AnothersForm:
    """The content of the form. `own` is the fingerprint for the present person, empty if the form names another
    person.
    """
    visit, sent = visit_of(request), form_sent(request)
    answers: tuple[SentAnswer, ...] = ()
    if visit.migration is not None:
        with visit.read() as session:
            answers = describe_over(visit, session).answers
    labelled = {answer.sent for answer in answers}
    can_be_sent = not sent.has_password and not sent.has_files and (own or unsent_form(request) is not None)
    inputs = tuple((name, value) for name, value in sent.fields if not (own and name == FIELD))
    return AnothersForm(
        who=visit.person.name,
        is_asked=bool(own),
        answers=answers,
        words=tuple(each for each in sent.words if each not in labelled),
        href=sent.href if can_be_sent else "",
        inputs=(*inputs, (FIELD, own)) if own else inputs,
        fresh=way_back(request),
    )
