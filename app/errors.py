"""The one way that work or a request ends politely: a problem that a person can read and act on."""

from app.problems import Problem


class Stop(Exception):
    """Work or a request ends here, with a catalogued problem.

    `retryable` says that the same work may succeed later without anybody's help; `retry_after` is in seconds, when
    the other side named a time. Anything that is not a Stop is our own bug.
    """

    def __init__(self, problem: Problem, *, retryable: bool = False, retry_after: float | None = None) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.retryable = retryable
        self.retry_after = retry_after
