"""The name of each state of a migration for people, and who must act."""

from dataclasses import dataclass
from enum import StrEnum

from app.migration.states import State


class Waits(StrEnum):
    """Who must act before a migration continues."""

    CLINIC = "the clinic"
    SUPPORT = "us"
    PROVIDER = "a provider"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Words:
    """`label` for lists, `now` as a sentence's end ("the trial is being made"), `go` for the button."""

    label: str
    now: str
    go: str
    waits: Waits


WORDS: dict[State, Words] = {
    State.PREPARING: Words("Getting ready", "your workspace is being got ready", "Go to the checklist", Waits.CLINIC),
    State.FETCHING: Words("Download", "your export is being fetched", "See the progress", Waits.NOBODY),
    State.FETCHING_FAILED: Words("Download stopped", "the download stopped", "See what to do", Waits.CLINIC),
    State.READING: Words("Reading", "your export is being read", "See the progress", Waits.NOBODY),
    State.READING_FAILED: Words("Reading stopped", "reading your export stopped", "See what to do", Waits.CLINIC),
    State.MATCHING: Words("Matching", "names are being matched", "Go to the names", Waits.CLINIC),
    State.TRIALLING: Words("Trial running", "the trial is being made", "Go to the trial", Waits.NOBODY),
    State.TRIALLING_FAILED: Words("Trial stopped", "the trial stopped", "See what to do", Waits.SUPPORT),
    State.REVIEWING: Words("Review", "the trial is ready to review", "Go to the review", Waits.CLINIC),
    State.CHANGES_REQUESTED: Words("Changes asked", "support has your request", "Go to the review", Waits.SUPPORT),
    State.FINALISING: Words("Going live", "your trial is going live", "See the progress", Waits.NOBODY),
    State.FINALISING_FAILED: Words("Going live stopped", "going live stopped", "See what to do", Waits.SUPPORT),
    State.FINALISED: Words("Finished", "your move is finished", "Read the report", Waits.NOBODY),
    State.UNDOING: Words("Taking back", "your move is being taken back", "See the progress", Waits.NOBODY),
    State.UNDOING_FAILED: Words("Taking back stopped", "taking it back stopped", "See what to do", Waits.SUPPORT),
    State.UNDONE: Words("Taken back", "your move was taken back", "Read the report", Waits.NOBODY),
    State.PAUSED: Words("Paused", "it is paused", "Go to the pause", Waits.CLINIC),
    State.CANCELLED: Words("Cancelled", "this move was cancelled", "See it", Waits.NOBODY),
}
