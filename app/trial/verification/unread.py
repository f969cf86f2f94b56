"""Cells that verification cannot read. Such a cell is in doubt, and the others of its file are compared as ever."""


class Unread(str):
    """A cell that holds something, of which nothing is known. It is empty as a text."""

    __slots__ = ()


UNREAD = Unread()
