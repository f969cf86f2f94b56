"""How `read` and `trial` end: always with an answer, whatever went wrong, and never with a value on the terminal."""

import json
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.commands.files import BadFile
from app.commands.options import BadOption, must_be_usable
from app.commands.read import Answer, refused
from app.problems import Problem

HERE = Path(__file__).resolve().parents[2]


def answer_of(work: Callable[[], Answer], **more: Any) -> Answer:
    """What `work` answers; where it raises, an answer of status 2 with the reason. `more` is added to such an answer.

    The reason is also one line of the error output: the sentence of a BadFile or BadOption, and of any other exception
    its type and the place where it was raised. Its message may hold a clinic's values and is shown nowhere.
    """
    try:
        return work()
    except BadFile as wrong:
        return _refused(str(wrong), "option_file_unusable", more)
    except BadOption as wrong:
        return _refused(str(wrong), "option_unusable", more)
    except Exception as fault:
        return _refused(f"The command failed: {type(fault).__name__} at {_place_of(fault)}", "command_failed", more)


def write_answer(answer: Answer, file: Path) -> bool:
    """Writes the answer as JSON; `-` is the output. False where it cannot be written, which the error output says."""
    text = json.dumps(answer.told, ensure_ascii=False, indent=1) + "\n"
    try:
        if file == Path("-"):
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            file.write_text(text, encoding="utf-8")
    except OSError as trouble:
        _say(f"--json: the answer cannot be written ({trouble.strerror}).")
        return False
    return True


def answer_bad_usage(words: Sequence[str], **more: Any) -> None:
    """Writes the answer to a command line that cannot be understood where `--json` of the same line says."""
    file = _json_of(words)
    if file is None:
        return
    try:
        must_be_usable(json_file=file)
    except BadOption as wrong:
        _say(str(wrong))
    else:
        write_answer(refused(Problem("option_unusable"), **more), file)


def _json_of(words: Sequence[str]) -> Path | None:
    for word, following in zip(words, [*words[1:], None], strict=True):
        if word == "--json" and following is not None:
            return Path(following)
        if word.startswith("--json="):
            return Path(word.removeprefix("--json="))
    return None


def _refused(words: str, code: str, more: dict[str, Any]) -> Answer:
    _say(words)
    return refused(Problem(code), **more)


def _say(words: str) -> None:
    sys.stderr.write(words.replace("\n", " ") + "\n")


def _place_of(fault: Exception) -> str:
    """The file and line of our own code that are nearest to where an exception was raised."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(fault.__traceback__)]
    ours = [(file.relative_to(HERE), line) for file, line in frames if file.is_relative_to(HERE / "app")]
    return f"{ours[-1][0]}, line {ours[-1][1]}." if ours else "an unknown place."
