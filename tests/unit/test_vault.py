"""The vault: what is sealed opens in its own place only, and a key ring is never lost by accident."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.vault import KeyRing, Vault, VaultError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_what_is_sealed_opens_in_its_place_only(path: Path) -> None:
    """A value that is moved to another row, column or table does not open; neither does a changed one."""
    vault = Vault(KeyRing.create(path))
    sealed = vault.seal("inbound", "body_sealed", "row1", b"me quitaron los papeles")
    assert vault.open("inbound", "body_sealed", "row1", sealed) == b"me quitaron los papeles"
    assert b"papeles" not in sealed
    for place in (
        ("outbound", "body_sealed", "row1"),
        ("inbound", "state", "row1"),
        ("inbound", "body_sealed", "row2"),
    ):
        with pytest.raises(VaultError, match="changed or moved"):
            vault.open(*place, sealed)
    for at in range(5, len(sealed)):
        broken = bytearray(sealed)
        broken[at] ^= 1
        with pytest.raises(VaultError):
            vault.open("inbound", "body_sealed", "row1", bytes(broken))


@given(data=st.binary(max_size=200), junk=st.binary(max_size=60))
def test_every_value_comes_back_and_junk_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, junk: bytes
) -> None:
    """Any bytes survive; bytes that no vault sealed are an error that says what to do, never a crash."""
    vault = Vault(_ring(tmp_path_factory))
    assert vault.open("t", "c", "r", vault.seal("t", "c", "r", data)) == data
    with pytest.raises(VaultError):
        vault.open("t", "c", "r", junk)


_made: list[KeyRing] = []


def _ring(factory: pytest.TempPathFactory) -> KeyRing:
    if not _made:
        _made.append(KeyRing.create(factory.mktemp("ring") / "keys.json"))
    return _made[0]


def test_the_same_text_never_looks_the_same(path: Path) -> None:
    """Two people who write the same cannot be told so from the database."""
    vault = Vault(KeyRing.create(path))
    assert vault.seal("t", "c", "r", b"si") != vault.seal("t", "c", "r", b"si")


def test_a_new_key_writes_and_the_old_one_still_reads(path: Path) -> None:
    """Rotation never makes a value unreadable."""
    ring = KeyRing.create(path)
    old = Vault(ring).seal("t", "c", "r", b"antes")
    before = ring.writer
    ring.rotate(path)
    vault = Vault(KeyRing.load(path))
    assert vault.writer != before
    assert vault.open("t", "c", "r", old) == b"antes"
    assert vault.key_id(vault.seal("t", "c", "r", b"x")) == vault.writer
    with pytest.raises(VaultError, match="not an old key"):
        ring.forget(path, ring.writer)
    ring.forget(path, before)
    with pytest.raises(VaultError, match=before):
        Vault(KeyRing.load(path)).open("t", "c", "r", old)


def test_a_running_process_takes_up_a_new_key(path: Path) -> None:
    """`faro keys rotate` runs beside the service: what it sealed anew still opens, without a restart."""
    KeyRing.create(path)
    running = Vault(KeyRing.load(path))
    old = running.seal("t", "c", "1", b"before")
    KeyRing.load(path).rotate(path)
    beside = Vault(KeyRing.load(path))
    assert running.writer != beside.writer
    assert running.open("t", "c", "2", beside.seal("t", "c", "2", b"after")) == b"after"
    assert running.writer == beside.writer
    assert running.open("t", "c", "1", old) == b"before"
    assert running.refresh() is False


def test_a_ring_is_owner_only_and_never_replaced(path: Path) -> None:
    """Whoever lost the keys lost the data: nothing may paper over that."""
    KeyRing.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    content = path.read_bytes()
    with pytest.raises(VaultError, match="not replaced"):
        KeyRing.create(path)
    assert path.read_bytes() == content
    path.chmod(0o644)
    with pytest.raises(VaultError, match="chmod 600"):
        KeyRing.load(path)


def _without(name: str) -> object:
    return lambda data: {k: v for k, v in data.items() if k != name}


@pytest.mark.parametrize(
    "spoil",
    [
        _without("audit"),
        _without("writer"),
        lambda data: {**data, "writer": "00000000"},
        lambda data: {**data, "word": data["audit"]},
        lambda data: {**data, "audit": "c2hvcnQ="},
        lambda data: {**data, "fields": []},
        lambda data: [],
    ],
    ids=[
        "no audit key",
        "no writer",
        "unknown writer",
        "one key twice",
        "short key",
        "no fields",
        "no object",
    ],
)
def test_a_damaged_ring_is_refused_in_one_sentence(path: Path, spoil: object) -> None:
    """A ring that is not whole does not start a service that would then write what nobody can read."""
    KeyRing.create(path)
    path.write_text(json.dumps(spoil(json.loads(path.read_text()))))
    with pytest.raises(VaultError, match="keys file"):
        KeyRing.load(path)


def test_a_missing_ring_says_what_to_run(path: Path) -> None:
    """The operator's next step stands in the error."""
    with pytest.raises(VaultError, match="faro keys init"):
        KeyRing.load(path)


def test_pseudonyms_are_keyed_and_apart(path: Path, tmp_path: Path) -> None:
    """The same number under another ring, channel or pepper is another pseudonym."""
    vault, other = Vault(KeyRing.create(path)), Vault(KeyRing.create(tmp_path / "other.json"))
    here = vault.pseudonym("whatsapp", "+51987654321")
    assert here == vault.pseudonym("whatsapp", "+51987654321")
    assert here != vault.pseudonym("telegram", "+51987654321")
    assert here[1] != other.pseudonym("whatsapp", "+51987654321")[1]
    assert vault.provider_mac("whatsapp", "SM1") != vault.provider_mac("telegram", "SM1")
    assert vault.word_mac("a", "arepa") != vault.word_mac("b", "arepa")
