"""The error for stored values that other software has changed."""


class ValueChanged(Exception):
    """A stored value that this product never writes. The message never names the value."""
