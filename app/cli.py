"""The command line: everything that the product does without its pages.

A command imports what it needs when it runs. So `--help` and a wrong word are answered at once.
"""

import json
import os
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from app.bad_setting import BadSetting

if TYPE_CHECKING:
    from app.commands.audit_verify import AuditLine
    from app.commands.check_live import LiveCheckLine
    from app.commands.read import CommandAnswer


class Answering(TyperCommand):
    """A command that writes its JSON answer for bad usage too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except typer.Exit:
            raise  # --help
        except Exception:
            from app.commands.answering import answer_bad_usage
            from app.commands.trial import NO_TRIAL

            answer_bad_usage(words, NO_TRIAL if self.name == "trial" else None)
            raise


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
audit = typer.Typer(no_args_is_help=True, help="The audit trail: who did what, when and why.")
app.add_typer(audit, name="audit")
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the whole answer here, as JSON. - is the output.")]
Keep = Annotated[Path | None, typer.Option(help="Keep everything in this folder.")]
Wait = Annotated[float, typer.Option(help="How long, in all, to wait for what passes by itself, in seconds.")]


AskPassword = Annotated[
    bool, typer.Option("--ask-password", help="Asks for the password of a locked zip, where nobody else sees it.")
]


class SampleSize(StrEnum):
    SMALL = "small"
    MID = "mid"
    LARGE = "large"


class Dialect(StrEnum):
    NATIVE = "native"
    API = "api"
    MIXED = "mixed"


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT")] = 8000,
    web_only: Annotated[bool, typer.Option("--web-only", help="The pages alone; workers run elsewhere.")] = False,
) -> None:
    """Runs the pages and a worker, with all data in ./var."""
    from app.commands.listening import CannotListen
    from app.commands.serve import serve as run
    from app.commands.serve import serve_pages
    from app.production import NotReady
    from app.settings import settings
    from app.worker.installation import CannotStart

    _warn()
    try:
        (serve_pages if web_only else run)(settings(), host, port)
    except (CannotListen, CannotStart, NotReady) as refusal:
        _fail(str(refusal))


@app.command()
def worker() -> None:
    """Runs one worker. Start as many as there are cores, on any number of machines."""
    from app.production import NotReady, require_ready
    from app.schema.upgrade import SchemaTooNew
    from app.settings import settings
    from app.worker.installation import CannotStart
    from workers.supervisor import run_worker

    _warn()
    try:
        require_ready(settings())
    except NotReady as refusal:
        _fail(str(refusal))
    try:
        run_worker(settings())
    except (CannotStart, SchemaTooNew) as refusal:
        _fail(str(refusal))


@app.command()
def sample(
    out: Annotated[Path, typer.Argument(help="The zip to write.")],
    size: SampleSize = SampleSize.SMALL,
    seed: int = 1,
    dialect: Dialect = Dialect.NATIVE,
) -> None:
    """Writes the export of an invented clinic."""
    from app.sources import source
    from app.sources.invented import sample_writer

    write_sample = sample_writer(source().name)
    if write_sample is None:
        _fail("This source has no sample.")
    else:
        try:
            write_sample(out, size=size.value, seed=seed, dialect=dialect.value)
        except OSError as trouble:
            _fail(f"{out} cannot be written ({trouble.strerror}).")
        typer.echo(f"{out} is written.")


@app.command(cls=Answering)
def read(
    export: str, json_file: JsonFile = None, keep: Keep = None, wait: Wait = 30.0, ask_password: AskPassword = False
) -> None:
    """Shows the content of an export (a zip, a file, a folder or a link), without importing it. - reads a link from the
    input, so that no list of processes shows it."""
    from app.commands.answering import answer_of
    from app.commands.read import read as run

    _check_json(json_file)
    password = _password(ask_password)
    _print(answer_of(lambda: run(_given(export), wait=wait, keep=keep, password=password)), json_file)


@app.command(cls=Answering)
def trial(
    export: str,
    workspace: Annotated[Path | None, typer.Option(help="The workspace to bring it into, as YAML.")] = None,
    plan: Annotated[Path | None, typer.Option(help="Answers to open questions, as YAML.")] = None,
    database: Annotated[str | None, typer.Option(help="A Caspen database that stays.")] = None,
    finalise: Annotated[bool, typer.Option("--finalise", help="Bring it live in that database.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64)] = 1,
    json_file: JsonFile = None,
    records: Annotated[Path | None, typer.Option(help="Write what the trial holds into this folder.")] = None,
    keep: Keep = None,
    wait: Wait = 30.0,
    ask_password: AskPassword = False,
) -> None:
    """Reads an export, matches by suggestion, runs a trial and verifies it, in a private database. - reads a link from
    the input."""
    from app.commands.answering import answer_of
    from app.commands.trial import NO_TRIAL, Options
    from app.commands.trial import trial as run

    _check_json(json_file)
    options = Options(workspace, plan, database, finalise, workers, records, keep, wait, _password(ask_password))
    _print(answer_of(lambda: run(_given(export), options), NO_TRIAL), json_file)


@app.command(name="check-links")
def check_links(
    file: Annotated[Path, typer.Argument(help="One link a line, with its password after it where it has one.")],
    fixtures: Annotated[Path | None, typer.Option(help="Where to write what was answered.")] = None,
) -> None:
    """Tries real links by hand, and records the providers' responses without secrets."""
    from app.commands.check_links import check
    from app.settings import settings

    folder = fixtures or settings().var / "check-links"
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        _fail(f"{file} cannot be read as text.")
    for line in check(lines, settings(), folder):
        typer.echo(json.dumps(line, ensure_ascii=False))


def _given(export: str) -> str:
    """The export argument. `-` reads up to 64 KiB of text with a link from the input, because a link is a secret."""
    from app.links.pasted_text import LONGEST_PASTE

    return sys.stdin.read(LONGEST_PASTE).strip() if export == "-" else export


def _password(asked: bool) -> str:
    """Asks for a password. Empty for an empty line and for a closed input."""
    if not asked:
        return ""
    try:
        return str(typer.prompt("Password of the zip", default="", show_default=False, hide_input=True, err=True))
    except typer.Abort as ended:
        if isinstance(ended.__context__, KeyboardInterrupt):
            raise
        return ""


@app.command(name="check-live")
def check_live() -> None:
    """Checks whether every live workspace still equals what its clinic approved. Status 1 when any differs."""
    from app.commands.check_live import check
    from app.settings import settings

    _print_checks(check(settings()))


@audit.command(name="verify")
def audit_verify() -> None:
    """Checks that no line of the audit trail was changed, removed or inserted. Status 1 when any workspace fails."""
    from app.commands.audit_verify import verify
    from app.settings import settings

    _print_checks(verify(settings()))


def _print_checks(checks: "Iterable[tuple[bool, LiveCheckLine]] | Iterable[tuple[bool, AuditLine]]") -> NoReturn:
    """Prints one line of JSON per check, and ends with status 1 when any fails, 2 when nothing can be checked."""
    from app.schema.upgrade import SchemaTooNew
    from app.worker.installation import CannotStart

    verdicts = []
    try:
        for holds, line in checks:
            verdicts.append(holds)
            typer.echo(json.dumps(line, ensure_ascii=False))
    except (CannotStart, SchemaTooNew) as refusal:
        _fail(str(refusal))
    raise typer.Exit(0 if all(verdicts) else 1)


def _warn() -> None:
    from app.production import old_interpreter

    if warning := old_interpreter(sys.version_info[:3]):
        typer.echo(warning, err=True)


def _check_json(json_file: Path | None) -> None:
    """Fails at once when the answer could not be written."""
    from app.commands.options import BadOption, must_be_usable

    try:
        must_be_usable(json_file=json_file)
    except BadOption as wrong:
        _fail(str(wrong))


def _print(answer: "CommandAnswer", json_file: Path | None) -> None:
    """Writes the answer as JSON if requested, and a summary for a person."""
    from app.commands.answering import summary, write_answer

    is_written = json_file is None or write_answer(answer, json_file)
    if json_file != Path("-"):
        from rich.console import Console

        Console(highlight=False, soft_wrap=not sys.stdout.isatty()).print(summary(answer))
    raise typer.Exit(answer.status if is_written else 2)


def _fail(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(2)


def main() -> None:
    os.umask(0o077)
    from app.lifetime import interrupt_on_end

    interrupt_on_end()  # so that a command removes its private folder
    try:
        app()
    except BadSetting as wrong:
        typer.echo(str(wrong), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
