"""Checksums of storage hosts are compared with the downloaded bytes. Checksums of anything else are ignored."""

import base64
import hashlib
import zlib
from typing import Any

import google_crc32c
import pytest

from app.links.checksums import CHECKSUMS
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.replies import Fault

S3 = "https://clinic.s3.ap-southeast-2.amazonaws.com/export.zip?X-Amz-Signature=canarysig"
GCS = "https://storage.googleapis.com/clinic/export.zip?X-Goog-Signature=canarysig"
AZURE = "https://clinic.blob.core.windows.net/x/export.zip?sig=canarysig"
FILE = ServedFile(size=300_007)
BYTES = FILE.read(0, FILE.length)


def encode(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def cyclic(value: int) -> str:
    return encode(value.to_bytes(4, "big"))


MD5, CRC32C = encode(hashlib.md5(BYTES).digest()), cyclic(google_crc32c.value(BYTES))
WRONG = encode(bytes(16))


def serve(downloader: Downloader, link: str, headers: dict[str, str], on: str = "any", **more: Any) -> None:
    faults = [Fault("headers", headers=headers, times=None, on=on)]
    if "etag" in more:
        faults.append(Fault("etag", value=more["etag"], times=None, on="any"))
    downloader.net.serve(link, FILE, *faults)


RIGHT = [
    (GCS, {"x-goog-hash": f"crc32c={CRC32C},md5={MD5}"}, {"crc32c", "md5"}),
    (GCS, {"x-goog-hash": f"crc32c={CRC32C}"}, {"crc32c"}),
    (AZURE, {"x-ms-blob-content-md5": MD5}, {"md5"}),
    (AZURE, {"content-md5": MD5}, {"md5"}),
    (S3, {"x-amz-checksum-crc32c": CRC32C, "x-amz-checksum-type": "FULL_OBJECT"}, {"crc32c"}),
    (S3, {"x-amz-checksum-crc32": cyclic(zlib.crc32(BYTES))}, {"crc32"}),
    (S3, {"x-amz-checksum-sha1": encode(hashlib.sha1(BYTES).digest())}, {"sha1"}),
    (S3, {"x-amz-checksum-sha256": encode(hashlib.sha256(BYTES).digest())}, {"sha256"}),
]


@pytest.mark.parametrize(("link", "headers", "names"), RIGHT)
def test_a_right_checksum_is_accepted(
    downloader: Downloader, link: str, headers: dict[str, str], names: set[str]
) -> None:
    serve(downloader, link, headers, on="download")
    assert downloader.fetch(link)[0].sha256 == FILE.sha256
    assert downloader.saved[-1].checksums.keys() == names


@pytest.mark.parametrize(
    ("link", "headers"),
    [
        (GCS, {"x-goog-hash": f"crc32c={CRC32C},md5={WRONG}"}),
        (GCS, {"x-goog-hash": f"crc32c={cyclic(7)},md5={MD5}"}),
        (GCS, {"x-goog-hash": f"crc32c={cyclic(7)}"}),
        (AZURE, {"x-ms-blob-content-md5": WRONG}),
        (AZURE, {"content-md5": WRONG}),
        (S3, {"x-amz-checksum-crc32c": cyclic(7)}),
        (S3, {"x-amz-checksum-crc32": cyclic(7)}),
        (S3, {"x-amz-checksum-sha1": encode(bytes(20))}),
        (S3, {"x-amz-checksum-sha256": encode(bytes(32))}),
    ],
)
def test_a_wrong_checksum_fails_after_a_retry(downloader: Downloader, link: str, headers: dict[str, str]) -> None:
    serve(downloader, link, headers, on="download")
    assert downloader.stopped(link) == "checksum_mismatch"
    assert len(downloader.net.downloads()) == 2


def test_the_etag_of_a_single_part_upload_to_amazon_is_a_checksum(downloader: Downloader) -> None:
    serve(downloader, S3, {}, etag=f'"{hashlib.md5(BYTES).hexdigest()}"')
    assert downloader.fetch(S3)[0].sha256 == FILE.sha256
    assert downloader.saved[-1].checksums == {"md5": hashlib.md5(BYTES).hexdigest()}
    serve(downloader, S3, {}, etag=f'"{"0" * 32}"')
    assert downloader.stopped(S3) == "checksum_mismatch"


OF_SOMETHING_ELSE = [
    (S3, {}, f'"{"0" * 32}-12"'),
    (S3, {"x-amz-server-side-encryption": "aws:kms"}, f'"{"0" * 32}"'),
    (S3, {"x-amz-server-side-encryption-customer-algorithm": "AES256"}, f'"{"0" * 32}"'),
    (S3, {"x-amz-checksum-crc32c": cyclic(7), "x-amz-checksum-type": "COMPOSITE"}, None),
    (S3, {"x-amz-checksum-sha256": encode(bytes(32)) + "-12"}, None),
    (S3, {"x-amz-checksum-crc64nvme": encode(bytes(8))}, None),
    (GCS, {"x-goog-hash": f"crc32c={cyclic(7)},md5={WRONG}", "x-goog-stored-content-encoding": "gzip"}, None),
    (GCS, {"x-goog-hash": "md5=AA=="}, None),
    (AZURE, {"content-md5": "not of base64!"}, None),
    (AZURE, {}, f'"{"0" * 32}"'),
]


@pytest.mark.parametrize(("link", "headers", "etag"), OF_SOMETHING_ELSE)
def test_a_checksum_of_anything_but_the_file_is_ignored(
    downloader: Downloader, link: str, headers: dict[str, str], etag: str | None
) -> None:
    serve(downloader, link, headers, **({} if etag is None else {"etag": etag}))
    assert downloader.fetch(link)[0].sha256 == FILE.sha256
    assert downloader.saved[-1].checksums == {}


def test_a_checksum_of_a_range_is_ignored(downloader: Downloader) -> None:
    part = {"content-md5": WRONG, "x-amz-checksum-sha256": encode(bytes(32))}
    serve(downloader, AZURE, part, on="probe")
    assert downloader.fetch(AZURE)[0].sha256 == FILE.sha256


def test_crc32_and_crc32c_match_their_published_values() -> None:
    for name, value in {"crc32": "cbf43926", "crc32c": "e3069283"}.items():
        in_parts = CHECKSUMS[name]()
        in_parts.update(b"1234")
        in_parts.update(b"56789")
        assert in_parts.hexdigest() == value
