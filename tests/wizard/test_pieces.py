"""An upload in pieces resumes after broken connections, reloads and restarts, and is stored encrypted."""

import hashlib
import random
from datetime import timedelta

from httpx import Response

from app.db import now
from app.fetch.chunked_uploads import PIECE, sweep_uploads
from app.migration.models import ExportFile
from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.prepared_moves import tiny_export
from tests.harness.product import MEGAN, OLIVE, VERA, Product

GRAIN = 64 * 1024


def large(size: int = 3 * GRAIN + 17) -> bytes:
    return random.Random(7).randbytes(size)


def begin(product: Product, *files: tuple[str, int]) -> list[dict[str, object]]:
    answer = product.visitor(MEGAN).post(
        f"{product.at}/upload/begin", data={"name": [n for n, _ in files], "size": [str(s) for _, s in files]}
    )
    assert answer.status_code == 200, answer.text
    response = answer.json()
    assert response["piece"] == PIECE
    return list(response["files"])


def piece(product: Product, file: dict[str, object], start: int, data: bytes, **headers: str) -> Response:
    answer: Response = product.visitor(MEGAN).post(
        f"{product.at}/upload/{file['id']}/piece", content=data, headers={"Upload-Offset": str(start), **headers}
    )
    return answer


def finish(product: Product) -> Response:
    answer: Response = product.visitor(MEGAN).post(f"{product.at}/upload/finish")
    return answer


def stored(product: Product) -> int:
    folder = product.settings.var / "objects"
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_an_export_uploaded_in_pieces_is_read(product_at: At) -> None:
    product = product_at("preparing")
    data = tiny_export()
    (file,) = begin(product, ("export.zip", len(data)))
    half = len(data) // 2 // GRAIN * GRAIN
    checksum = hashlib.sha256(data[:half]).hexdigest()
    if half:
        assert piece(product, file, 0, data[:half], **{"Piece-SHA256": checksum}).json() == {"received": half}
    assert piece(product, file, half, data[half:]).json() == {"received": len(data)}
    answer = finish(product)
    assert answer.json() == {"goes": f"{product.at}/progress"}
    with product.runtime.ledger.read() as session:
        kept = session.get_one(ExportFile, (product.migration_id, 1, -1))
    assert kept.sha256 == hashlib.sha256(data).hexdigest()
    product.work()
    assert product.state() is State.MATCHING


def test_the_same_files_chosen_again_go_on_where_they_stopped(product_at: At) -> None:
    product = product_at("preparing")
    data = large()
    (file,) = begin(product, ("a.zip", len(data)))
    piece(product, file, 0, data[: 2 * GRAIN])
    where = product.visitor(MEGAN).get(f"{product.at}/upload/{file['id']}")
    assert where.headers["upload-offset"] == str(2 * GRAIN)
    assert product.visitor(MEGAN).head(f"{product.at}/upload/{file['id']}").headers["upload-offset"] == str(2 * GRAIN)
    page = words(product.visitor(MEGAN).get(f"{product.at}/handover"))
    assert "131 kB of 197 kB of an upload are here" in page
    assert "Choose the same file again" in page
    again, other = begin(product, ("a.zip", len(data)), ("b.zip", 10))
    assert again == {"id": file["id"], "received": 2 * GRAIN}
    assert other["received"] == 0
    assert piece(product, again, 2 * GRAIN, data[2 * GRAIN :]).json() == {"received": len(data)}
    assert finish(product).status_code == 409, "the other file is not here yet"
    assert product.state() is State.PREPARING


def test_a_piece_that_was_durable_and_never_answered_is_not_taken_twice(product_at: At) -> None:
    product = product_at("preparing")
    data = large()
    (file,) = begin(product, ("a.zip", len(data)))
    piece(product, file, 0, data[:GRAIN])
    answer = piece(product, file, 0, data[:GRAIN])
    assert (answer.status_code, answer.json()) == (409, {"received": GRAIN})
    assert piece(product, file, 2 * GRAIN, data[2 * GRAIN :]).status_code == 409, "nothing is left out"
    assert piece(product, file, GRAIN, data[GRAIN:]).json() == {"received": len(data)}
    assert piece(product, file, GRAIN, data[GRAIN:]).json() == {"received": len(data)}, "the whole file stays whole"
    assert finish(product).status_code == 200


def test_bytes_beyond_the_ledger_are_written_again(product_at: At) -> None:
    product = product_at("preparing")
    data = large()
    (file,) = begin(product, ("a.zip", len(data)))
    piece(product, file, 0, data[:GRAIN])
    (key,) = [p for p in (product.settings.var / "objects").rglob(f"{file['id']}*") if p.is_file()]
    name = str(key.relative_to(product.settings.var / "objects")).partition("~")[0]
    with product.runtime.objects.appender(name, product.runtime.key(product.move())) as part:
        part.write(bytes(GRAIN))  # the process died after this, before the ledger knew
        part.checkpoint()
    assert piece(product, file, GRAIN, data[GRAIN:]).json() == {"received": len(data)}
    finish(product)
    with product.runtime.ledger.read() as session:
        kept = session.get_one(ExportFile, (product.migration_id, 1, -1))
    assert kept.sha256 == hashlib.sha256(data).hexdigest()


def test_a_piece_with_a_wrong_checksum_is_not_stored(product_at: At) -> None:
    product = product_at("preparing")
    (file,) = begin(product, ("a.zip", 10))
    assert piece(product, file, 0, b"0123456789", **{"Piece-SHA256": "0" * 64}).status_code == 409
    assert piece(product, file, 0, b"01234567890123").status_code == 409, "more than the file has"
    assert piece(product, file, 0, bytes(PIECE + 1)).status_code == 413
    assert product.visitor(MEGAN).post(f"{product.at}/upload/{file['id']}/piece").status_code == 422


def test_an_upload_that_is_too_large_is_refused_before_it_is_sent(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    for data, message in (
        ({"name": ["a"], "size": ["20000000001"]}, "larger than 20 GB together"),
        ({"name": ["a"] * 201, "size": ["1"] * 201}, "more than 200 files"),
        ({"name": ["a"], "size": ["0"]}, "empty: 0 bytes"),
        ({"name": ["a"], "size": ["-1"]}, "ended before all of it was here"),
    ):
        answer = megan.post(f"{product.at}/upload/begin", data=data)
        assert answer.status_code == 422
        assert message in answer.json()["words"]


def test_stopping_frees_the_space(product_at: At) -> None:
    product = product_at("preparing")
    before, data = stored(product), large()
    (file,) = begin(product, ("a.zip", len(data)))
    piece(product, file, 0, data[:GRAIN])
    assert stored(product) > before
    done(product.visitor(MEGAN).post(f"{product.at}/upload/stop"))
    assert stored(product) == before
    assert piece(product, file, GRAIN, data[GRAIN:]).status_code == 404
    assert finish(product).status_code == 409


def test_files_that_are_no_longer_chosen_are_deleted(product_at: At) -> None:
    product = product_at("preparing")
    before, data = stored(product), large()
    (file,) = begin(product, ("a.zip", len(data)))
    piece(product, file, 0, data[:GRAIN])
    begin(product, ("b.zip", 10))
    assert stored(product) == before


def test_an_abandoned_upload_is_deleted_after_a_week(product_at: At) -> None:
    product = product_at("preparing")
    before, data = stored(product), large()
    (file,) = begin(product, ("a.zip", len(data)))
    piece(product, file, 0, data[:GRAIN])
    sweep_uploads(product.runtime, now() + timedelta(days=6))
    assert stored(product) > before
    sweep_uploads(product.runtime, now() + timedelta(days=8))
    assert stored(product) == before


def test_pieces_are_encrypted_and_private(product_at: At) -> None:
    product = product_at("preparing")
    data = b"Zebulon Quartermaine" * 5000
    (file,) = begin(product, ("patients.csv", len(data)))
    piece(product, file, 0, data[:GRAIN])
    everywhere = b"".join(path.read_bytes() for path in product.settings.var.rglob("*") if path.is_file())
    assert b"Quartermaine" not in everywhere
    at = f"{product.at}/upload/{file['id']}"
    assert product.visitor(OLIVE).get(at).status_code == 404
    assert product.visitor(VERA).get(at).status_code == 403
    assert product.visitor(VERA).post(f"{product.at}/upload/stop").status_code == 403
