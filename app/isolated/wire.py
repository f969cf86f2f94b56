"""Requests and answers between a page and a limited process: frames of JSON, packed from and unpacked to dataclasses.

An answer comes from a process that has just read hostile bytes. So it is JSON of bounded size, and everything that
does not fit the expected dataclass is an error.
"""

import dataclasses
import json
import socket
import struct
import types
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_HEAD = struct.Struct("!cI")
ITEM, END, FAULT, OPENING = b"D", b"E", b"F", b"O"
COMMAND = struct.Struct("!cQ")  # to the fork server: a command, and the number of a job
START, STOP = b"S", b"K"


@dataclasses.dataclass(frozen=True, slots=True)
class JobLimits:
    """Limits of one process: MiB of address space, seconds for one file, seconds of CPU time in all."""

    memory_mb: int
    seconds: float
    cpu_seconds: int


class Malformed(ValueError):
    """The bytes are no frame, or not of the expected type."""


def send(connection: socket.socket, kind: bytes, body: bytes = b"") -> None:
    """Sends one frame. Blocks until it is sent. Raises OSError."""
    connection.sendall(_HEAD.pack(kind, len(body)) + body)


def receive(connection: socket.socket, most: int) -> tuple[bytes, bytes] | None:
    """The next frame as (kind, body); None if the other end is closed. Raises Malformed for more than `most` bytes."""
    head = _exactly(connection, _HEAD.size)
    if head is None:
        return None
    kind, length = _HEAD.unpack(head)
    if length > most:
        raise Malformed("a frame is too long")
    body = _exactly(connection, length)
    return None if body is None else (kind, body)


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    pieces = bytearray()
    while len(pieces) < size:
        piece = connection.recv(min(size - len(pieces), 1 << 16))
        if not piece:
            return None
        pieces += piece
    return bytes(pieces)


def pack(value: object) -> bytes:
    """JSON of dataclasses, tuples, mappings, sets, enums and plain values. Raises TypeError for other values."""
    return json.dumps(_plain(value), separators=(",", ":")).encode()


def unpack(kind: type[T], body: bytes) -> T:
    """A value of the expected type. Raises Malformed for anything else."""
    try:
        value: T = _made(kind, json.loads(body))
    except (ValueError, TypeError, KeyError, RecursionError) as fault:
        raise Malformed(str(type(fault).__name__)) from None
    return value


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(type(value).__name__)


def _made(kind: Any, value: Any) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in inner:
            return None
        return _made(next(each for each in inner if each is not type(None)), value)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{f.name: _made(hints[f.name], value[f.name]) for f in dataclasses.fields(kind)})
    if origin in (tuple, list, frozenset, Sequence):
        return _many(origin, inner, value)
    if origin in (dict, Mapping):
        if not isinstance(value, dict):
            raise TypeError
        return {name: _made(inner[1], each) for name, each in value.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return _simple(kind, value)


def _many(origin: Any, inner: tuple[Any, ...], value: Any) -> Any:
    if not isinstance(value, list):
        raise TypeError
    if origin is tuple and inner[-1] is not Ellipsis:
        return tuple(_made(each, item) for each, item in zip(inner, value, strict=True))
    made = (_made(inner[0], item) for item in value)
    return frozenset(made) if origin is frozenset else list(made) if origin is list else tuple(made)


def _simple(kind: Any, value: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError
    return value
