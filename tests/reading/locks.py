"""Encrypts a zip's entry with ZipCrypto, as many programs still do."""

import zlib
from dataclasses import replace

from tests.reading.zips import Item, pack


def locked(item: Item, password: bytes) -> Item:
    """Returns the encrypted entry. If sizes follow the data, programs check the password by the time of day, 0 here."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def turn(byte: int) -> None:
        keys[0] = _crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = _crc(keys[2], keys[1] >> 24)

    for byte in password:
        turn(byte)
    crc = zlib.crc32(item.data)
    out = bytearray()
    for byte in bytes(11) + bytes([0 if item.descriptor else crc >> 24]) + pack(item.data, item.method):
        mix = keys[2] | 2
        out.append(byte ^ ((mix * (mix ^ 1)) >> 8) & 0xFF)
        turn(byte)
    return replace(item, flags=1, packed=bytes(out))


def _crc(crc: int, byte: int) -> int:
    return (zlib.crc32(bytes([byte]), crc ^ 0xFFFFFFFF) ^ 0xFFFFFFFF) & 0xFFFFFFFF
