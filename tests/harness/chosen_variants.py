"""Which variants of one claim `make test` runs: of those that cost most a part, and another part after each change.

Every claim is tested each time, with some of its variants. `make test ALL=1` tests every variant.
"""

import os
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

Value = TypeVar("Value")
ROOT = Path(__file__).parents[2]
TURN = "TESTS_TURN"
"""The environment's word for the number that says whose turn it is. Without it every variant runs."""
PARTS = 9  # of which one runs
LEAST = 2  # variants of a claim that run each time
VARIED = frozenset(
    {
        "tests/access/test_invited.py",
        "tests/access/test_matrix.py",
        "tests/access/test_offers.py",
        "tests/caspen/test_claimed_acts.py",
        "tests/caspen/test_kept_by_undo.py",
        "tests/caspen/test_tampering.py",
        "tests/caspen/test_unchanged_rows.py",
        "tests/caspen/test_undo_of_several.py",
        "tests/commands/test_audit.py",
        "tests/commands/test_changed_ledger.py",
        "tests/commands/test_damaged_files.py",
        "tests/commands/test_file_answers.py",
        "tests/commands/test_links.py",
        "tests/commands/test_matched_before.py",
        "tests/commands/test_trial.py",
        "tests/figures/test_damaged.py",
        "tests/forms/test_another_person.py",
        "tests/forms/test_merged_parts.py",
        "tests/forms/test_outdated.py",
        "tests/forms/test_pressed_twice.py",
        "tests/forms/test_signed_out.py",
        "tests/forms/test_way_back.py",
        "tests/golive/test_undo_of_matched.py",
        "tests/harness/test_run.py",
        "tests/hostile/test_web.py",
        "tests/hostile/test_worker.py",
        "tests/kinds/test_long_cells.py",
        "tests/kinds/test_odd_cells.py",
        "tests/kinds/test_structures.py",
        "tests/kinds/test_too_large.py",
        "tests/links/test_contract.py",
        "tests/look/test_components.py",
        "tests/look/test_links.py",
        "tests/look/test_people.py",
        "tests/look/test_tables.py",
        "tests/reading/test_file_ends.py",
        "tests/reading/test_ids_twice.py",
        "tests/reading/test_json_lines.py",
        "tests/reading/test_json_mending.py",
        "tests/reading/test_json_neighbours.py",
        "tests/reading/test_json_strays.py",
        "tests/reading/test_many_lines.py",
        "tests/reading/test_relations_twice.py",
        "tests/reading/test_second_columns.py",
        "tests/reading/test_serials.py",
        "tests/recipes/test_recipes.py",
        "tests/records/test_evidence.py",
        "tests/records/test_evidence_cells.py",
        "tests/register/test_files_again.py",
        "tests/register/test_gone.py",
        "tests/register/test_live_parents.py",
        "tests/register/test_register.py",
        "tests/register/test_rows_of_earlier_moves.py",
        "tests/resolve/test_same_rows.py",
        "tests/shapes/test_damaged.py",
        "tests/shapes/test_mixed_relations.py",
        "tests/shapes/test_shapes.py",
        "tests/support/test_acts.py",
        "tests/toy_source/test_in_a_browser.py",
        "tests/toy_source/test_pages.py",
        "tests/trial/test_cells_that_nobody_can_read.py",
        "tests/trial/test_changed_account.py",
        "tests/trial/test_changed_migration.py",
        "tests/trial/test_columns_that_a_later_export_lacks.py",
        "tests/trial/test_damaged_ends.py",
        "tests/trial/test_former_records.py",
        "tests/trial/test_gone_rows.py",
        "tests/trial/test_invisible_characters.py",
        "tests/trial/test_one_fate.py",
        "tests/trial/test_records_that_claim_an_act.py",
        "tests/trial/test_relied_workspace_records.py",
        "tests/trial/test_rows_of_held_parents.py",
        "tests/trial/test_set_aside.py",
        "tests/trial/test_text_limits.py",
        "tests/trial/test_verification.py",
        "tests/trial/test_verified_cells.py",
        "tests/trial/test_what_a_later_export_lacks.py",
        "tests/web/test_http_security.py",
        "tests/web/test_malformed_headers.py",
        "tests/web/test_malformed_requests.py",
        "tests/wizard/test_changed_live.py",
        "tests/wizard/test_changed_states.py",
        "tests/wizard/test_client_balances.py",
        "tests/wizard/test_closed_steps.py",
        "tests/wizard/test_damaged_trial.py",
        "tests/wizard/test_doors.py",
        "tests/wizard/test_doubts.py",
        "tests/wizard/test_every_state.py",
        "tests/wizard/test_over.py",
        "tests/wizard/test_problems.py",
        "tests/wizard/test_row_account.py",
        "tests/wizard/test_words_of_the_over.py",
        "tests/worker/test_installation.py",
        "tests/workers/test_ends.py",
        "tests/workers/test_kills.py",
        "tests/workers/test_light_starts.py",
        "tests/workers/test_never_starts.py",
        "tests/world/test_world.py",
    }
)
"""The files whose variants cost most, by their seconds of CPU."""


def turn_of_this_change() -> int:
    """Each change writes what it changes into the list of changes, so whose turn it is follows from that list."""
    return zlib.crc32((ROOT / "CHANGELOG.md").read_bytes())


def in_turn(values: Sequence[Value], parts: int) -> list[Value]:
    """The part of `values` whose turn it is, at least LEAST of them. Without TESTS_TURN in the environment, all."""
    turn = os.environ.get(TURN)
    if turn is None:
        return list(values)
    parts = max(min(parts, len(values) // LEAST), 1)
    return list(values[int(turn) % parts :: parts])


@dataclass(frozen=True)
class ChosenVariants:
    """The variants that do not run this time, and how many variants they were chosen from."""

    left_out: tuple[pytest.Item, ...] = ()
    total: int = 0

    def __str__(self) -> str:
        return f"{self.total - len(self.left_out):,} of {self.total:,}"


def chosen_variants(items: Iterable[pytest.Item]) -> ChosenVariants:
    """The choice from the collected tests. Without TESTS_TURN in the environment, every variant runs."""
    of_claim: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.nodeid.split("::")[0] in VARIED and getattr(item, "callspec", None) is not None:
            of_claim[item.nodeid.split("[")[0]].append(item)
    chosen = {item for variants in of_claim.values() for item in in_turn(variants, PARTS)}
    every = [item for variants in of_claim.values() for item in variants]
    return ChosenVariants(tuple(item for item in every if item not in chosen), len(every))
