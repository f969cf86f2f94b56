"""What a patient agreed to, in Cliniko's words. Consent is never upgraded: silence stays silence."""

from app.mapping.columns import Report
from app.mapping.context import Context
from app.mapping.flags import boolean, spoken
from app.mapping.ids import NOTHING
from app.mapping.rows import Json
from app.mapping.structured import json_cell, words_in
from app.mapping.text import string

_PRIVACY = {"accepted": "accepted", "rejected": "rejected", "noresponse": "pending"}


def privacy_consent(cell: str, context: Context, report: Report) -> str | None:
    """`accepted`, `rejected` or `pending`: native files say it in words, api files as true, false or nothing."""
    known = _PRIVACY.get(spoken(cell))
    if known is not None or cell.lower() in NOTHING:
        return known
    answer = boolean(cell, context, report)
    return {True: "accepted", False: "rejected", None: None}[answer]


def spoken_of(cell: str, context: Context, report: Report) -> str | None:
    """Words, or the api's object of pronouns as `they/them`."""
    if cell[:1] != "{":
        words: str | None = string(cell, context, report)
        return words
    found: Json = json_cell(cell, context, report)
    if not isinstance(found, dict):
        return None
    known = "/".join(str(found[case]) for case in ("nominative", "accusative") if found.get(case))
    return known or "; ".join(words_in(found)) or None
