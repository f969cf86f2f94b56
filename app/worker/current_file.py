"""Which file a worker's child is reading, written where the supervisor can read it after the child has died.

The note is a page of memory that both share: writing costs no system call, and it outlives the child however it ends.
A child that ends in a file says nothing by itself: `is_file_to_blame` judges by how it ended.
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
_LARGE_MB = 512  # where the child has no limit of its own


class CurrentFile:
    """The note. Without a shared page it is this process's own, for work that has no supervisor."""

    def __init__(self, page: IO[bytes] | None = None) -> None:
        self._page = page
        self._memory = mmap.mmap(page.fileno(), _SIZE) if page is not None else mmap.mmap(-1, _SIZE)

    @classmethod
    def shared(cls) -> "CurrentFile":
        """A new page that a child can be given by the number of its handle."""
        page = tempfile.TemporaryFile()  # noqa: SIM115 - kept as long as the note is
        page.truncate(_SIZE)
        return cls(page)

    @classmethod
    def inherited(cls) -> "CurrentFile":
        """The page that the supervisor gave; one of this process alone where it gave none."""
        handle = os.environ.get(VARIABLE, "")
        return cls(os.fdopen(int(handle), "r+b")) if handle.isdigit() else cls()

    @property
    def handle(self) -> int:
        """The number of the page's handle. Raises ValueError for a page of this process alone."""
        if self._page is None:
            raise ValueError("this note is not shared")
        return self._page.fileno()

    def write(self, key: str) -> None:
        """The file of this key is about to be read."""
        text = key.encode("utf-8", "surrogatepass")[: _SIZE - _LENGTH.size]
        self._memory[: _LENGTH.size] = _LENGTH.pack(0)  # while the text is half written, there is none
        self._memory[_LENGTH.size : _LENGTH.size + len(text)] = text
        self._memory[: _LENGTH.size] = _LENGTH.pack(len(text))

    def clear(self) -> None:
        """No file is being read."""
        self._memory[: _LENGTH.size] = _LENGTH.pack(0)

    def read(self) -> str:
        """The key of the file that is being read, or was when its reader ended; empty for none."""
        (length,) = _LENGTH.unpack(self._memory[: _LENGTH.size])
        text = bytes(self._memory[_LENGTH.size : _LENGTH.size + min(length, _SIZE)])
        return text.decode("utf-8", "surrogatepass") if length else ""

    def close(self) -> None:
        """Gives the page back."""
        self._memory.close()
        if self._page is not None:
            self._page.close()


def is_file_to_blame(status: int, *, was_late: bool, peak_mb: float, limit_mb: int) -> bool:
    """Whether the file that a child was reading has ended it. `status` is as `Popen.returncode` has it.

    A fault of the processor, an abort, an exit by itself or a missed deadline is the file's doing. A plain kill is
    somebody else's, unless the child had taken so much memory that the machine may have ended it.
    """
    if was_late or status > 0 or -status in _FAULTS:
        return True
    return status == -signal.SIGKILL and peak_mb > (limit_mb * _LARGE_SHARE or _LARGE_MB)
