"""The failure that a command tells an operator of. It needs no library, so that `--help` loads none."""


class BadSetting(Exception):
    """A setting is unusable. The message is one line that names each such setting, without values."""
