"""The vault: seals every field that could name or hurt somebody, and makes pseudonyms nobody can reverse
without the key ring.

A value is: version byte, key id (4 bytes), nonce (12), AES-256-GCM ciphertext with tag. Its associated data is
version, table, column and row id, so a value that is moved to another place does not open. Keys for fields,
pseudonyms, tombstones, words, staff secrets and audit are separate; none is derived from another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 1
KEY_ID_BYTES = 4
NONCE_BYTES = 12
HEAD = 1 + KEY_ID_BYTES + NONCE_BYTES
SINGLE = ("provider", "word", "staff", "audit")


class VaultError(Exception):
    """A key ring or a sealed value cannot be used; the message says what the operator should do."""


class KeyRing:
    """The keys in memory. ``fields`` and ``peppers`` map id → key; ``writer`` and ``pepper`` name the current."""

    def __init__(self, data: Mapping[str, Any], path: Path | None = None) -> None:
        self.path = path  # where it was read from, to read it again when another process changed it
        try:
            self.writer = str(data["writer"])
            self.fields = {name: base64.b64decode(key) for name, key in data["fields"].items()}
            self.pepper = str(data["pepper"])
            self.peppers = {name: base64.b64decode(key) for name, key in data["peppers"].items()}
            self.single = {name: base64.b64decode(data[name]) for name in SINGLE}
            self.push = base64.b64decode(data.get("push", ""))  # of Web Push; older rings have none yet
        except (KeyError, TypeError, AttributeError, ValueError):
            raise VaultError(
                "The keys file is damaged: put the copy of it back that you keep apart."
            ) from None
        keys = [*self.fields.values(), *self.peppers.values(), *self.single.values()]
        keys += [self.push] if self.push else []
        if any(len(key) != 32 for key in keys) or len(set(keys)) != len(keys):
            raise VaultError("The keys file holds short or repeated keys: put the copy of it back.")
        if self.writer not in self.fields or self.pepper not in self.peppers:
            raise VaultError("The keys file names a key that it does not hold: put the copy of it back.")

    @classmethod
    def load(cls, path: Path) -> KeyRing:
        """Read the ring; refuses one that others on the machine can read."""
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise VaultError(
                f"There is no keys file at {path}: run faro keys init, or set FARO_KEYS_FILE to the right place."
            ) from None
        except OSError:
            raise VaultError(f"The keys file {path} cannot be read: check who owns it.") from None
        if stat.S_IMODE(mode) & 0o077:
            raise VaultError(f"Others can read the keys file: run chmod 600 {path}.")
        try:
            return cls(json.loads(text), path)
        except json.JSONDecodeError:
            raise VaultError(
                "The keys file is damaged: put the copy of it back that you keep apart."
            ) from None

    @classmethod
    def create(cls, path: Path) -> KeyRing:
        """Make a new ring, owner-only; an existing file is never replaced."""
        field, pepper = _new_id(), _new_id()
        ring = cls(
            {
                "writer": field,
                "fields": {field: _new_key()},
                "pepper": pepper,
                "peppers": {pepper: _new_key()},
                **{name: _new_key() for name in SINGLE},
                "push": _new_signer(),
            }
        )
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise VaultError(
                f"{path} exists and is not replaced: what it locks could never be read again."
            ) from None
        except OSError:
            raise VaultError(f"{path} cannot be written: make its folder, or set FARO_KEYS_FILE.") from None
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(ring.as_json())
            file.flush()
            os.fsync(file.fileno())
        return ring

    def rotate(self, path: Path) -> None:
        """Add a field key, write with it from now on, and put the file in place at once or not at all.

        What browsers were told stays true: the key of Web Push is made when it is lacking, and never changed.
        """
        self.writer = _new_id()
        self.fields[self.writer] = base64.b64decode(_new_key())
        self.push = self.push or base64.b64decode(_new_signer())
        self._replace(path)

    def forget(self, path: Path, key_id: str) -> None:
        """Drop an old field key; the caller made sure that nothing is sealed with it."""
        if key_id == self.writer or key_id not in self.fields:
            raise VaultError(f"{key_id} is not an old key of this ring.")
        del self.fields[key_id]
        self._replace(path)

    def as_json(self) -> str:
        """The ring as it stands in the file."""
        return json.dumps(
            {
                "writer": self.writer,
                "fields": {name: base64.b64encode(key).decode() for name, key in self.fields.items()},
                "pepper": self.pepper,
                "peppers": {name: base64.b64encode(key).decode() for name, key in self.peppers.items()},
                **{name: base64.b64encode(key).decode() for name, key in self.single.items()},
                **({"push": base64.b64encode(self.push).decode()} if self.push else {}),
            },
            indent=1,
        )

    def _replace(self, path: Path) -> None:
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self.as_json())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)


class Vault:
    """Seals and opens fields; makes pseudonyms and keyed hashes."""

    def __init__(self, ring: KeyRing) -> None:
        self._take(ring)

    def _take(self, ring: KeyRing) -> None:
        self._ring = ring
        self._ciphers = {name: AESGCM(key) for name, key in ring.fields.items()}

    def refresh(self) -> bool:
        """Take up what another process did to the keys file; True when there was something. Raises ``VaultError``."""
        if self._ring.path is None:
            return False
        ring = KeyRing.load(self._ring.path)
        if ring.as_json() == self._ring.as_json():
            return False
        self._take(ring)
        return True

    @property
    def writer(self) -> str:
        """The id of the key that seals."""
        return self._ring.writer

    @property
    def push(self) -> bytes:
        """What Web Push is signed with; empty in an older ring, until the next rotation."""
        return self._ring.push

    def seal(self, table: str, column: str, row: str, data: bytes) -> bytes:
        """``data`` sealed for one place only."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        head = bytes([VERSION]) + bytes.fromhex(self._ring.writer) + nonce
        return head + self._ciphers[self._ring.writer].encrypt(nonce, data, _place(table, column, row))

    def open(self, table: str, column: str, row: str, sealed: bytes) -> bytes:
        """What was sealed for this place; raises ``VaultError`` for anything else."""
        key_id = self.key_id(sealed)
        if key_id not in self._ciphers:
            self.refresh()  # the keys were changed while this process runs
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise VaultError(
                f"A value is sealed with key {key_id}, which the keys file does not hold: put it back."
            )
        try:
            return cipher.decrypt(sealed[1 + KEY_ID_BYTES : HEAD], sealed[HEAD:], _place(table, column, row))
        except InvalidTag:
            raise VaultError(f"A value of {table}.{column} was changed or moved: restore a backup.") from None

    def seal_json(self, table: str, column: str, row: str, value: Any) -> bytes:
        """``value`` as JSON, sealed."""
        return self.seal(
            table, column, row, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        )

    def open_json(self, table: str, column: str, row: str, sealed: bytes | None) -> Any:
        """The JSON value of this place; None where there is none."""
        return None if sealed is None else json.loads(self.open(table, column, row, sealed))

    @staticmethod
    def key_id(sealed: bytes) -> str:
        """Which key sealed this value."""
        if len(sealed) < HEAD or sealed[0] != VERSION:
            raise VaultError("A value was not sealed by this vault: restore a backup.")
        return sealed[1 : 1 + KEY_ID_BYTES].hex()

    def pseudonym(self, channel: str, address: str) -> tuple[str, bytes]:
        """The id of the current pepper, and the pseudonym of an address under it."""
        return self._ring.pepper, self._pseudonym(self._ring.pepper, channel, address)

    def pseudonyms(self, channel: str, address: str) -> list[tuple[str, bytes]]:
        """The pseudonyms of an address under every pepper, the current one first."""
        names = sorted(self._ring.peppers, key=lambda name: name != self._ring.pepper)
        return [(name, self._pseudonym(name, channel, address)) for name in names]

    def _pseudonym(self, pepper: str, channel: str, address: str) -> bytes:
        return _mac(self._ring.peppers[pepper], channel, address)[:16]

    def provider_mac(self, channel: str, provider_id: str) -> bytes:
        """The tombstone of a provider's message id."""
        return _mac(self._ring.single["provider"], channel, provider_id)[:16]

    def public_name(self, what: str) -> str:
        """A name that outsiders can neither guess nor read anything from, the same for the same thing."""
        return _mac(self._ring.single["provider"], "public", what)[:16].hex()

    def word_mac(self, conversation_id: str, word: str) -> bytes:
        """What is kept of a person's own word."""
        return _mac(self._ring.single["word"], conversation_id, word)[:16]

    def phrase_mac(self, *what: str) -> bytes:
        """What tells phrases apart, and those who wrote them, without holding either."""
        return _mac(self._ring.single["word"], "phrase", *what)[:16]

    def staff_mac(self, purpose: str, value: str) -> bytes:
        """Keyed hash of a recovery code or of who tries to log in."""
        return _mac(self._ring.single["staff"], purpose, value)

    def audit_mac(self, previous: bytes, row: bytes) -> bytes:
        """The link of the audit chain that follows ``previous``."""
        return hmac.new(self._ring.single["audit"], previous + row, hashlib.sha256).digest()


def _place(table: str, column: str, row: str) -> bytes:
    return f"{VERSION}|{table}|{column}|{row}".encode()


def _mac(key: bytes, *parts: str) -> bytes:
    return hmac.new(key, "\x1f".join(parts).encode(), hashlib.sha256).digest()


def _new_id() -> str:
    return secrets.token_hex(KEY_ID_BYTES)


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _new_signer() -> str:
    """A number of the curve P-256."""
    made = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.b64encode(made.to_bytes(32, "big")).decode()
