"""Redaction: which names of columns and files support may see. A name may be a value, and support may see no value.

A file may have no column names, so that its first row is a person; a folder may carry a client's name; the keys of a
JSON object may be people. A name that no program certainly gave is replaced by its length.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from app.mapping.kind import Source
from app.reading.file_preview import FilePreview
from app.reading.naming import DOCUMENTS, NO_TABLES, TABLES, name_of
from app.reading.recognise import Header, TiedKinds, known_headers
from app.reading.value_patterns import column_pattern, pattern_of

_WORDS = re.compile(r"[A-Z]{2,}s?(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+|[^\W\d_]+")
# Patterns of cells that a header never has.
_STRICT = frozenset({"digits", "0 or 1", "yes or no", "e-mail", "number with decimals", "time of day", "phone number"})
_MORE_WORDS = frozenset({"ref", "nr", "num", "count", "total", "amount", "flag", "opened", "finish", "given", "family"})


def redacted_names(preview: FilePreview, source: Source) -> tuple[str, ...]:
    """Returns a file's column names, redacted: in full, in part, or by number."""
    if not has_names(preview, source):
        return tuple(f"Column {number}" for number in range(1, len(preview.names) + 1))
    every = _headers_of(source)
    known = set(every)
    if preview.form == "json":
        shown = [
            name if _is_known(name, known, source) or _recurs(preview, at) else ""
            for at, name in enumerate(preview.names)
        ]
        return tuple(
            _redacted(n, source) if n else f"[a name of {len(o)} letters]"
            for n, o in zip(shown, preview.names, strict=True)
        )
    return tuple(name if _is_known(name, known, source) else _redacted(name, source) for name in preview.names)


def has_names(preview: FilePreview, source: Source) -> bool:
    """Returns whether the first row is certainly a header. If in doubt, it counts as data."""
    if preview.form == "json":
        return True
    if isinstance(preview.header, Header | TiedKinds) and _known_share(preview.names, source) >= 0.34:
        return True
    if not preview.names or not preview.rows or _known_share(preview.names, source, words=True) < 0.34:
        return False
    strict = _strict(preview)
    return any(preview.names[at].strip() for at in strict) and not any(
        _is_strict(pattern_of(name)) for name in preview.names
    )


def begins_with_data(preview: FilePreview) -> bool:
    """Returns whether the first row has the pattern of the rows below it, where no header has that pattern."""
    return any(pattern_of(preview.names[at]) == shape for at, shape in _strict(preview).items())


def _strict(preview: FilePreview) -> dict[int, str]:
    """Returns, by column, the pattern of its cells, if no header has that pattern."""
    patterns = {at: column_pattern(preview.column(at)) for at in range(len(preview.names))}
    return {at: shape.most for at, shape in patterns.items() if shape.filled >= 2 and _is_strict(shape.most)}


def _is_strict(shape: str) -> bool:
    return shape in _STRICT or shape.startswith("date")


def redacted_path(path: str, source: Source) -> str:
    """Returns a file's path, redacted: parts that name a kind or come from a program are kept, others replaced by
    length."""
    *folders, last = path.split("/")
    stem, dot, extension = last.rpartition(".") if "." in last else (last, "", "")
    extension = extension.lower()
    shown = [_redacted_part(folder, source) for folder in folders]
    name = name_of(last, source)
    if name.type is not None and source.layout.normalise(name.type) in _file_names(source):
        shown.append(f"{name.plain(source)}.{name.extension}")
    else:
        extension = extension if extension in TABLES | NO_TABLES | DOCUMENTS | {"zip"} else "?"
        shown.append(f"{_redacted_part(stem, source)}.{extension}" if dot else _redacted_part(stem, source))
    return "/".join(shown)


def _redacted_part(part: str, source: Source) -> str:
    return (
        part if not part or source.layout.normalise(part) in _file_names(source) else f"[a name of {len(part)} letters]"
    )


def _redacted(name: str, source: Source) -> str:
    """Redacts a column's name word by word: words of programs are kept, possible names replaced by their length."""
    words = _vocabulary(source)

    def redact_word(match: re.Match[str]) -> str:
        word = match[0]
        if word.isdigit():
            return word if len(word) < 3 else f"[{len(word)} digits]"
        plain = word.isascii() and (word.lower() in words or word.islower())
        return word if plain else f"[{len(word)} letters]"

    if pattern_of(name) not in ("text", "one word", "code of letters and digits", "0 or 1", "digits"):
        return f"[a name of {len(name)} letters]"
    return _WORDS.sub(redact_word, name)


def _recurs(preview: FilePreview, at: int) -> bool:
    """Returns whether a JSON key is in most objects, and in at least three, as a program's keys are."""
    return len(preview.rows) >= 3 and sum(bool(cell) for cell in preview.column(at)) >= len(preview.rows) * 0.8


def _known_share(names: Sequence[str], source: Source, *, words: bool = False) -> float:
    """Returns the share of columns with a name that some kind knows; with `words`, a word of such a name suffices."""
    if not names:
        return 0.0
    known, vocabulary = _headers_of(source), _vocabulary(source)
    known_count = sum(
        _is_known(name, known, source) or (words and any(w.lower() in vocabulary for w in _WORDS.findall(name)))
        for name in names
    )
    return known_count / len(names)


def _is_known(name: str, known: frozenset[str] | set[str], source: Source) -> bool:
    return source.layout.normalise(name) in known or bool(re.fullmatch(r"Column \d+", name))


@lru_cache(maxsize=4)
def _headers_of(source: Source) -> frozenset[str]:
    return frozenset(header for kind in source.kinds for header in known_headers(kind))


@lru_cache(maxsize=4)
def _file_names(source: Source) -> frozenset[str]:
    named = (
        name
        for kind in source.kinds
        for name in (*kind.recognition.file_names, kind.name, kind.source_label, kind.label)
    )
    return frozenset(map(source.layout.normalise, named))


@lru_cache(maxsize=4)
def _vocabulary(source: Source) -> frozenset[str]:
    """Returns every word of the kinds' column names with at least two letters."""
    texts = [
        text for kind in source.kinds for p in kind.columns for text in (p.name, p.column.native, *p.column.headers)
    ]
    texts += [kind.label for kind in source.kinds]
    words = {word.lower() for text in texts for word in _WORDS.findall(text) if not word.isdigit()}
    return frozenset({word for word in words if len(word) > 1} | _MORE_WORDS)
