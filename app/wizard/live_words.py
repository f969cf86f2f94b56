"""Why the rows of a kind and the records that are live of it are not one number, in words for the report."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.caspen.live_counts import LiveCounts
from app.caspen.live_verification import LiveVerification
from app.caspen.readback import SHOWN
from app.formatting import names, number, plural
from app.migration.balance import KindLine

NOUNS = {
    "locations": ("location", "locations"),
    "users": ("user", "users"),
    "practitioners": ("practitioner", "practitioners"),
    "provider_numbers": ("provider number", "provider numbers"),
    "availability": ("weekly time", "weekly times"),
    "categories": ("category", "categories"),
    "taxes": ("tax", "taxes"),
    "services": ("service", "services"),
    "custom_fields": ("custom field", "custom fields"),
    "contacts": ("contact", "contacts"),
    "referral_types": ("referral type", "referral types"),
    "clients": ("client", "clients"),
    "custom_field_values": ("answer", "answers"),
    "cases": ("case", "cases"),
    "cancellation_reasons": ("cancellation reason", "cancellation reasons"),
    "appointment_groups": ("class", "classes"),
    "appointments": ("appointment", "appointments"),
    "busy_times": ("busy time", "busy times"),
    "communications": ("communication", "communications"),
    "form_templates": ("form template", "form templates"),
    "forms": ("form", "forms"),
    "files": ("file", "files"),
    "progress_note_templates": ("progress note template", "progress note templates"),
    "progress_notes": ("progress note", "progress notes"),
}
OTHER_ROWS = "columns and names in other rows"


def bridges(
    lines: Sequence[KindLine], live: LiveCounts, report: Mapping[str, Any], missing: Mapping[str, int] | None
) -> dict[str, str]:
    """By kind, how the rows that came and the records that are live differ. A kind without a difference has none.

    The records that the trial made are those that are live, that are marked as deleted, that were kept as people had
    edited them, and that the move no longer holds: they are `missing`, or another move has taken them over. With None,
    no other move can have.
    """
    kept = Counter(str(conflict["source_kind"]) for conflict in report.get("conflicts", []))
    undone = report.get("undone")
    found = {line.kind: bridge(line, live, kept[line.kind], undone, missing) for line in lines if line.kind}
    return {kind: words for kind, words in found.items() if words}


def bridge(
    line: KindLine,
    live: LiveCounts,
    kept: int,
    undone: Mapping[str, Any] | None,
    missing: Mapping[str, int] | None,
) -> str:
    """As in "7 of 11 rows were in Caspen already; 5 categories and 4 services are live"."""
    tables = live.tables.get(line.kind, {})
    here, deleted, hidden = (
        sum(tables.values()),
        live.deleted_of.get(line.kind, 0),
        live.hidden_of.get(line.kind, 0),
    )
    gone = max(line.records - here - deleted - hidden - kept, 0)
    lost = 0 if undone is not None else gone if missing is None else min(gone, missing.get(line.kind, 0))
    parts = []
    if line.unchanged:
        were = "was" if line.unchanged == 1 else "were"
        parts.append(f"{number(line.unchanged)} of {plural(line.brought, 'row')} {were} in Caspen already")
    if tables and (here != line.brought or len(tables) > 1):
        one, many = ("is live", "are live") if undone is None else ("stays", "stay")
        parts.append(f"{names(records_words(tables))} {one if here == 1 else many}")
        if named := live.named.get(line.kind, 0):
            parts[-1] += f", {number(named)} of them made of {OTHER_ROWS}"
    if deleted:
        parts.append(f"{number(deleted)} deleted by your team")
    if hidden:
        parts.append(f"{number(hidden)} marked as deleted, but not by your team")
    if kept:
        parts.append(f"{number(kept)} kept as your team had changed {'it' if kept == 1 else 'them'}")
    if lost:
        parts.append(f"{number(lost)} missing, and not deleted by your team")
    if gone > lost:
        parts.append(f"{number(gone - lost)} {gone_words(undone)}")
    return "; ".join(parts)


def gone_words(undone: Mapping[str, Any] | None) -> str:
    """What became of records that the move no longer holds."""
    if undone is None:
        return "replaced by a later move"
    return "taken back, or kept for a later move" if any(undone.get("later", {}).values()) else "taken back"


def differing_words(standing: LiveVerification) -> list[str]:
    """What is not as it was approved and was not done by people, as in ["1 record is missing"]. Empty if all holds."""
    counts = ((standing.missing, "missing"), (standing.altered, "changed"), (standing.added, "added"))
    parts = []
    for records, word in counts:
        if records:
            verb = "is" if len(records) == 1 else "are"
            more = " or more" if len(records) >= SHOWN else ""
            noun = "record" if len(records) == 1 else "records"
            parts.append(f"{number(len(records))}{more} {noun} {verb} {word}")
    if standing.untrusted:
        parts.append("the list of what your team did in Caspen is changed")
    return parts


def records_words(tables: Mapping[str, int]) -> list[str]:
    """As in ["39 clients", "4 referral types"], most first."""
    return [plural(count, *NOUNS[table]) for table, count in sorted(tables.items(), key=lambda pair: -pair[1])]


def records_named(tables: Mapping[str, int]) -> str:
    """As in "60 clients, 0 appointments and 78 progress notes", in the order of `tables`."""
    return names([plural(count, *NOUNS[table]) for table, count in tables.items()])
