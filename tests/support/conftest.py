"""The test network, for support's pages about links."""

from tests.wizard.conftest import net

__all__ = ["net"]
