"""The exception that ends work or a request with a problem that people can read and act on."""

from app.problems import Problem


class Stop(Exception):
    """Ends work or a request with a catalogued problem.

    `retryable`: the same work may succeed later without help. `retry_after` is in seconds, when the other side named a
    time. Any other exception is a defect of this product.
    """

    def __init__(self, problem: Problem, *, retryable: bool = False, retry_after: float | None = None) -> None:
        super().__init__(problem.code)
        self.problem = problem
        self.retryable = retryable
        self.retry_after = retry_after
