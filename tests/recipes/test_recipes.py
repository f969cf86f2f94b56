"""Each recipe of CONTRIBUTING.md works as it is written, and none of its pieces can be forgotten silently.

The recipes are followed in a copy of the product, all five at once. `-s` prints which files and lines each touches.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.recipes import check_recipe, kind_recipe, mail_recipe, page_recipe, provider_recipe
from tests.recipes.copied_product import ROOT, WHOLE, CopyProcess, copy_product, process_in
from tests.recipes.recipe import IMPORT, Piece, Recipe, WrittenPieces

RECIPES = (
    kind_recipe.RECIPE,
    check_recipe.RECIPE,
    provider_recipe.RECIPE,
    mail_recipe.RECIPE,
    page_recipe.RECIPE,
)
PIECES = [piece for recipe in RECIPES for piece in recipe.pieces]
VARIANTS = [(recipe, piece, rest) for recipe in RECIPES for piece, rest in recipe.variants()]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("recipes")]


@dataclass
class Bench:
    """The copy with the pieces that are written. `whole` has imported the product with every piece."""

    pieces: WrittenPieces
    libraries: CopyProcess
    whole: CopyProcess

    def run(self, code: str) -> tuple[bool, str]:
        """Runs the import of the product in a process without the product, and any other code in the whole product."""
        return (self.libraries if code == IMPORT else self.whole).run(code)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("copy")
    copy_product(folder)
    with process_in(folder) as libraries:
        is_fine, output = libraries.run("import app; print(app.__path__[0])")
        assert (is_fine, output.strip()) == (True, str(folder / "app"))
        pieces = WrittenPieces(folder, {piece.path for piece in PIECES})
        pieces.write(PIECES)
        with process_in(folder, WHOLE) as whole:
            yield Bench(pieces, libraries, whole)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_new_thing_works(bench: Bench, recipe: Recipe) -> None:
    sys.stdout.write(f"\n{recipe.summary()}\n")
    bench.pieces.write(PIECES)
    for code in (*sorted({piece.held_by for piece in recipe.pieces} - {IMPORT}), recipe.use):
        is_fine, output = bench.run(code)
        assert is_fine, f"{code}\n{output}"


@pytest.mark.parametrize(
    ("recipe", "piece", "rest"), VARIANTS, ids=[f"{recipe.name} without {piece.name}" for recipe, piece, _ in VARIANTS]
)
def test_a_missing_piece_is_named(bench: Bench, recipe: Recipe, piece: Piece, rest: Piece | None) -> None:
    others = [other for other in PIECES if other.path != piece.path or other.after != piece.after]
    assert len(others) == len(PIECES) - 1
    bench.pieces.write(others if rest is None else [*others, rest])
    is_fine, output = bench.run(piece.held_by)
    assert not is_fine, f"{recipe.name} works without {piece.name}"
    last = output[output.rindex("Traceback") :]
    assert re.search(piece.refusal, last, re.DOTALL), last


def test_the_import_needs_no_more(bench: Bench) -> None:
    """With every piece, the product is imported: the failures above are those of the missing piece."""
    bench.pieces.write(PIECES)
    is_fine, output = bench.run(IMPORT)
    assert is_fine, output


def test_the_new_things_keep_the_rules_of_the_house(bench: Bench) -> None:
    """With every piece, the tests of the new things pass, and so do the conventions and the linter.

    The linter may sort imports: where a line stands among others changes too often to be written here.
    """
    bench.pieces.write(PIECES)
    files = [piece.path for piece in PIECES if Path(piece.path).name.startswith("test_") and not piece.after]
    assert len(files) == 3
    tests = [*files, "tests/test_conventions.py", "tests/look/test_templates.py"]
    is_fine, output = bench.run(f"import pytest; assert pytest.main(['-q', '-p', 'no:cacheprovider', *{tests}]) == 0")
    assert is_fine, output
    is_fine, output = bench.run(provider_recipe.CONTRACT)
    assert is_fine, output
    python = sorted({piece.path for piece in PIECES if piece.path.endswith(".py")})
    command = [sys.executable, "-m", "ruff", "check", "--fix", *python]
    linted = subprocess.run(command, cwd=bench.pieces.root, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_recipe_names_every_place(recipe: Recipe) -> None:
    """The recipe's row in CONTRIBUTING.md has the file, or the end of its folder."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith(f"| {recipe.name} |"))
    places = {
        piece.path: (Path(piece.path).name, "/".join(Path(piece.path).parts[-3:-1]) + "/") for piece in recipe.pieces
    }
    unnamed = [path for path, names in places.items() if not any(name in row for name in names)]
    assert not unnamed, f"name these in CONTRIBUTING.md: {unnamed}"
