"""A kind of record: appliances that were handed to patients, which become lines of their history."""

import tempfile
from pathlib import Path
from zipfile import ZipFile

from tests.recipes.recipe import Piece, Recipe

CLINIKO = "app/sources/cliniko"
STORIES = "from tests.test_conventions import {0}; {0}()"
SAMPLE = STORIES.format("test_every_imported_kind_is_in_the_sample_of_its_source")
KIND = (
    (Path(__file__).parents[1] / "kinds/appliances.py").read_text(encoding="utf-8").replace("handed_over", "fitted_on")
)
SAMPLE_KIND = '''"""Appliances that were handed to clients."""

from collections.abc import Iterator

from app.sources.cliniko.sample.children import client_of
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.sample_columns import CellForm, SampleColumn, texts
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("patient_id", CellForm.LINK),
    *texts("name", "fitted_on"),
)


def rows(world: World) -> Iterator[SampleRow]:
    for index in range(3):
        key = world.source_id("appliances", index, 3)
        values = {"id": key, "name": "Knee brace", "fitted_on": "2026-02-03"}
        patient = client_of(world, None, world.patient_near(index))
        yield SampleRow(key, values | {"patient_id": patient}, records=("communications",))


KIND = SampleKind("appliances", "Appliances", COLUMNS, rows)
'''
VERIFIED = """    VerifiedKind(
        "appliances",
        "communications",
        (words("subject", "name"), CLIENT),
        exempts=exempt_codes(),
        required=("patient_id", "name", "fitted_on"),
    ),
"""
FEATURE = (
    '    UsedFeature("appliances", "Appliances", ("appliances",), "Braces and insoles that patients were given."),\n'
)
TEST = '''"""Appliances become lines of a client's history."""

from app.mapping.rows import Joined, Mapped, Target
from app.sources import source
from tests.kinds.story import lookups

KIND = source("cliniko").kind("appliances")


def test_an_appliance_is_a_line_of_the_clients_history() -> None:
    assert KIND.to_records is not None
    row = KIND.row(id="1", name="Knee brace")
    result = KIND.to_records(row, Joined({"patient_id": Target("cli_1", "11")}), lookups())
    assert isinstance(result, Mapped)
    (record,) = result.records
    assert (record.table, record.values["client_id"], record.values["subject"]) == (
        "communications", "cli_1", "Knee brace",
    )
'''

RECIPE = Recipe(
    "a kind of record",
    (
        Piece(
            "the kind",
            f"{CLINIKO}/appliances.py",
            KIND,
            "cannot import name 'appliances'",
        ),
        Piece(
            "its import",
            f"{CLINIKO}/source.py",
            "    appliances,\n",
            "'appliances' is not defined",
            after="from app.sources.cliniko import (\n",
        ),
        Piece(
            "its line",
            f"{CLINIKO}/source.py",
            "        appliances.KIND,\n",
            r"add appliances\.KIND to `kinds` in source\.py",
            after="        patient_files.KIND,\n",
        ),
        Piece(
            "its feature",
            f"{CLINIKO}/source.py",
            FEATURE,
            "add appliances to the feature in USES",
            after="USES = (\n",
        ),
        Piece(
            "its verified columns",
            f"{CLINIKO}/verification/verified_people.py",
            VERIFIED,
            "add a VerifiedKind for appliances",
            after="VERIFIED_KINDS: tuple[VerifiedKind, ...] = (\n",
        ),
        Piece(
            "its file in the sample",
            f"{CLINIKO}/sample/kinds/appliances.py",
            SAMPLE_KIND,
            "cannot import name 'appliances'",
            held_by=SAMPLE,
        ),
        Piece(
            "its import in the sample",
            f"{CLINIKO}/sample/kinds/__init__.py",
            "    appliances,\n",
            "'appliances' is not defined",
            after="from app.sources.cliniko.sample.kinds import (\n",
            held_by=SAMPLE,
        ),
        Piece(
            "its line in the sample",
            f"{CLINIKO}/sample/kinds/__init__.py",
            "    appliances.KIND,\n",
            r"sample/kinds/appliances\.py: add",
            after="    patient_files.KIND,\n",
            held_by=SAMPLE,
        ),
        Piece(
            "its place in the order",
            "tests/kinds/test_fingerprints.py",
            '\n    "appliances",',
            "AssertionError",
            after='"communications", "patient_files",',
            held_by="from tests.kinds.test_fingerprints import *; test_kinds_are_in_the_order_of_loading()",
        ),
        Piece(
            "its test",
            "tests/kinds/test_appliances.py",
            TEST,
            r"tell in these what becomes of the kind's rows: .*test_appliances\.py",
            held_by=STORIES.format("test_every_imported_kind_has_stories"),
        ),
    ),
    "from tests.recipes.kind_recipe import use; use()",
)
FILE = "Appliance ID,Patient ID,Appliance,Handed Over\n1,11,Knee brace,2026-02-03\n2,11,Insole,\n"


def use() -> None:
    """A row of a read export becomes a record, the trial balances, and a sample has a file of the kind."""
    from app.sources.cliniko.sample import write_sample
    from tests.harness.clinic import clinic_in, runtime_in
    from tests.register.story import export, told_of

    folder = Path(tempfile.mkdtemp())
    with runtime_in(folder) as runtime:
        tried = told_of(clinic_in(runtime).tried(export() | {"Appliances.csv": FILE}))
        kind = tried.kind("appliances")
        assert (kind["read"], kind["created"], kind["records"], tried.answer["balanced"]) == (2, 2, 2, True)
        assert kind["source_digest"] == kind["caspen_digest"]
        subjects = {record["source_id"]: record["subject"] for record in tried.records("communications")}
        assert subjects == {"1": "Knee brace", "2": "Insole"}
    write_sample(folder / "sample.zip", size="tiny", seed=1, dialect="native")
    with ZipFile(folder / "sample.zip") as sample:
        assert [name for name in sample.namelist() if "/Appliances-" in name]
