"""Sentences of treatment notes."""

from random import Random

_PARTS = (
    "left shoulder", "right shoulder", "lower back", "left knee", "right knee", "neck", "left ankle", "right hip",
    "left elbow", "right wrist", "upper back", "right Achilles",
)  # fmt: skip
_SUBJECTIVE = (
    "Reports the {part} has eased since the last visit and now rates it {n}/10 at worst.",
    "Woke twice this week with an ache in the {part}; turning over is the main trigger.",
    "Managed {n} days at work without needing to stop, which is better than last fortnight.",
    "Has kept up the home programme most days, missed the weekend because of visitors.",
    "Stairs are still slow in the morning but loosen after about {n} minutes.",
    "Denies pins and needles, night sweats or any change in bladder or bowel habit.",
    "Went back to swimming, {n} laps, with only mild soreness in the {part} afterwards.",
    "Unsure about lifting the grandchildren; would like to practise this today.",
    "Feels the tape helped for roughly {n} days before it came loose.",
    "Has an appointment with the surgeon in {n} weeks and wants to know what to ask.",
    "Sitting longer than {n} minutes brings on the familiar pull around the {part}.",
)
_OBJECTIVE = (
    "Active flexion of the {part} limited to {deg} degrees, firm end feel, pain {n}/10.",
    "Tender on palpation over the {part}, no swelling or warmth compared with the other side.",
    "Single leg stance {n} seconds with a slight sway to the affected side.",
    "Strength {n}/10 on the hand-held gauge, improved by about a tenth on last time.",
    "Neurological screen clear, reflexes equal, sensation intact in all tested areas.",
    "Gait shows a shorter step on the affected side and less push-off.",
    "Squat to {deg} degrees with good control, slight drift of the knee inwards.",
    "Joint glides stiff at the {part}, easing after the third set of mobilisations.",
    "Sit to stand {n} times in thirty seconds without using the arms.",
)
_TREATMENT = (
    "Soft tissue work around the {part} for {n} minutes, well tolerated.",
    "Grade III mobilisations, {n} sets, followed by active movement through the new range.",
    "Went through the exercises again and corrected the tempo on the way down.",
    "Rigid tape applied; told how long to leave it and what to do if the skin itches.",
    "Practised lifting a {n} kg box from knee height with the weight close in.",
    "Balance work on the foam, eyes closed for the last set.",
)
_PLAN = (
    "Continue the home programme, adding {n} repetitions if the next day stays settled.",
    "Review in {n} days; bring the walking diary along.",
    "Start short walks of {n} minutes, twice a day, on level ground.",
    "If the {part} flares above six out of ten for more than two days, ring the clinic.",
    "Write to the general practitioner once the {part} has been tested again.",
    "Aim to return to full duties in about {n} weeks if strength keeps building.",
    "Discussed pacing and sleep, agreed one change to try before the next visit.",
)


class Prose:
    """A bank of sentences, filled once from a seeded generator."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._banks = {
            "subjective": self._fill(_SUBJECTIVE),
            "objective": self._fill(_OBJECTIVE),
            "treatment": self._fill(_TREATMENT),
            "plan": self._fill(_PLAN),
        }

    def _fill(self, phrases: tuple[str, ...]) -> list[str]:
        rng = self._rng
        return [
            phrase.format(part=rng.choice(_PARTS), n=rng.randrange(2, 10), deg=rng.randrange(6, 17) * 10)
            for phrase in phrases
            for _ in range(24)
        ]

    def sentences(self, bank: str, count: int) -> str:
        """`count` sentences of a bank: `subjective`, `objective`, `treatment` or `plan`."""
        return " ".join(self._rng.choices(self._banks[bank], k=count))

    def part(self) -> str:
        """A part of the body."""
        return self._rng.choice(_PARTS)
