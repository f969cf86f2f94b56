"""The timeline of a move: every act, newest first, with its person."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from app.formatting import plural
from app.migration.models import AuditEntry
from app.migration.states import Actor

ACTS = {
    "start": "The move was started",
    "acknowledge_lists": "What moves and what stays was read",
    "check_link": "A share link was looked at",
    "stop_upload": "An upload was stopped, and what had arrived was deleted",
    "submit_export": "The export was handed over",
    "fetched": "All files of the export are here",
    "read": "The export was read",
    "save_plan": "Choices of who is who were saved",
    "save_uses": "What the clinic uses was ticked",
    "save_counts": "The clinic's own numbers were kept",
    "save_date": "The Trial Conversion date was set",
    "save_services": "How services come across was chosen",
    "confirm_export": "The export was said to be ready",
    "file_seen": "A file of the export was looked at",
    "file_answered": "It was said what a file is",
    "file_answer_withdrawn": "What was said of a file was taken back",
    "read_again": "The export was read again, with what was said of its files",
    "export_described": "A description of the export without its values was downloaded",
    "start_trial": "A trial was started",
    "trialled": "The trial was ready and counted",
    "change_plan": "The names were opened again",
    "visits_listed": "First and last appointments were looked at, by client",
    "balances_listed": "The list of balances was looked at",
    "balances_downloaded": "The list of balances was downloaded",
    "clients_listed": "The list of clients of the trial was opened",
    "known_clients_listed": "Clients who may be in Caspen already were looked at",
    "client_seen": "A client of the trial was looked at",
    "file_opened": "A client’s file was opened",
    "records_listed": "Records of the trial were listed",
    "record_seen": "A record of the trial was looked at",
    "row_seen": "A row of the export was looked at",
    "request_changes": "A change was asked for",
    "withdraw_changes": "The request was withdrawn",
    "answer_changes": "The request was answered",
    "approve": "The trial was approved",
    "finalised": "The clinic went live",
    "undo": "Taking back was started",
    "undone": "The move was taken back",
    "fail": "It stopped",
    "retry": "It was started again",
    "back_to_review": "It went back to the review",
    "replace_export": "Another export was asked for",
    "pause": "It was paused",
    "resume": "It went on",
    "cancel": "The move was stopped",
    "abandon": "Nobody went on, so the move was ended",
    "waive": "A check was waived",
    "person_added": "A person was added",
    "person_invited": "A person was invited",
    "invitation_withdrawn": "An invitation was withdrawn",
    "invitation_accepted": "An invitation was accepted",
    "invitation_declined": "An invitation was declined",
    "role_changed": "What a person may do was changed",
    "person_removed": "A person was removed",
    "rows_downloaded": "The rows that did not come were downloaded",
    "sums_downloaded": "The sum by kind was downloaded",
    "purge": "Our copy of the export was deleted, as promised",
}
GOOD = frozenset({"trialled", "finalised"})
LOOKS = frozenset({"client_seen", "clients_listed", "records_listed", "record_seen", "row_seen"})
REPEATED = LOOKS | {
    "file_opened",
    "check_link",
    "save_plan",
    "file_seen",
    "save_uses",
    "save_counts",
    "visits_listed",
    "balances_listed",
    "rows_downloaded",
    "sums_downloaded",
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A line of the timeline. `kind` marks its dot: bad, good, ours (an act of support)."""

    at: datetime
    words: str
    small: str
    kind: str


def history(
    entries: Iterable[AuditEntry], names: Mapping[str, str], subjects: Mapping[str, str] | None = None
) -> list[TimelineEntry]:
    """The lines of the timeline. Repeated acts of a person are a single line with their number.

    Views of records in turn become a line for each act, with its number. No view is left out. `names` are people's
    names by address. `subjects` are the words for the ids of invitations and people in the facts.
    """
    known = subjects or {}
    timeline = []
    for same in _runs(entries):
        entry = same[0]
        who = "" if entry.role == Actor.WORKER else names.get(entry.by, entry.by)
        small = ", ".join(part for part in (who, entry.reason) if part)
        timeline.append(TimelineEntry(entry.at, _words(same) + _subject(entry, known), small, _kind(entry)))
    return timeline


def _subject(entry: AuditEntry, subjects: Mapping[str, str]) -> str:
    """The person or address that the line is about, if known: ": Vera Lindqvist"."""
    ids = (str(entry.shown_facts.get(name, "")) for name in ("person", "invitation"))
    words = next((subjects[each] for each in ids if each in subjects), "")
    return f": {words}" if words else ""


def _runs(entries: Iterable[AuditEntry]) -> Iterator[list[AuditEntry]]:
    """The entries of each line, newest first. Every entry is in exactly one group."""
    for _, run in groupby(entries, key=_group_key):
        by_act: dict[str, list[AuditEntry]] = {}
        for entry in run:
            by_act.setdefault(entry.act, []).append(entry)
        yield from by_act.values()


def _group_key(entry: AuditEntry) -> object:
    """Key of entries that share a line: the same person and the same act."""
    if entry.act in REPEATED:
        return ("looks" if entry.act in LOOKS else entry.act, entry.by)
    return entry.id


def _words(same: list[AuditEntry]) -> str:
    act, times = same[0].act, f", {len(same)} times" if len(same) > 1 else ""
    if act == "client_seen":
        clients = {str(entry.shown_facts.get("client", "")) for entry in same}
        was = "was" if len(clients) == 1 else "were"
        return f"{plural(len(clients), 'client')} of the trial {was} looked at{times}"
    words = ACTS.get(act, act.replace("_", " ").capitalize())
    ticked = same[0].shown_facts.get("accepted")
    if ticked and isinstance(ticked, list):
        words += f", with {plural(len(ticked), 'tick')}"
    return words + times


def _kind(entry: AuditEntry) -> str:
    if entry.act == "fail":
        return "bad"
    if entry.role == Actor.SUPPORT:
        return "ours"
    return "good" if entry.act in GOOD else ""
