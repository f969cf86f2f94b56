"""What may be told of an export outside the clinic: names of columns and files, and nothing that could be a value.

A file may have no column names, so that its first row is somebody; a folder may carry a client's name; the keys of a
JSON object may be people. Whatever is not known to be a name that a program gave is told by its length alone.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from app.mapping.columns import normalise_header
from app.mapping.kind import Source
from app.reading.file_preview import Glimpse
from app.reading.naming import DOCUMENTS, NO_TABLES, TABLES, name_of
from app.reading.recognise import Header, Tied, known_headers
from app.reading.value_patterns import column_shape, shape_of

_WORDS = re.compile(r"[A-Z]{2,}s?(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+|[^\W\d_]+")
# Shapes that a cell has and a header has not.
_STRICT = frozenset({"digits", "0 or 1", "yes or no", "e-mail", "number with decimals", "time of day", "phone number"})
_MORE_WORDS = frozenset({"ref", "nr", "num", "count", "total", "amount", "flag", "opened", "finish", "given", "family"})


def told_names(seen: Glimpse, source: Source) -> tuple[str, ...]:
    """The names of a file's columns as they may be told: in full, in part, or by number alone."""
    if not has_names(seen, source):
        return tuple(f"Column {number}" for number in range(1, len(seen.names) + 1))
    every = _headers_of(source)
    known = set(every)
    if seen.form == "json":
        known_here = [name if _is_known(name, known) or _recurs(seen, at) else "" for at, name in enumerate(seen.names)]
        return tuple(
            _veiled(n, source) if n else f"[a name of {len(o)} letters]"
            for n, o in zip(known_here, seen.names, strict=True)
        )
    return tuple(name if _is_known(name, known) else _veiled(name, source) for name in seen.names)


def has_names(seen: Glimpse, source: Source) -> bool:
    """Whether the first row is a header for certain. Where that cannot be proven, it is taken for data."""
    if seen.form == "json":
        return True
    if isinstance(seen.header, Header | Tied) and _known_share(seen.names, source) >= 0.34:
        return True
    if not seen.names or not seen.rows or _known_share(seen.names, source, words=True) < 0.34:
        return False
    strict = _strict(seen)
    return any(seen.names[at].strip() for at in strict) and not any(_is_strict(shape_of(name)) for name in seen.names)


def begins_with_data(seen: Glimpse) -> bool:
    """Whether the first row looks like the rows below it, where those have a shape that no header has."""
    return any(shape_of(seen.names[at]) == shape for at, shape in _strict(seen).items())


def _strict(seen: Glimpse) -> dict[int, str]:
    """By column, the shape of its cells, where it is one that a header never has."""
    found = {at: column_shape(seen.column(at)) for at in range(len(seen.names))}
    return {at: shape.most for at, shape in found.items() if shape.filled >= 2 and _is_strict(shape.most)}


def _is_strict(shape: str) -> bool:
    return shape in _STRICT or shape.startswith("date")


def told_path(path: str, source: Source) -> str:
    """A file's path with only those parts that name a kind or come from a program; the rest by length."""
    *folders, last = path.split("/")
    stem, dot, extension = last.rpartition(".") if "." in last else (last, "", "")
    extension = extension.lower()
    shown = [_told_part(folder, source) for folder in folders]
    name = name_of(last, source)
    if name.type is not None and normalise_header(name.type) in _file_names(source):
        shown.append(f"{name.plain(source)}.{name.extension}")
    else:
        extension = extension if extension in TABLES | NO_TABLES | DOCUMENTS | {"zip"} else "?"
        shown.append(f"{_told_part(stem, source)}.{extension}" if dot else _told_part(stem, source))
    return "/".join(shown)


def _told_part(part: str, source: Source) -> str:
    return part if not part or normalise_header(part) in _file_names(source) else f"[a name of {len(part)} letters]"


def _veiled(name: str, source: Source) -> str:
    """A column's name word by word: those of programs stay, what could be somebody is told by its length."""
    words = _vocabulary(source)

    def told(found: re.Match[str]) -> str:
        word = found[0]
        if word.isdigit():
            return word if len(word) < 3 else f"[{len(word)} digits]"
        plain = word.isascii() and (word.lower() in words or word.islower())
        return word if plain else f"[{len(word)} letters]"

    if shape_of(name) not in ("text", "one word", "code of letters and digits", "0 or 1", "digits"):
        return f"[a name of {len(name)} letters]"
    return _WORDS.sub(told, name)


def _recurs(seen: Glimpse, at: int) -> bool:
    """Whether a JSON key is that of most objects, as those of programs are, and of at least three."""
    return len(seen.rows) >= 3 and sum(bool(cell) for cell in seen.column(at)) >= len(seen.rows) * 0.8


def _known_share(names: Sequence[str], source: Source, *, words: bool = False) -> float:
    """Which part of the columns has a name that some kind knows, or with `words` a word of such a name."""
    if not names:
        return 0.0
    known, vocabulary = _headers_of(source), _vocabulary(source)
    found = sum(
        _is_known(name, known) or (words and any(w.lower() in vocabulary for w in _WORDS.findall(name)))
        for name in names
    )
    return found / len(names)


def _is_known(name: str, known: frozenset[str] | set[str]) -> bool:
    return normalise_header(name) in known or bool(re.fullmatch(r"Column \d+", name))


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
    return frozenset(normalise_header(name) for name in named)


@lru_cache(maxsize=4)
def _vocabulary(source: Source) -> frozenset[str]:
    """Every word of the columns' names, long enough to be no initial."""
    texts = [
        text for kind in source.kinds for p in kind.columns for text in (p.name, p.column.native, *p.column.headers)
    ]
    texts += [kind.label for kind in source.kinds]
    words = {word.lower() for text in texts for word in _WORDS.findall(text) if not word.isdigit()}
    return frozenset({word for word in words if len(word) > 1} | _MORE_WORDS)
