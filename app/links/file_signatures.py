"""The kind of a file by its first bytes. The file's name and the server's Content-Type are ignored."""

MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF-", "pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old office file"),
)
HTML = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<meta", b"<title", b"<style", b"<!--")
MARKS = b"\xef\xbb\xbf \t\r\n"


def first_kind(first: bytes) -> str:
    """The kind of a file: zip, 7z, rar, gzip, tar, pdf, html, xml, json, text, old office file, empty or unknown."""
    if not first:
        return "empty"
    for magic, kind in MAGIC:
        if first.startswith(magic):
            return kind
    if first[257:262] == b"ustar":
        return "tar"
    start = first.lstrip(MARKS).lower()
    if start.startswith(HTML):
        return "html"
    if start.startswith(b"<"):
        return "html" if b"<html" in start else "xml"
    if start.startswith((b"{", b"[")):
        return "json"
    return "unknown" if b"\x00" in first and not first.startswith((b"\xff\xfe", b"\xfe\xff")) else "text"


def is_page(first: bytes) -> bool:
    """Whether the first bytes are an HTML page."""
    return first_kind(first) == "html"
