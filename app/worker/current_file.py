"""Notes which file a worker's child is reading, so that the supervisor can read the note after the child's death.

The note is a page of shared memory: writing needs no system call, and the note outlives the child. A child that dies in
a file reports nothing, so `is_file_to_blame` judges by the exit status.
"""

import mmap
import os
import signal
import struct
import tempfile
from typing import IO

VARIABLE = "CURRENT_FILE_FD"
_SIZE = 8192
_LENGTH = struct.Struct("!I")
_FAULTS = frozenset(
    {signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP, signal.SIGSYS}
)
_LARGE_SHARE = 0.6
_LARGE_MB = 512  # when the child has no limit of its own


class CurrentFile:
    """The note. Without a shared page the note is private, for work without a supervisor."""

    def __init__(self, page: IO[bytes] | None = None) -> None:
        self._page = page
        self._memory = mmap.mmap(page.fileno(), _SIZE) if page is not None else mmap.mmap(-1, _SIZE)

    @classmethod
    def shared(cls) -> "CurrentFile":
        """A new page that a child can inherit by the number of its handle."""
        page = tempfile.TemporaryFile()  # noqa: SIM115 - kept as long as the note is
        page.truncate(_SIZE)
        return cls(page)

    @classmethod
    def inherited(cls) -> "CurrentFile":
        """The page that the supervisor passed, or a private page."""
        handle = os.environ.get(VARIABLE, "")
        return cls(os.fdopen(int(handle), "r+b")) if handle.isdigit() else cls()

    @property
    def handle(self) -> int:
        """The number of the page's handle. Raises ValueError for a private page."""
        if self._page is None:
            raise ValueError("this note is not shared")
        return self._page.fileno()

    def write(self, key: str) -> None:
        """Notes that the file of this key is about to be read."""
        text = key.encode("utf-8", "surrogatepass")[: _SIZE - _LENGTH.size]
        self._memory[: _LENGTH.size] = _LENGTH.pack(0)  # an empty note while the text is incomplete
        self._memory[_LENGTH.size : _LENGTH.size + len(text)] = text
        self._memory[: _LENGTH.size] = _LENGTH.pack(len(text))

    def clear(self) -> None:
        """Notes that no file is being read."""
        self._memory[: _LENGTH.size] = _LENGTH.pack(0)

    def read(self) -> str:
        """The key of the file that is, or was last, being read. Empty when there is none."""
        (length,) = _LENGTH.unpack(self._memory[: _LENGTH.size])
        text = bytes(self._memory[_LENGTH.size : _LENGTH.size + min(length, _SIZE)])
        return text.decode("utf-8", "surrogatepass") if length else ""

    def close(self) -> None:
        """Releases the page."""
        self._memory.close()
        if self._page is not None:
            self._page.close()


def is_file_to_blame(status: int, *, was_late: bool, peak_mb: float, limit_mb: int) -> bool:
    """Whether the file that a child was reading has ended the child. `status` is that of `Popen.returncode`.

    A processor fault, an abort, an own exit or a missed deadline is caused by the file. A plain kill has another cause,
    unless the child used so much memory that the machine may have ended it.
    """
    if was_late or status > 0 or -status in _FAULTS:
        return True
    return status == -signal.SIGKILL and peak_mb > (limit_mb * _LARGE_SHARE or _LARGE_MB)
