"""Every answer is found in Caspen word for word, in the place where it was given."""

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests.figures.command import trial
from tests.figures.figure import Measure, Reached
from tests.figures.wording import Pen, Written, spaced
from tests.register.story import DIARY, export

NUMBER = 1000
SEED = 20261129
INLINE = frozenset({"a", "b", "i", "u", "em", "strong", "span"})


class Seen(HTMLParser):
    """The visible words of a page; elements other than inline formatting separate words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.text += "" if tag in INLINE else " "

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        self.text += "" if tag in INLINE else " "

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(html: str) -> str:
    reader = Seen()
    reader.feed(html)
    reader.close()
    return spaced(reader.text)


def written(number: int, seed: int, *, form: bool) -> dict[str, Written]:
    """Notes or forms by their id."""
    pen = Pen(seed + form)
    return {str(n): pen.written(form=form) for n in range(1, number + 1)}


def export_of(notes: Mapping[str, Written], forms: Mapping[str, Written]) -> dict[str, str | bytes]:
    return export(
        *DIARY,
        treatment_notes=[{"id": n, "content": w.content, "booking_id": None} for n, w in notes.items()],
        patient_forms=[{"id": n, "content": w.content} for n, w in forms.items()],
    )


def lost(notes: Mapping[str, Written], bodies: Mapping[str, str]) -> list[str]:
    """The answers of notes that are not found, each after the one before it, under its question."""
    wrong = []
    for key, note in notes.items():
        text, at = seen(bodies.get(key, "")), 0
        for number, (name, said) in enumerate(note.answers, start=1):
            for piece in (name, *said.split("\n")):
                found = text.find(spaced(piece), at)
                if found < 0:
                    wrong.append(f"note {key}, question {number}: not word for word")
                    break
                at = found + len(spaced(piece))
    return wrong


def lost_of_forms(forms: Mapping[str, Written], contents: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """The answers of forms that are not in the field of their question."""
    wrong = []
    for key, form in forms.items():
        fields = [f for section in contents.get(key, ()) for f in section["fields"]]
        asked = [f for f in fields if f["type"] not in ("heading", "statement")]
        if len(asked) != len(form.answers):
            wrong.append(f"form {key}: {len(asked)} questions, expected {len(form.answers)}")
            continue
        for number, (field, (name, said)) in enumerate(zip(asked, form.answers, strict=True), start=1):
            if spaced(field["label"]) != spaced(name) or not _holds(field, said):
                wrong.append(f"form {key}, question {number}: not word for word")
    return wrong


def _holds(field: Mapping[str, Any], said: str) -> bool:
    if field["type"] == "signature":
        return not said
    if isinstance(field.get("answer"), list):
        chosen = [answer for answer in field["answer"] if answer != "Other"]
        pieces = [*chosen, *([field["other_text"]] if "other_text" in field else [])]
        return [spaced(piece) for piece in pieces] == [spaced(piece) for piece in said.split("\n") if piece]
    if field["type"] == "date":
        return _day(field["answer"]) == said
    value = field["answer"]
    return (seen(value) if field["type"] == "long_text" else spaced(value)) == spaced(said)


def _day(iso: str) -> str:
    year, month, day = iso.split("-")
    names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 - a list of names
    return f"{int(day)} {names[int(month) - 1]} {year}"


def records(folder: Path, table: str) -> Iterable[dict[str, Any]]:
    with (folder / f"{table}.jsonl").open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def _word_for_word(long: bool) -> Reached:
    number = NUMBER * (5 if long else 1)
    notes, forms = written(number, SEED, form=False), written(number, SEED, form=True)
    with tempfile.TemporaryDirectory(prefix="caspen-words-") as given:
        here, out = Path(given) / "export", Path(given) / "records"
        here.mkdir()
        for name, content in export_of(notes, forms).items():
            (here / name).write_text(str(content), encoding="utf-8")
        tried = trial(here, "--records", str(out))
        bodies = {r["source_id"]: r["body"] for r in records(out, "progress_notes")}
        contents = {r["source_id"]: r["content"] for r in records(out, "forms")}
    wrong = [*lost(notes, bodies), *lost_of_forms(forms, contents)]
    if not tried.balances:
        wrong.insert(0, f"status {tried.status}, balanced {tried.answer['balanced']}")
    answers = sum(len(w.answers) for w in (*notes.values(), *forms.values()))
    bad = len({line.partition(",")[0] for line in wrong})
    reached = f"{2 * number - bad} of {2 * number} ({answers} answers)"
    return Reached(reached, ok=not wrong, seed=SEED, why=tuple(wrong[:20]))


MEASURES: tuple[Measure, ...] = (
    Measure("every answer of 1,000 notes and 1,000 forms word for word", "2000 of 2000", _word_for_word),
)
