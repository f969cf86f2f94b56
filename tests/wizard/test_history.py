"""The timeline of a move."""

from collections import Counter
from random import Random

from app.migration.models import AuditEntry
from app.migration.states import Event
from app.wizard.history import ACTS, REPEATED, history

NAMES = {"megan@x.example": "Megan Doyle"}


def entry(number: int, act: str, *, by: str = "megan@x.example", role: str = "clinic", **facts: str) -> AuditEntry:
    return AuditEntry(id=number, workspace_id="wsp", by=by, role=role, act=act, facts=facts, previous="", hash="")


def test_repeated_views_are_a_single_line_for_each_act() -> None:
    looks = [entry(4, "client_seen", client="a"), entry(3, "clients_listed"), entry(2, "client_seen", client="a")]
    timeline = history([entry(5, "client_seen", client="b"), *looks, entry(1, "read", by="w1", role="worker")], NAMES)
    assert [line.words for line in timeline] == [
        "2 clients of the trial were looked at, 3 times",
        "The list of clients of the trial was opened",
        "The export was read",
    ]
    assert [line.small for line in timeline] == ["Megan Doyle", "Megan Doyle", ""]


def test_every_entry_is_counted_in_the_line_of_its_own_act_whatever_their_order() -> None:
    dice = Random(9)
    for _ in range(200):
        acts = dice.choices([*sorted(REPEATED), "fail", "read"], k=dice.randrange(1, 12))
        people = dice.choices(["megan@x.example", "grace@x.example"], k=len(acts))
        entries = [
            entry(len(acts) - n, act, by=by, client="a") for n, (act, by) in enumerate(zip(acts, people, strict=True))
        ]
        lines = history(entries, {})
        counts: Counter[tuple[str, str]] = Counter()
        for line in lines:
            words, _, times = line.words.partition(", ")
            number = int(times.split()[0]) if times.endswith(" times") else 1
            counts[words if number > 1 else line.words, line.small] += number
        wanted = Counter((history([entry_], {})[0].words, entry_.by) for entry_ in entries)
        assert counts == wanted, acts


def test_views_by_two_people_are_two_lines() -> None:
    other = entry(2, "client_seen", by="grace@x.example", client="a")
    timeline = history([other, entry(1, "client_seen", client="a")], NAMES)
    assert [line.small for line in timeline] == ["grace@x.example", "Megan Doyle"]


def test_other_acts_are_never_grouped() -> None:
    timeline = history([entry(2, "fail"), entry(1, "fail")], NAMES)
    assert [(line.words, line.kind) for line in timeline] == [("It stopped", "bad")] * 2


def test_every_event_has_plain_words() -> None:
    assert {event.value for event in Event} <= set(ACTS)
