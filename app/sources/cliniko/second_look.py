"""Where the cells of an export must be found again in Caspen: written apart from the mapping, to be held against it.

Only what is taken over as it is stands here: names, words, times, links. What is rewritten (phones, addresses, prices)
or decided (states, roles) cannot be compared so plainly.
"""

from app.mapping.verified_kinds import VerifiedKind
from app.sources.cliniko.looks import clinic, diary, people, written

LOOKS: tuple[VerifiedKind, ...] = (*people.LOOKS, *diary.LOOKS, *written.LOOKS, *clinic.LOOKS)
