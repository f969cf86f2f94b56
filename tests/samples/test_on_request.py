"""The generator of invented exports is loaded when the product is asked for a sample, and never before."""

import subprocess
import sys

import pytest

ROOMS = ("app.main", "app.cli", "workers.child", "app.isolated.server")


@pytest.mark.parametrize("room", ROOMS)
def test_importing_the_product_loads_no_generator(room: str) -> None:
    generators = "[name for name in sys.modules if name.startswith('app.') and '.sample' in name]"
    program = f"import sys, {room}; print({generators})"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
