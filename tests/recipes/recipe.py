"""A recipe of CONTRIBUTING.md as a person follows it: the files and lines that it adds, and what holds each of them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

IMPORT = "import app.main"
"""The import of the product, which holds most pieces."""


@dataclass(frozen=True)
class Piece:
    """A file of its own, or lines in a file of the product.

    * `text`: the whole file, or what is added behind `after`. `after` is in the file once.
    * `refusal`: a pattern for the failure without the piece; the failure says what is missing.
    * `held_by`: the code that fails without the piece.
    """

    name: str
    path: str
    text: str
    refusal: str
    after: str = ""
    held_by: str = IMPORT

    @property
    def lines(self) -> int:
        """How many lines the piece adds or changes."""
        return max(1, len(self.text.strip("\n").splitlines()))


@dataclass(frozen=True)
class Recipe:
    """A recipe with everything that it names. `use` is code that uses the new thing, and fails if it does not work."""

    name: str
    pieces: tuple[Piece, ...]
    use: str

    def summary(self) -> str:
        """The files and lines that a person touches."""
        new = [piece for piece in self.pieces if not piece.after]
        changed = sorted({piece.path for piece in self.pieces if piece.after})
        lines = sum(piece.lines for piece in self.pieces if piece.after)
        rows = [f"{self.name}: {len(new)} new files, {len(changed)} changed files with {lines} lines"]
        rows += [f"  new      {piece.path}, {piece.lines} lines" for piece in new]
        for path in changed:
            rows.append(f"  changed  {path}, {sum(p.lines for p in self.pieces if p.path == path)} lines")
        return "\n".join(rows)

    def variants(self) -> Iterator[tuple[Piece, Piece | None]]:
        """Each way to leave out one piece, or one key of a TOML file: the piece, and what is left of the piece."""
        for piece in self.pieces:
            yield piece, None
            if piece.path.endswith(".toml") and not piece.after:
                for key in keys_of(piece.text):
                    yield (
                        replace(piece, name=f"{key} of {piece.name}"),
                        replace(piece, text=without_key(piece.text, key)),
                    )


def keys_of(toml: str) -> list[str]:
    """The keys of a TOML file outside of lists of tables. Values may be lists over several lines."""
    outside = re.sub(r"^\[\[.*?(?=^\[\w|\Z)", "", toml, flags=re.MULTILINE | re.DOTALL)
    return list(dict.fromkeys(re.findall(r"^(\w+) = ", outside, flags=re.MULTILINE)))


def without_key(toml: str, key: str) -> str:
    """A TOML file without a key and its value."""
    return re.sub(rf"^{key} = (\[\n.*?^\]|.*?)\n", "", toml, count=1, flags=re.MULTILINE | re.DOTALL)


class WrittenPieces:
    """The pieces of recipes in a copy of the product. Files without a piece have their text of before."""

    def __init__(self, root: Path, paths: Iterable[str]) -> None:
        self.root = root
        self.originals: Mapping[str, str | None] = {
            path: (root / path).read_text(encoding="utf-8") if (root / path).exists() else None for path in paths
        }

    def write(self, pieces: Iterable[Piece]) -> None:
        """Writes exactly these pieces. Raises AssertionError where a piece does not find its place."""
        texts = dict(self.originals)
        for piece in pieces:
            text = texts[piece.path]
            if not piece.after:
                assert text is None, f"{piece.path} exists already"
                texts[piece.path] = piece.text
                continue
            assert text is not None, f"{piece.path} is missing"
            assert text.count(piece.after) == 1, f"{piece.path} has {piece.after!r} {text.count(piece.after)} times"
            texts[piece.path] = text.replace(piece.after, piece.after + piece.text)
        for path, text in texts.items():
            file = self.root / path
            if text is None:
                file.unlink(missing_ok=True)
            elif not file.exists() or file.read_text(encoding="utf-8") != text:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
