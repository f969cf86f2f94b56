"""What a person reads whose line is so slow that too little of a form arrived for too long."""

from jinja2 import Environment as Jinja

from app.guardrails import HEADERS, SECURE_HEADERS
from app.settings import Environment
from app.sources import source


def answer_too_slow(jinja: Jinja, environment: Environment) -> bytes:
    """The whole answer (408). It is drawn before the pages are opened: a connection knows neither page nor reader."""
    page = jinja.get_template("errors/408.html").render(source=source(None), environment=environment.value).encode()
    secure = SECURE_HEADERS if environment is Environment.PRODUCTION else {}
    headers = {
        **HEADERS,
        **secure,
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Connection": "close",
        "Content-Length": str(len(page)),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 408 Request Timeout\r\n{lines}\r\n".encode() + page
