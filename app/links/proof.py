"""The last step of a download: the whole file is read again, and what it should be is compared with what it is."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from app.links.checkpoint import FileState
from app.links.cuts import Cut
from app.links.kinds import first_kind
from app.links.sums import SUMS
from app.storage.objects import Objects

PIECE = 1024 * 1024
END_RECORD = b"PK\x05\x06"
LONGEST_END = 22 + 65_535


class Mismatch(Exception):
    """The file differs from the fingerprint that its provider gives."""


def proven(objects: Objects, data_key: bytes, state: FileState, look: Callable[[], None]) -> str:
    """The file's sha256; Mismatch or Cut when it is not what it should be."""
    algorithms = [a for a in state.checksums if a in SUMS]
    sums = {a: SUMS[a]() for a in {*algorithms, "sha256"}}
    with objects.reader(state.key, data_key) as file, ThreadPoolExecutor(1, "proof") as ahead:
        following = ahead.submit(file.read, PIECE)  # opened by one thread while another sums up what came before
        while piece := following.result():
            following = ahead.submit(file.read, PIECE)
            look()
            for each in sums.values():
                each.update(piece)
    if any(sums[a].hexdigest() != state.checksums[a].lower() for a in algorithms):
        raise Mismatch
    return sums["sha256"].hexdigest()


def complete_zip(objects: Objects, data_key: bytes, key: str) -> None:
    """A zip that came without a length must end like one; otherwise its end is missing."""
    size = objects.size(key)
    with objects.reader(key, data_key) as file:
        if first_kind(file.read(1024)) != "zip":
            return
        file.seek(max(0, size - LONGEST_END))
        tail = file.read()
    for found in re.finditer(re.escape(END_RECORD), tail):
        comment = int.from_bytes(tail[found.start() + 20 : found.start() + 22], "little")
        if found.start() + 22 + comment == len(tail):
            return
    raise Cut
