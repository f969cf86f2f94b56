"""A small form of the large download: cuts, a worker that is killed and a quota, and one file that is right."""

from tests.figures.downloads import CHECKPOINT, MIB, MOST_MB, lived_through


def test_a_download_survives_cuts_a_kill_and_a_quota() -> None:
    story = lived_through(48 * MIB, cuts=8, kills=1, checkpoint=2 * MIB)
    assert story.wrong == []
    assert (story.cuts, story.kills, story.quotas) == (8, 1, 1)
    assert story.again <= CHECKPOINT
    assert 0 < story.peak_mb <= MOST_MB
