"""Whether the disk that holds VAR has room, measured: by its free bytes, and by writes that found no room."""

import shutil
import time
from pathlib import Path

import structlog

LEAST_FREE = 16 * 1024 * 1024
MEASURED_EVERY_SECONDS = 5.0
FAILURE_COUNTS_SECONDS = 60.0
log = structlog.get_logger()


class DiskRoom:
    """The room on the disk of one folder. Pages ask often; the disk is measured every few seconds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._measured_at = float("-inf")
        self._failed_at = float("-inf")
        self._short = False

    def note_failure(self) -> None:
        """Counts a write that found no room: a database elsewhere may be full while this disk is not."""
        if not self.is_full():
            log.error("disk_full")
        self._failed_at = time.monotonic()

    def is_full(self) -> bool:
        """Whether there is less than LEAST_FREE, or a write found no room within the last minute."""
        moment = time.monotonic()
        if moment - self._measured_at > MEASURED_EVERY_SECONDS:
            self._measured_at = moment
            self._short = _free_bytes(self.folder) < LEAST_FREE
        return self._short or moment - self._failed_at < FAILURE_COUNTS_SECONDS


def _free_bytes(folder: Path) -> float:
    try:
        return shutil.disk_usage(folder).free
    except OSError:  # not there yet, or not readable: nothing was measured
        return float("inf")
