"""A value in a database that this product does not write: something else wrote it."""


class ValueChanged(Exception):
    """A stored value is none that this product writes. Never names the value."""
