"""Keys and secrets: what the ledger stores, and that a wrong key opens nothing."""

import pytest

from app.storage.encryption import CannotOpen, key_from_setting, new_key, open_secret, seal_secret, unwrap, wrap

LINK = "https://bucket.s3.amazonaws.com/export.zip?X-Amz-Signature=canary"


def test_a_wrapped_key_comes_back_with_its_storage_key() -> None:
    key, storage_key = new_key(), key_from_setting("a long setting")
    assert unwrap(wrap(key, storage_key), storage_key) == key


def test_a_wrapped_key_does_not_open_with_another_storage_key() -> None:
    wrapped = wrap(new_key(), key_from_setting("one"))
    with pytest.raises(CannotOpen):
        unwrap(wrapped, key_from_setting("another"))


def test_two_migrations_never_share_a_key() -> None:
    assert len({new_key() for _ in range(100)}) == 100


def test_a_sealed_link_opens_and_shows_nothing_while_closed() -> None:
    key = new_key()
    sealed = seal_secret(LINK, key, "link")
    assert "canary" not in sealed
    assert sealed != seal_secret(LINK, key, "link")
    assert open_secret(sealed, key, "link") == LINK


@pytest.mark.parametrize("damage", ["key", "purpose", "bit", "cut", "garbage"])
def test_a_damaged_secret_does_not_open_and_reveals_nothing(damage: str) -> None:
    key = new_key()
    sealed = seal_secret(LINK, key, "link")
    purpose = "link"
    if damage == "key":
        key = new_key()
    elif damage == "purpose":
        purpose = "password"
    elif damage == "bit":
        sealed = sealed[:20] + ("A" if sealed[20] != "A" else "B") + sealed[21:]
    elif damage == "cut":
        sealed = sealed[:11]
    else:
        sealed = "s1.*** é"
    with pytest.raises(CannotOpen) as caught:
        open_secret(sealed, key, purpose)
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_empty_setting_is_no_key() -> None:
    with pytest.raises(ValueError, match="empty"):
        key_from_setting("")
