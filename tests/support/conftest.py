"""The test network, for what support sees of links."""

from tests.wizard.conftest import net

__all__ = ["net"]
