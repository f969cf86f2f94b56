"""A worker whose child has a source that fails on request: `python -m tests.workers.poisoned`."""

from app.settings import settings
from tests.worker import failing_on_request
from workers import child_process, supervisor

if __name__ == "__main__":
    failing_on_request.register()
    start = child_process.ChildProcess.__init__

    def with_madeup_child(self: child_process.ChildProcess, *given: object, **more: object) -> None:
        start(self, *given, **{**more, "module": "tests.worker.failing_on_request"})  # type: ignore[arg-type]  # passed on as given

    child_process.ChildProcess.__init__ = with_madeup_child  # type: ignore[method-assign]  # this process is the test's own
    supervisor.run_worker(settings())
