"""The same arguments make the same sample; another seed makes another sample."""

import tracemalloc
import zipfile
from pathlib import Path

import pytest

from app.sources.cliniko.sample import DialectName, write_sample
from tests.samples.exports import DIALECTS, is_document, parsed, sample


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_same_arguments_make_the_same_bytes(dialect: DialectName, tmp_path: Path) -> None:
    first = sample(dialect)
    again = tmp_path / "again.zip"
    expected = write_sample(again, size="tiny", seed=7, dialect=dialect)
    assert again.read_bytes() == first.path.read_bytes()
    assert expected == first.expected


def test_another_seed_makes_other_people() -> None:
    first, other = sample("native", seed=7), sample("native", seed=8)
    assert [row["Date of Birth"] for row in first.rows("patients")] != [
        row["Date of Birth"] for row in other.rows("patients")
    ]
    assert first.expected.kinds == other.expected.kinds


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_file_of_the_zip_parses_strictly_and_has_the_expected_rows(dialect: DialectName) -> None:
    result = {name: len(parsed(name, text)) for name, text in sample(dialect).texts()}
    files = sample(dialect).expected.files
    assert result == {name: rows for name, rows in files.items() if not is_document(name)}
    assert set(sample(dialect).documents()) == set(files) - set(result)


def test_a_sample_holds_json_in_its_three_shapes() -> None:
    starts = {name.rsplit("/", 1)[-1]: text.lstrip()[:12] for name, text in sample("api").texts()}
    assert starts["businesses.json"].startswith("[")
    assert starts["treatment_notes.jsonl"].startswith('{"id"')
    assert starts["patients-1.json"].startswith('{"patients":')


def test_pages_have_the_number_of_patients() -> None:
    text = dict(sample("api").texts())
    (page,) = (body for name, body in text.items() if name.endswith("patients-1.json"))
    assert f'"total_entries": {sample("api").expected.kinds["patients"].read},' in page


def test_no_file_is_compressed_like_a_zip_bomb() -> None:
    with zipfile.ZipFile(sample("native", "small").path) as archive:
        ratios = {info.filename: info.file_size / info.compress_size for info in archive.infolist()}
    assert max(ratios.values()) < 50, ratios


def test_the_generator_holds_no_rows_in_memory(tmp_path: Path) -> None:
    def peak(size: str) -> int:
        tracemalloc.start()
        write_sample(tmp_path / f"{size}.zip", size="small" if size == "small" else "tiny", seed=1, dialect="native")
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    assert peak("small") < peak("tiny") + 2 * 1024 * 1024
