"""A worker whose child has a source that fails on request: `python -m tests.workers.poisoned`."""

from app.settings import settings
from tests.engine import madeup
from workers import child_process, supervisor

if __name__ == "__main__":
    madeup.register()
    start = child_process.ChildProcess.__init__

    def with_madeup_child(self: child_process.ChildProcess, *given: object, **more: object) -> None:
        start(self, *given, **{**more, "module": "tests.engine.madeup"})  # type: ignore[arg-type]  # passed on as given

    child_process.ChildProcess.__init__ = with_madeup_child  # type: ignore[method-assign]  # this process is the test's own
    supervisor.run_worker(settings())
