"""The running product for every test that visits its pages. Nothing is made before it is asked for."""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from tests.harness.chosen_variants import chosen_variants
from tests.harness.waiting import patience

if TYPE_CHECKING:
    from tests.harness.prepared_moves import PreparedFolders
    from tests.harness.product import Product

At = Callable[..., "Product"]

hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")  # an example has no time limit, because a busy machine is slow

TOGETHER = frozenset({"catalogue", "records", "samples"})
"""Folders whose tests share what takes seconds to make: one process makes it and tells all of them."""


class FailuresAtOnce:
    """Prints a failed test with its reason when the test ends, so that an interrupted run has named its failures."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal = terminal

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            reason = crash.message.partition("\n")[0] if crash else report.longreprtext[-300:]
            self.terminal.write_line(f"\nFAILED in its {report.when}: {report.nodeid}: {reason}")
            self.terminal.flush()  # also into a file or a pipe


_began = pytest.StashKey[float]()
_variants = pytest.StashKey[str]()
VARIANTS = "chosen variants"
"""The key under which a worker of pytest-xdist tells the main process how many variants it chose."""


def cpu_seconds() -> float:
    """Seconds of CPU of this process and of its children that have ended."""
    return sum(os.times()[:4])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[_began] = cpu_seconds()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Keeps the CPU that the test took with its fixtures: seconds of the clock depend on the machine."""
    try:
        return (yield)
    finally:
        item.user_properties.append(("cpu", f"{cpu_seconds() - item.stash[_began]:.3f}"))


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Scales the ceiling of each test, before pytest-timeout reads it and pytest-xdist passes it on."""
    if config.option.timeout is None:
        config.option.timeout = patience(float(config.getini("timeout")))


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(config, "workerinput"):  # a worker of pytest-xdist prints nothing
        config.pluginmanager.register(FailuresAtOnce(terminal), "failures-at-once")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Runs long tests first, then the groups that need one process, so that none of them runs alone at the end."""
    chosen = chosen_variants(items)
    if chosen.left_out:
        config.hook.pytest_deselected(items=chosen.left_out)
        out = set(chosen.left_out)
        items[:] = [item for item in items if item not in out]
        config.stash[_variants] = str(chosen)
        getattr(config, "workeroutput", {})[VARIANTS] = str(chosen)  # pytest-xdist passes it on to the main process
    for item in items:
        server = "postgres" if item.get_closest_marker("postgres") else ""
        group = server or (item.path.parent.name if item.path.parent.name in TOGETHER else "")
        if group and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(group))
    first = ("slow", "browser", "xdist_group")
    items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in first])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Freezes the imported objects, so that the garbage collector does not search them after every test."""
    marked = [item.nodeid for item in session.items if item.get_closest_marker("xdist_group")]
    if getattr(session.config.option, "loadgroup", False) and not all("@" in one for one in marked):
        raise pytest.UsageError("This pytest-xdist does not keep groups in one process with this pytest.")
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist has ended: the main process, which collects no test, keeps the worker's choice."""
    chosen = getattr(node, "workeroutput", {}).get(VARIANTS)
    if chosen:
        node.config.stash[_variants] = chosen


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if chosen := config.stash.get(_variants, ""):
        line = f"Of the variants that cost most, {chosen} ran; `make test ALL=1` runs every one."
        terminalreporter.write_line(line)


@pytest.fixture
def hang_ups_are_heard() -> Iterator[None]:
    """Processes of a story hear SIGHUP. They inherit that the signal is ignored if `nohup` started the tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> "PreparedFolders":
    from tests.harness.prepared_moves import PreparedFolders  # only the tests that ask for it need the whole product

    base = tmp_path_factory.getbasetemp()
    return PreparedFolders((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "prepared")


@pytest.fixture
def product_at(folders: "PreparedFolders", tmp_path: Path) -> Iterator[At]:
    """Gives the product with the demo clinic's move in a prepared state: a copy for this test alone."""
    from tests.harness.prepared_moves import running

    with ExitStack() as stack:
        made: list[Path] = []

        def open_at(state: str, **more: Any) -> "Product":
            to = tmp_path / f"var{len(made)}"
            made.append(to)
            return stack.enter_context(contextmanager(running)(folders, state, to, **more))

        yield open_at


@pytest.fixture(scope="module")
def shown_at(folders: "PreparedFolders", tmp_path_factory: pytest.TempPathFactory) -> Iterator[At]:
    """The same, shared by a module's tests that only look."""
    from tests.harness.prepared_moves import running

    with ExitStack() as stack:
        known: dict[str, Product] = {}

        def open_at(state: str) -> "Product":
            if state not in known:
                to = tmp_path_factory.mktemp("shown") / "var"
                known[state] = stack.enter_context(contextmanager(running)(folders, state, to))
            return known[state]

        yield open_at
