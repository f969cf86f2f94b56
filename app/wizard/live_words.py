"""Why the number of rows of a kind differs from the number of live records, in words for the report."""

from collections import Counter
from collections.abc import Mapping, Sequence

from app.caspen.live_counts import LiveCounts
from app.caspen.live_verification import LiveVerification
from app.caspen.readback import SHOWN
from app.formatting import names, number, plural
from app.migration.balance import KindLine
from app.migration.ledger_json import MoveReport, UndoneJson

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
    lines: Sequence[KindLine],
    live: LiveCounts,
    report: MoveReport,
    missing: Mapping[str, int] | None,
    matched: Mapping[str, int],
) -> dict[str, str]:
    """The difference between rows that came and live records, by kind. Kinds without a difference are left out.

    The trial's records are live, marked as deleted, kept because people had edited them, or no longer held by the
    move: `missing`, or taken over by another move. With None, no other move can have taken records over. `matched`
    counts records of earlier moves that rows were matched with: they are live without a record in the trial.
    """
    kept = Counter(str(conflict["source_kind"]) for conflict in report.get("conflicts", []))
    undone = report.get("undone")
    differences = {
        line.kind: bridge(line, live, kept[line.kind], undone, missing, matched.get(line.kind, 0))
        for line in lines
        if line.kind
    }
    return {kind: words for kind, words in differences.items() if words}


def bridge(
    line: KindLine,
    live: LiveCounts,
    kept: int,
    undone: UndoneJson | None,
    missing: Mapping[str, int] | None,
    matched: int = 0,
) -> str:
    """As in "7 of 11 rows were in Caspen already; 5 categories and 4 services are live"."""
    tables = live.tables.get(line.kind, {})
    live_records, deleted, hidden = (
        sum(tables.values()),
        live.deleted_of.get(line.kind, 0),
        live.hidden_of.get(line.kind, 0),
    )
    gone = max(line.records + matched - live_records - deleted - hidden - kept, 0)
    lost = 0 if undone is not None else gone if missing is None else min(gone, missing.get(line.kind, 0))
    parts = []
    if line.unchanged:
        were = "was" if line.unchanged == 1 else "were"
        parts.append(f"{number(line.unchanged)} of {plural(line.brought, 'row')} {were} in Caspen already")
    if tables and (live_records != line.brought or len(tables) > 1):
        singular, many = ("is live", "are live") if undone is None else ("stays", "stay")
        parts.append(f"{names(records_words(tables))} {singular if live_records == 1 else many}")
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


def gone_words(undone: UndoneJson | None) -> str:
    """What happened to records that the move no longer holds."""
    if undone is None:
        return "replaced by a later move"
    return "taken back, or kept for a later move" if any(undone.get("later", {}).values()) else "taken back"


def differing_words(verification: LiveVerification) -> list[str]:
    """Differences from the approved records that no person made, as in ["1 record is missing"]. Empty if there are
    none.
    """
    counts = ((verification.missing, "missing"), (verification.altered, "changed"), (verification.added, "added"))
    parts = []
    for records, word in counts:
        if records:
            verb = "is" if len(records) == 1 else "are"
            more = " or more" if len(records) >= SHOWN else ""
            noun = "record" if len(records) == 1 else "records"
            parts.append(f"{number(len(records))}{more} {noun} {verb} {word}")
    if verification.untrusted:
        parts.append("the list of what your team did in Caspen is changed")
    return parts


def records_words(tables: Mapping[str, int]) -> list[str]:
    """As in ["39 clients", "4 referral types"], largest first."""
    return [plural(count, *NOUNS[table]) for table, count in sorted(tables.items(), key=lambda pair: -pair[1])]


def records_named(tables: Mapping[str, int]) -> str:
    """As in "60 clients, 0 appointments and 78 progress notes", in the order of `tables`."""
    return names([plural(count, *NOUNS[table]) for table, count in tables.items()])
