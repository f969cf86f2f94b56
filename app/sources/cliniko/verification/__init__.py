"""Verified columns: where each cell of an export must be in Caspen, written independently of the mapping.

Only values that are copied unchanged are listed: names, texts, times and links. Values that the mapping converts (phone
numbers, addresses, prices) or that the clinic decides (states, roles) cannot be compared cell by cell.
"""

from app.mapping.verified_kinds import VerifiedKind
from app.sources.cliniko.verification import (
    verified_clinic,
    verified_diary,
    verified_documents,
    verified_people,
)

VERIFIED_KINDS: tuple[VerifiedKind, ...] = (
    *verified_people.VERIFIED_KINDS,
    *verified_diary.VERIFIED_KINDS,
    *verified_documents.VERIFIED_KINDS,
    *verified_clinic.VERIFIED_KINDS,
)
