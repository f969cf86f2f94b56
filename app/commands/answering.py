"""The answer of a command: as JSON for scripts, as tables for a person, and as an answer of status 2 for a failure."""

import json
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, get_args

from rich.console import Group, RenderableType
from rich.table import Table

from app.commands.input_files import BadFile
from app.commands.json_output import JsonAnswer, ProblemEntry, TrialNumbers
from app.commands.options import BadOption, must_be_usable
from app.commands.read import CommandAnswer, refused
from app.problems import Problem
from app.sources import SOURCES

Outcomes = Literal["read", "created", "updated", "unchanged", "left_out", "skipped", "held", "refused", "records"]
OUTCOMES: tuple[Outcomes, ...] = get_args(Outcomes)


def summary(answer: CommandAnswer) -> RenderableType:
    """A table of kinds and a table of problems, in the catalogue's words."""
    content = answer.content
    parts: list[RenderableType] = [_kinds(content) if content.get("kinds") else _inventory(content)]
    if content["problems"]:
        parts.append(_problems(content["problems"]))
    if "balanced" in content:
        parts.append("The trial balances." if content["balanced"] else "The trial does not balance.")
    return Group(*parts)


def _inventory(content: JsonAnswer) -> Table:
    table = Table("kind", "rows", "first", "last")
    for kind, held in content["inventory"].items():
        table.add_row(kind, f"{held['rows']:,}", (held["first"] or "")[:10], (held["last"] or "")[:10])
    return table


def _kinds(content: JsonAnswer) -> Table:
    table = Table("kind", *(name.replace("_", " ") for name in OUTCOMES))
    for kind in content["kinds"]:
        table.add_row(kind["kind"], *(f"{kind[name]:,}" for name in OUTCOMES))
    return table


def _problems(problems: list[ProblemEntry]) -> Table:
    label = next(iter(SOURCES.values())).label
    table = Table("level", "count", "problem", "where")
    for entry in problems:
        where = " ".join(str(value) for value in (entry["file"], entry["line"], entry["column"]) if value is not None)
        title = Problem(entry["code"], details={"source": label}).title
        table.add_row(entry["level"], f"{entry['count']:,}", title, where)
    return table


ROOT = Path(__file__).resolve().parents[2]


def answer_of(work: Callable[[], CommandAnswer], numbers: TrialNumbers | None = None) -> CommandAnswer:
    """The answer of `work`. When `work` raises, an answer of status 2 with the reason, and with `numbers`.

    The reason is also one line of the error output: the message of a BadFile or BadOption, and the type and place of
    any other exception. The message of other exceptions may hold a clinic's values and is never shown.
    """
    try:
        return work()
    except BadFile as wrong:
        return _refused(str(wrong), "option_file_unusable", numbers)
    except BadOption as wrong:
        return _refused(str(wrong), "option_unusable", numbers)
    except Exception as fault:
        return _refused(f"The command failed: {type(fault).__name__} at {_place_of(fault)}", "command_failed", numbers)


def write_answer(answer: CommandAnswer, file: Path) -> bool:
    """Writes the answer as JSON; `-` is the output. Returns False, with a line of error output, when that fails."""
    text = json.dumps(answer.content, ensure_ascii=False, indent=1) + "\n"
    try:
        if file == Path("-"):
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            file.write_text(text, encoding="utf-8")
    except OSError as trouble:
        _write_line(f"--json: the answer cannot be written ({trouble.strerror}).")
        return False
    return True


def answer_bad_usage(words: Sequence[str], numbers: TrialNumbers | None = None) -> None:
    """Answers an invalid command line, to the file of its `--json` option."""
    file = _json_of(words)
    if file is None:
        return
    try:
        must_be_usable(json_file=file)
    except BadOption as wrong:
        _write_line(str(wrong))
    else:
        write_answer(refused(Problem("option_unusable"), numbers), file)


def _json_of(words: Sequence[str]) -> Path | None:
    for word, following in zip(words, [*words[1:], None], strict=True):
        if word == "--json" and following is not None:
            return Path(following)
        if word.startswith("--json="):
            return Path(word.removeprefix("--json="))
    return None


def _refused(words: str, code: str, numbers: TrialNumbers | None) -> CommandAnswer:
    _write_line(words)
    return refused(Problem(code), numbers)


def _write_line(words: str) -> None:
    sys.stderr.write(words.replace("\n", " ") + "\n")


def _place_of(fault: Exception) -> str:
    """The file and line of our own code closest to where an exception was raised."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(fault.__traceback__)]
    ours = [(file.relative_to(ROOT), line) for file, line in frames if file.is_relative_to(ROOT / "app")]
    return f"{ours[-1][0]}, line {ours[-1][1]}." if ours else "an unknown place."
