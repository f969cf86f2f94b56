"""The questions of a Cliniko template, note or form, read from their cell."""

from app.mapping.content import Content, read_content


def content_of(cell: str | None) -> Content:
    """The content of a cell, empty where the cell is; NotJsonError where it is something else."""
    return read_content(cell) if cell and cell.strip() else Content()
