"""What storage hosts say of a file's content is compared with what arrived; what is of something else is not."""

import base64
import hashlib
import zlib
from typing import Any

import google_crc32c
import pytest

from app.links.file_download import SUMS
from tests.links.conftest import Desk
from tests.links.files import ServedFile
from tests.links.replies import Fault

S3 = "https://clinic.s3.ap-southeast-2.amazonaws.com/export.zip?X-Amz-Signature=canarysig"
GCS = "https://storage.googleapis.com/clinic/export.zip?X-Goog-Signature=canarysig"
AZURE = "https://clinic.blob.core.windows.net/x/export.zip?sig=canarysig"
FILE = ServedFile(size=300_007)
BYTES = FILE.read(0, FILE.length)


def told(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def cyclic(value: int) -> str:
    return told(value.to_bytes(4, "big"))


MD5, CRC32C = told(hashlib.md5(BYTES).digest()), cyclic(google_crc32c.value(BYTES))
LIE = told(bytes(16))


def serve(desk: Desk, link: str, headers: dict[str, str], on: str = "any", **more: Any) -> None:
    faults = [Fault("headers", headers=headers, times=None, on=on)]
    if "etag" in more:
        faults.append(Fault("etag", value=more["etag"], times=None, on="any"))
    desk.net.serve(link, FILE, *faults)


TRUE = [
    (GCS, {"x-goog-hash": f"crc32c={CRC32C},md5={MD5}"}, {"crc32c", "md5"}),
    (GCS, {"x-goog-hash": f"crc32c={CRC32C}"}, {"crc32c"}),
    (AZURE, {"x-ms-blob-content-md5": MD5}, {"md5"}),
    (AZURE, {"content-md5": MD5}, {"md5"}),
    (S3, {"x-amz-checksum-crc32c": CRC32C, "x-amz-checksum-type": "FULL_OBJECT"}, {"crc32c"}),
    (S3, {"x-amz-checksum-crc32": cyclic(zlib.crc32(BYTES))}, {"crc32"}),
    (S3, {"x-amz-checksum-sha1": told(hashlib.sha1(BYTES).digest())}, {"sha1"}),
    (S3, {"x-amz-checksum-sha256": told(hashlib.sha256(BYTES).digest())}, {"sha256"}),
]


@pytest.mark.parametrize(("link", "headers", "names"), TRUE)
def test_a_fingerprint_that_fits_is_accepted(desk: Desk, link: str, headers: dict[str, str], names: set[str]) -> None:
    serve(desk, link, headers, on="download")
    assert desk.fetch(link)[0].sha256 == FILE.sha256
    assert desk.saved[-1].checksums.keys() == names


@pytest.mark.parametrize(
    ("link", "headers"),
    [
        (GCS, {"x-goog-hash": f"crc32c={CRC32C},md5={LIE}"}),
        (GCS, {"x-goog-hash": f"crc32c={cyclic(7)},md5={MD5}"}),
        (GCS, {"x-goog-hash": f"crc32c={cyclic(7)}"}),
        (AZURE, {"x-ms-blob-content-md5": LIE}),
        (AZURE, {"content-md5": LIE}),
        (S3, {"x-amz-checksum-crc32c": cyclic(7)}),
        (S3, {"x-amz-checksum-crc32": cyclic(7)}),
        (S3, {"x-amz-checksum-sha1": told(bytes(20))}),
        (S3, {"x-amz-checksum-sha256": told(bytes(32))}),
    ],
)
def test_one_that_does_not_fit_is_tried_once_more_and_told(desk: Desk, link: str, headers: dict[str, str]) -> None:
    serve(desk, link, headers, on="download")
    assert desk.stopped(link) == "checksum_mismatch"
    assert len(desk.net.downloads()) == 2


def test_the_etag_of_what_was_sent_to_amazon_in_one_go_is_a_fingerprint(desk: Desk) -> None:
    serve(desk, S3, {}, etag=f'"{hashlib.md5(BYTES).hexdigest()}"')
    assert desk.fetch(S3)[0].sha256 == FILE.sha256
    assert desk.saved[-1].checksums == {"md5": hashlib.md5(BYTES).hexdigest()}
    serve(desk, S3, {}, etag=f'"{"0" * 32}"')
    assert desk.stopped(S3) == "checksum_mismatch"


OF_SOMETHING_ELSE = [
    (S3, {}, f'"{"0" * 32}-12"'),
    (S3, {"x-amz-server-side-encryption": "aws:kms"}, f'"{"0" * 32}"'),
    (S3, {"x-amz-server-side-encryption-customer-algorithm": "AES256"}, f'"{"0" * 32}"'),
    (S3, {"x-amz-checksum-crc32c": cyclic(7), "x-amz-checksum-type": "COMPOSITE"}, None),
    (S3, {"x-amz-checksum-sha256": told(bytes(32)) + "-12"}, None),
    (S3, {"x-amz-checksum-crc64nvme": told(bytes(8))}, None),
    (GCS, {"x-goog-hash": f"crc32c={cyclic(7)},md5={LIE}", "x-goog-stored-content-encoding": "gzip"}, None),
    (GCS, {"x-goog-hash": "md5=AA=="}, None),
    (AZURE, {"content-md5": "not of base64!"}, None),
    (AZURE, {}, f'"{"0" * 32}"'),
]


@pytest.mark.parametrize(("link", "headers", "etag"), OF_SOMETHING_ELSE)
def test_what_is_no_fingerprint_of_the_whole_file_is_not_taken_for_one(
    desk: Desk, link: str, headers: dict[str, str], etag: str | None
) -> None:
    serve(desk, link, headers, **({} if etag is None else {"etag": etag}))
    assert desk.fetch(link)[0].sha256 == FILE.sha256
    assert desk.saved[-1].checksums == {}


def test_a_sum_of_a_part_is_not_taken_for_that_of_the_file(desk: Desk) -> None:
    part = {"content-md5": LIE, "x-amz-checksum-sha256": told(bytes(32))}
    serve(desk, AZURE, part, on="probe")
    assert desk.fetch(AZURE)[0].sha256 == FILE.sha256


def test_the_sums_of_32_bits_are_those_that_are_published() -> None:
    for name, value in {"crc32": "cbf43926", "crc32c": "e3069283"}.items():
        in_parts = SUMS[name]()
        in_parts.update(b"1234")
        in_parts.update(b"56789")
        assert in_parts.hexdigest() == value
