"""Treatment notes that come as a page each, in the folder of their client, as a clinic prints them out."""

from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from html import escape

from ..children import client_of, told
from ..people import plain_name
from ..planting import Plant
from ..prose import Prose
from ..world import World
from .kind import Document

PLANTS = (
    Plant("page_of_nobody", ("note_without_patient",), "held"),
    Plant("page_without_id", ("synthetic_key_used",)),
    Plant("page_of_a_row", ("note_document_duplicate",), "skipped"),
    Plant("page_with_script", ("html_sanitised",)),
)
FOLDER = "Treatment notes"
_KEY = "note_pages"
_EXTRA = 12


def pages(world: World) -> Iterator[Document]:
    rng = world.random(_KEY)
    prose, people = Prose(rng), world.plain_patients(world.size.patients // 2)
    among = _EXTRA + world.size.few * len(PLANTS)
    plants = world.planted(_KEY, PLANTS, among, by_api=True)
    for index in range(among):
        planted, patient = plants.get(index), next(people)
        name = planted.plant.name if planted else ""
        first, last = plain_name(patient)
        client, key = client_of(world, None, patient), f"{920_000_001 + index * 13}"
        if planted and name == "page_of_nobody":
            client = str(999_820_001 + planted.turn)
        elif planted and name == "page_of_a_row":
            key = world.note_id(_ordinary_note(world, planted.turn))
        day = (date(2021, 2, 1) + timedelta(days=index % 900)).isoformat()
        named = "" if name == "page_without_id" else f" [{key}]"
        path = f"{FOLDER}/{client} - {last}, {first}/{day} Follow-up{named}.html"
        answers = [prose.sentences(bank, 2) for bank in ("subjective", "objective", "plan")]
        body = _page(world.people[world.treating[index % 3]].name, answers, script=name == "page_with_script")
        source_id = sha256(path.encode()).hexdigest() if name == "page_without_id" else key
        row = next(told(source_id, {}, planted, records=("progress_notes",)))
        yield Document(path, body, row)


def _ordinary_note(world: World, turn: int) -> int:
    """Not one of the first, whose template nobody knows."""
    few = world.size.few
    return [index for index in range(len(world.notes) + 2 * few) if index not in world.notes][few + turn]


def _page(author: str, answers: list[str], *, script: bool) -> bytes:
    subjective, objective, plan = (escape(answer) for answer in answers)
    more = "<script>fetch('//evil.example')</script>" if script else ""
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="author" content="{escape(author)}">'
        f"<title>Follow-up</title></head><body><h1>Follow-up</h1>\n<h2>Subjective</h2>\n<h3>How has it been?</h3>"
        f"<p>{subjective}</p>{more}\n<h2>Objective</h2>\n<h3>Findings</h3><p>{objective}</p>\n"
        f"<p><strong>Plan</strong></p><ul><li>{plan}</li></ul></body></html>\n"
    ).encode()
