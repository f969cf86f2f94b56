"""The questions of a Cliniko template, note or form, read from their cell."""

from app.mapping.content import Content, read_content_or_text


def content_of(cell: str | None) -> Content:
    """The content of a cell, empty where the cell is, prose as one answer; NotJsonError for damaged JSON."""
    return read_content_or_text(cell)
