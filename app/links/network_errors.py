"""Temporary network errors. A network error never means that the link is wrong."""


class NoResponse(Exception):
    """No connection, or no complete response headers in time."""


class ConnectionLost(Exception):
    """The response ended early, stalled, or was too slow."""
