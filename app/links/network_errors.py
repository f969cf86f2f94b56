"""What may go wrong on the way and pass by itself. None of these says anything of the link."""


class Unanswered(Exception):
    """Nobody answered: no connection, or none of the answer's headers in time."""


class Cut(Exception):
    """The answer stopped before its end, stood still, or came too slowly."""
