"""Checks the settings that production requires. Production refuses to start without them, and names the settings."""

from urllib.parse import urlsplit

from app.settings import Environment, Settings

SHORTEST_SECRET = 32
MENDED = {(3, 11): 17, (3, 12): 15, (3, 13): 16}  # the first releases of Python that read hostile zips safely


class NotReady(Exception):
    """Production is unsafe with these settings. The message has one line per setting."""


def refusals(settings: Settings) -> list[str]:
    """One line per setting to change. Empty outside production."""
    if settings.environment is not Environment.PRODUCTION:
        return []
    lines = []
    for name in ("storage_key", "secret_key"):
        value = getattr(settings, name)
        if value.startswith("development-") or len(value) < SHORTEST_SECRET:
            lines.append(f"{name.upper()}: set a secret of its own, at least {SHORTEST_SECRET} characters")
    if settings.links_encryption_key and len(settings.links_encryption_key) < SHORTEST_SECRET:
        lines.append(f"LINKS_ENCRYPTION_KEY: set at least {SHORTEST_SECRET} characters, or nothing")
    if settings.storage_key == settings.secret_key:
        lines.append("SECRET_KEY: must differ from STORAGE_KEY")
    if not settings.smtp_url:
        lines.append("SMTP_URL: set the mail server; the local outbox is for development")
    if not settings.behind_tls or urlsplit(settings.base_url).scheme != "https":
        lines.append("BASE_URL and BEHIND_TLS: put TLS in front, an https address and BEHIND_TLS=true")
    for name, url in (("DATABASE_URL", settings.database_url), ("CASPEN_DATABASE_URL", settings.caspen_database_url)):
        if not url.startswith("postgresql"):
            lines.append(f"{name}: set a PostgreSQL database")
    if not settings.redis_url:
        lines.append("REDIS_URL: set the Redis that workers share; the embedded one is for one machine")
    return lines


def old_interpreter(version: tuple[int, int, int]) -> str:
    """A warning about an old Python for the operator, or an empty text. Nothing in the product depends on it."""
    least = MENDED.get(version[:2])
    if least is None or version[2] >= least:
        return ""
    major, minor, micro = version
    return (
        f"Python {major}.{minor}.{micro} has known faults in reading zips: {major}.{minor}.{least} or later is safer. "
        "Our own limits hold all the same."
    )


def require_ready(settings: Settings) -> None:
    """Raises NotReady when production is unsafe."""
    lines = refusals(settings)
    if lines:
        raise NotReady("Production does not start with these settings:\n" + "\n".join(f"  {line}" for line in lines))
