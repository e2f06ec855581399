"""Encrypted content: what is written comes back, and nothing else is ever taken for it."""

import random
from pathlib import Path

import pytest

from webvisio_protocol.identifiers import CustomerId
from webvisio_rooms.files.errors import ContentDamaged, ContentDestroyed
from webvisio_rooms.files.keys import KeyFolder
from webvisio_rooms.files.vault import CHUNK_BYTES, Vault

ACME, OTHER = CustomerId("acme"), CustomerId("other")
SIZES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 17)


@pytest.fixture
def keys(tmp_path: Path) -> KeyFolder:
    return KeyFolder(tmp_path / "keys")


@pytest.fixture
def vault(tmp_path: Path, keys: KeyFolder) -> Vault:
    return Vault(tmp_path / "files", keys)


def store(vault: Vault, blob_id: str, data: bytes, customer: CustomerId = ACME) -> None:
    vault.create(blob_id, customer)
    writer = vault.continued(blob_id, customer, len(data))
    writer.write(data)
    writer.close(must_last=True)


def read(vault: Vault, blob_id: str, size: int, start: int = 0, end: int | None = None) -> bytes:
    return b"".join(vault.read(blob_id, ACME, size, start, end))


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311 - seeded


@pytest.mark.parametrize("size", SIZES)
def test_what_is_written_comes_back_and_is_not_to_be_seen_on_disk(
    vault: Vault, tmp_path: Path, size: int
) -> None:
    data = noise(size)
    store(vault, "ab12", data)
    assert read(vault, "ab12", size) == data
    on_disk = (tmp_path / "files" / "ab" / "ab12").read_bytes()
    assert size < 16 or data[:16] not in on_disk


def test_any_range_comes_back(vault: Vault) -> None:
    size = SIZES[-1]
    data = noise(size)
    store(vault, "ab12", data)
    for start, end in (
        (0, 1),
        (CHUNK_BYTES - 1, CHUNK_BYTES + 1),
        (CHUNK_BYTES, size),
        (size - 1, size),
        (5, 5),
    ):
        assert read(vault, "ab12", size, start, end) == data[start:end]


def test_an_upload_goes_on_after_its_last_whole_chunk(vault: Vault) -> None:
    data = noise(3 * CHUNK_BYTES)
    vault.create("ab12", ACME)
    first = vault.continued("ab12", ACME, len(data))
    first.write(data[: CHUNK_BYTES + 100])
    first.close(must_last=False)
    assert vault.written_bytes("ab12", len(data)) == CHUNK_BYTES
    second = vault.continued("ab12", ACME, len(data))
    assert second.accepted_bytes == CHUNK_BYTES
    second.write(data[CHUNK_BYTES:])
    assert second.is_complete
    second.close(must_last=True)
    assert read(vault, "ab12", len(data)) == data


def test_what_is_complete_but_not_kept_asks_for_its_end_again(vault: Vault) -> None:
    data = noise(2 * CHUNK_BYTES)
    store(vault, "ab12", data)
    assert vault.written_bytes("ab12", len(data)) == CHUNK_BYTES


def test_half_a_record_left_by_a_crash_is_written_over(vault: Vault, tmp_path: Path) -> None:
    data = noise(2 * CHUNK_BYTES)
    vault.create("ab12", ACME)
    writer = vault.continued("ab12", ACME, len(data))
    writer.write(data[:CHUNK_BYTES])
    writer.close(must_last=False)
    with (tmp_path / "files" / "ab" / "ab12").open("ab") as file:
        file.write(b"torn")
    again = vault.continued("ab12", ACME, len(data))
    again.write(data[CHUNK_BYTES:])
    again.close(must_last=True)
    assert read(vault, "ab12", len(data)) == data


@pytest.mark.parametrize("where", [10, 60, 90, 70_000, -1])
def test_a_changed_byte_is_noticed(vault: Vault, tmp_path: Path, where: int) -> None:
    size = 2 * CHUNK_BYTES
    store(vault, "ab12", noise(size))
    path = tmp_path / "files" / "ab" / "ab12"
    content = bytearray(path.read_bytes())
    content[where] ^= 1
    path.write_bytes(content)
    with pytest.raises((ContentDamaged, ContentDestroyed)):
        read(vault, "ab12", size)


def test_chunks_cannot_be_swapped_or_cut_off(vault: Vault, tmp_path: Path) -> None:
    size = 2 * CHUNK_BYTES
    store(vault, "ab12", noise(size))
    path = tmp_path / "files" / "ab" / "ab12"
    content = path.read_bytes()
    record = CHUNK_BYTES + 28
    header = len(content) - 2 * record
    path.write_bytes(content[:header] + content[header + record :] + content[header : header + record])
    with pytest.raises(ContentDamaged):
        read(vault, "ab12", size)
    path.write_bytes(content[: header + record])
    with pytest.raises(ContentDamaged):
        read(vault, "ab12", CHUNK_BYTES)


def test_a_blob_is_worth_nothing_under_another_name_or_customer(vault: Vault, tmp_path: Path) -> None:
    store(vault, "ab12", b"secret")
    (tmp_path / "files" / "ab" / "ab99").write_bytes((tmp_path / "files" / "ab" / "ab12").read_bytes())
    with pytest.raises(ContentDamaged):
        read(vault, "ab99", 6)
    with pytest.raises(ContentDestroyed):
        b"".join(vault.read("ab12", OTHER, 6))


@pytest.mark.clause("8.2")
def test_destroying_a_customers_key_destroys_their_content_and_no_other(
    vault: Vault, keys: KeyFolder
) -> None:
    store(vault, "ab12", b"secret")
    store(vault, "cd34", b"other's", OTHER)
    assert keys.destroy(ACME) == 1
    with pytest.raises(ContentDestroyed):
        read(vault, "ab12", 6)
    assert b"".join(vault.read("cd34", OTHER, 7)) == b"other's"
    assert keys.destroy(ACME) == 0


def test_a_customer_who_comes_back_gets_another_key(vault: Vault, keys: KeyFolder, tmp_path: Path) -> None:
    store(vault, "ab12", b"secret")
    keys.destroy(ACME)
    store(vault, "ef56", b"anew")
    assert read(vault, "ef56", 4) == b"anew"
    with pytest.raises(ContentDestroyed):
        read(vault, "ab12", 6)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()] == [0o600]
