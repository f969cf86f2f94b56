"""Cells that verification cannot read. Such a cell is in doubt; other cells of its file are compared."""


class Unread(str):
    """A filled cell with unknown content. Its text is empty."""

    __slots__ = ()


UNREAD = Unread()
