"""A form that another person sends than the one for whom its page was drawn: two people share a browser.

Nothing of it is used, since it would stand in the wrong name. The page names who is signed in now, shows what was
typed, and leads to the form as it is for this person. Of the other person it says nothing. Where a form does not say
for whom it was drawn, the person is asked whether the answer is theirs.
"""

from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from app.web.form_fingerprint import FIELD, DrawnForAnother
from app.web.page_context import page, visit_of
from app.web.refused_forms import Inputs, SentAnswer, describe_over
from app.web.unsent_form import form_sent, unsent_form, way_back

SCRIPTED = frozenset({"/m/{migration_id}/upload/begin", "/m/{migration_id}/upload/finish"})
"""Forms that the page's script sends: it shows the words of the answer."""
WORDS = "Another person opened this page. Nothing was used. Load the page again."


@dataclass(frozen=True, slots=True)
class AnothersForm:
    """What the page of such a form shows. `answers` and `words` are what was typed: with its labels, or bare.

    `inputs` send the form once more to `href`: as the person who typed it, once that person is signed in, or, where
    `is_asked`, as the person who is signed in now. `href` is empty where nothing was typed, or where a part of it is
    not kept. `fresh` is the page of the form, to be filled in anew.
    """

    who: str
    is_asked: bool
    answers: tuple[SentAnswer, ...]
    words: tuple[str, ...]
    href: str
    inputs: Inputs
    fresh: str


def answer_another(request: Request, trouble: DrawnForAnother) -> Response:
    """The page of a form that was drawn for another person (409)."""
    if visit_of(request).sent.path in SCRIPTED:
        return JSONResponse({"words": WORDS}, 409)
    return page(request, "errors/another-person.html", 409, form=anothers_form(request, trouble.own))


def anothers_form(request: Request, own: str) -> AnothersForm:
    """What was sent. `own` is the fingerprint with which this person may send it, empty where it is another's."""
    visit, sent = visit_of(request), form_sent(request)
    answers: tuple[SentAnswer, ...] = ()
    if visit.migration is not None:
        with visit.read() as session:
            answers = describe_over(visit, session).answers
    told = {answer.sent for answer in answers}
    can_be_sent = not sent.has_password and not sent.has_files and (own or unsent_form(request) is not None)
    inputs = tuple((name, value) for name, value in sent.fields if not (own and name == FIELD))
    return AnothersForm(
        who=visit.person.name,
        is_asked=bool(own),
        answers=answers,
        words=tuple(each for each in sent.words if each not in told),
        href=sent.href if can_be_sent else "",
        inputs=(*inputs, (FIELD, own)) if own else inputs,
        fresh=way_back(request),
    )
