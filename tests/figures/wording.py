"""Invents practitioners' texts: notes and forms with every kind of answer, and the plain words that each must keep.

The words are noted while the text is made, so that no reader has to be asked for them.
"""

import json
import random
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

WORDS = (
    "pain",
    "knee",
    "better",
    "Zoë",
    "naïve",
    "résumé",
    "治療",
    "следующий",
    "שלום",
    "مرحبا",
    "ελλάδα",
    "🙂",
    "\U0001f469\u200d\u2695\ufe0f",
    "50%",
    "4/10",
    "120/80",
    "don't",
    "(L)",
    "L4-L5",
    "½",
    "37°C",
    "\u200f\u05d9\u05de\u05d9\u05df\u200e",
    "e\u0301tude",
    "ﬁnal",
    "½-hourly",
    "a&b",
    "Q&A",
    "x=y",
    "#3",
    "https://clinic.example/a?b=1",
    "{curly}",
    "[",
    "]",
    "\\n",
    "''",
    '"',
    "`",
    "~",
)
SIGNS = ("< 5", "<5", "a <- b", "5 > 3", "x<cm", "<3", "&", "AT&T", "&&", "<>")
"""Signs that a browser shows as they stand: none of them opens a tag."""
ENTITIES = (
    ("&lt;b&gt;", "<b>"),
    ("&amp;lt;", "&lt;"),
    ("&amp;", "&"),
    ("a&nbsp;b", "a b"),
    ("it&#39;s", "it's"),
    ("&eacute;t&eacute;", "été"),
    ("&#x1F600;", "😀"),
    ("&quot;so&quot;", '"so"'),
)
INLINE = ("b", "i", "u", "strong", "em", "span", "mark", "font", "small")
BLOCKS = ("p", "div", "blockquote", "h1", "h2", "h3", "center", "section")


@dataclass(frozen=True)
class Rich:
    """HTML, and its visible words."""

    html: str
    words: str


@dataclass
class Written:
    """One note or form: its content as JSON, and for each question its name and the words that its answer must keep."""

    content: str
    answers: list[tuple[str, str]] = field(default_factory=list)


def spaced(text: str) -> str:
    """Words as they are compared: one form of every letter, one space between any two."""
    return " ".join(unicodedata.normalize("NFC", text).split())


class Pen:
    """Writes at random, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.types: tuple[Callable[[], tuple[dict[str, Any], str]], ...] = (
            self._paragraph, self._paragraph, self._text, self._date, self._choice, self._choice, self._unknown,
        )  # fmt: skip

    def written(self, *, form: bool) -> Written:
        """A whole note or form of one to four sections."""
        sections: list[dict[str, Any]] = []
        answers: list[tuple[str, str]] = []
        for _ in range(self.random.randint(1, 4)):
            about = self._rich(2)
            questions = []
            for _ in range(self.random.randint(1, 5)):
                asked, said = self._question(form=form)
                questions.append(asked)
                answers.append((asked["name"], said))
            section = {"name": self._plain(3), "questions": questions}
            sections.append(section | ({"description": about.html} if self.random.random() < 0.3 else {}))
        return Written(json.dumps({"sections": sections}, ensure_ascii=self.random.random() < 0.5), answers)

    def _question(self, *, form: bool) -> tuple[dict[str, Any], str]:
        """One question; half of the questions share their name with another."""
        name = self.random.choice(("Progress", "Plan", "Pain < 5?", self._plain(3)))
        if self.random.random() < 0.05:
            pictured = {"type": "signature", "signature_id": "5658"} if form else {"type": "bodycharts"}
            return {"name": name, **pictured}, ""
        asked, said = self.random.choice(self.types)()
        return {"name": name, **asked}, said

    def _text(self) -> tuple[dict[str, Any], str]:
        said = " ".join(
            (self._plain(4), *self.random.sample(("&lt;", "<b>not bold</b>", "&nbsp;", "<script>", "5 < 6"), 2))
        )
        return {"type": "text", "answer": said}, said

    def _date(self) -> tuple[dict[str, Any], str]:
        day, month, year = self.random.randint(1, 28), self.random.randint(1, 12), self.random.randint(1950, 2030)
        months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
        return {"type": "date", "answer": f"{year}-{month:02}-{day:02}"}, f"{day} {months[month - 1]} {year}"

    def _paragraph(self) -> tuple[dict[str, Any], str]:
        rich = self._long() if self.random.random() < 0.02 else self._rich(self.random.randint(1, 6))
        return {"type": "paragraph", "answer": rich.html}, rich.words

    def _choice(self) -> tuple[dict[str, Any], str]:
        """All options with some chosen, the same label twice at times, and `Other` with its own words."""
        many = self.random.random() < 0.5
        labels = [self._plain(2) for _ in range(self.random.randint(1, 5))]
        chosen = set(self.random.sample(range(len(labels)), self.random.randint(0, len(labels) if many else 1)))
        listed = [{"value": v} | ({"selected": True} if n in chosen else {}) for n, v in enumerate(labels)]
        asked: dict[str, Any] = {"type": "checkboxes" if many else "radiobuttons", "answers": listed}
        said = [labels[n] for n in sorted(chosen)]
        if self.random.random() < 0.4:
            words = self._plain(4)
            asked["other"] = {"enabled": True, "selected": True, "value": words}
            said.append(words)
        return asked, "\n".join(said)

    def _unknown(self) -> tuple[dict[str, Any], str]:
        said = self._plain(5)
        return {"type": "slider", "answer": said}, said

    def _plain(self, most: int) -> str:
        return " ".join(self.random.choice(WORDS) for _ in range(self.random.randint(1, most)))

    def _long(self) -> Rich:
        pieces = [self._plain(8) for _ in range(1500)]
        return Rich("".join(f"<p>{escape(p, quote=False)}</p>" for p in pieces), " ".join(pieces))

    def _rich(self, blocks: int) -> Rich:
        made = [self._block(0) for _ in range(blocks)]
        return Rich("".join(m.html for m in made), " ".join(m.words for m in made))

    def _block(self, depth: int) -> Rich:
        shape = self.random.random()
        if shape < 0.2 and depth < 3:
            items = [self._item(depth) for _ in range(self.random.randint(1, 4))]
            tag = self.random.choice(("ul", "ol"))
            listed = "".join(f"<li>{i.html}</li>" for i in items)
            return Rich(f"<{tag}>{listed}</{tag}>", " ".join(i.words for i in items))
        if shape < 0.25:
            cells = [self._line() for _ in range(4)]
            row = "<tr><td>{}</td><td>{}</td></tr>"
            table = row.format(cells[0].html, cells[1].html) + row.format(cells[2].html, cells[3].html)
            rows = (f"{cells[0].words} | {cells[1].words}", f"{cells[2].words} | {cells[3].words}")
            return Rich(f"<table>{table}</table>", " ".join(rows))
        if shape < 0.3:
            hidden = self.random.choice(("<script>x()</script>", "<style>p{}</style>", "<!-- seen by nobody -->"))
            line = self._line()
            return Rich(f"<div>{hidden}{line.html}</div>", line.words)
        line, tag = self._line(), self.random.choice(BLOCKS)
        attributes = ' class="x" style="color:red"' if self.random.random() < 0.2 else ""
        return Rich(f"<{tag}{attributes}>{line.html}</{tag}>", line.words)

    def _item(self, depth: int) -> Rich:
        line = self._line()
        if self.random.random() < 0.3:
            inner = self._block(depth + 1)
            return Rich(line.html + inner.html, f"{line.words} {inner.words}")
        return line

    def _line(self) -> Rich:
        pieces = list(self._pieces())
        between = self.random.choice((" ", " ", "<br>"))
        return Rich(between.join(p.html for p in pieces), " ".join(p.words for p in pieces))

    def _pieces(self) -> Iterator[Rich]:
        for _ in range(self.random.randint(1, 5)):
            roll = self.random.random()
            if roll < 0.12:
                yield Rich(*self.random.choice(ENTITIES))
            elif roll < 0.22:
                sign = self.random.choice(SIGNS)
                yield Rich(sign, sign)
            elif roll < 0.4:
                words, tag = self._plain(3), self.random.choice(INLINE)
                yield Rich(f"<{tag}>{escape(words, quote=False)}</{tag}>", words)
            elif roll < 0.45:
                words = self._plain(2)
                yield Rich(f'<a href="https://clinic.example/x">{escape(words, quote=False)}</a>', words)
            elif roll < 0.5:  # half of a word is bold
                yield Rich("kn<b>ee</b>s", "knees")
            else:
                words = self._plain(4)
                yield Rich(escape(words, quote=False), words)
