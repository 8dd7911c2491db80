"""Settings, all ``FARO_*``, from the environment or ``.env``; an unsafe start is refused in one sentence.

Nothing here opens a file or a port: the composition root does, with what this module let through.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.texts import variants

ROOT = Path(__file__).resolve().parent.parent


class UnsafeSettingsError(Exception):
    """Faro would not be safe to start like this. The message is one sentence that says what to change."""


class Settings(BaseSettings):
    """What an operator may set. Secrets never show in a ``repr``."""

    model_config = SettingsConfigDict(env_prefix="FARO_", env_file=".env", extra="ignore")

    database_url: str = "sqlite:///data/faro.db"
    keys_file: Path = Path("data/keys.json")
    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    rasa_url: str = ""
    rasa_token: SecretStr = SecretStr("")
    telegram_token: SecretStr = SecretStr("")
    telegram_secret: SecretStr = SecretStr("")
    telegram_api_url: str = ""
    twilio_account_sid: str = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_from: str = ""
    twilio_template: str = ""
    twilio_sms_from: str = ""
    twilio_api_url: str = ""
    alerts: SecretStr = SecretStr("")
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    silent: bool = False
    protect: bool = True
    recordings: Literal["offer", "always", "never"] = "offer"
    campaigns: str = ""
    collect_phrases: bool = False
    simulator: bool = False
    demo: bool = False
    locales: Path = ROOT / "locales"
    locale: str = "es"
    address: Literal["tu", "usted"] = "tu"
    locales_served: str = ""
    workers: int = 8
    unverified_lines: Literal["national", "none"] = "national"
    debug: bool = False

    @property
    def served(self) -> frozenset[str]:
        """The languages that may be said besides Spanish; all, where only this machine's simulator hears them."""
        named = frozenset(self.locales_served.replace(",", " ").split())
        if named or not self.simulator:
            return named
        there = self.locales.glob("*/LC_MESSAGES/messages.po")
        return frozenset(variants.language(path.parts[-3]) for path in there)

    @property
    def home(self) -> str:
        """The Spanish of this house: its region and its form of address, as the name of a catalogue."""
        mine = self.locale if variants.language(self.locale) == variants.FALLBACK else variants.FALLBACK
        return variants.filled(mine, "es" if self.address == "tu" else f"es@{self.address}")

    @property
    def whatsapp(self) -> bool:
        return bool(self.twilio_account_sid and self.twilio_from)

    @property
    def sms(self) -> bool:
        return bool(self.twilio_account_sid and self.twilio_sms_from)

    @property
    def telegram(self) -> bool:
        return bool(self.telegram_token.get_secret_value())


def load(environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """The settings, checked; raises ``UnsafeSettingsError`` for anything unsafe, unknown or half-said."""
    _refuse_unknown_names(os.environ if environment is None else environment)
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks each value
    except ValidationError as error:
        field = error.errors()[0]["loc"][0]
        raise UnsafeSettingsError(
            f"FARO_{str(field).upper()} cannot be read: {error.errors()[0]['msg']}."
        ) from None
    for check in _CHECKS:
        check(settings)
    return settings


def is_loopback(host: str) -> bool:
    """True for localhost and the loopback addresses only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _refuse_unknown_names(environment: Mapping[str, str]) -> None:
    known = {f"FARO_{name.upper()}" for name in Settings.model_fields}
    for name in environment:
        if name.startswith("FARO_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UnsafeSettingsError(f"{name} is not a setting of Faro.{hint}")


def _check_public_url(s: Settings) -> None:
    if not s.public_url:
        return
    url = urlsplit(s.public_url)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise UnsafeSettingsError("FARO_PUBLIC_URL must be a full address such as https://faro.example.org.")
    if url.scheme == "http" and not is_loopback(url.hostname):
        raise UnsafeSettingsError("FARO_PUBLIC_URL must begin with https://, or messages travel in the open.")
    if url.path not in ("", "/") or url.query or url.fragment or url.username:
        raise UnsafeSettingsError(
            "FARO_PUBLIC_URL must hold no path, query, fragment or user: only https://host."
        )


def _check_simulator(s: Settings) -> None:
    if not (s.simulator or s.demo):
        return
    name = "FARO_SIMULATOR" if s.simulator else "FARO_DEMO"
    if s.public_url and not is_loopback(urlsplit(s.public_url).hostname or ""):
        raise UnsafeSettingsError(f"{name} is for this machine only: unset it, or unset FARO_PUBLIC_URL.")
    if not is_loopback(s.host):
        raise UnsafeSettingsError(f"{name} is for this machine only: set FARO_HOST to 127.0.0.1.")


def _check_twilio(s: Settings) -> None:
    given = {
        "FARO_TWILIO_ACCOUNT_SID": s.twilio_account_sid,
        "FARO_TWILIO_AUTH_TOKEN": s.twilio_auth_token.get_secret_value(),
        "FARO_TWILIO_FROM": s.twilio_from or s.twilio_sms_from,
    }
    missing = [name for name, value in given.items() if not value]
    if len(missing) == len(given):
        return
    if missing:
        raise UnsafeSettingsError(f"Twilio needs {' and '.join(missing)} too.")
    if not re.fullmatch(r"AC[0-9a-f]{32}", s.twilio_account_sid):
        raise UnsafeSettingsError("FARO_TWILIO_ACCOUNT_SID must be AC followed by 32 hexadecimal digits.")
    if len(given["FARO_TWILIO_AUTH_TOKEN"]) < 16:
        raise UnsafeSettingsError(
            "FARO_TWILIO_AUTH_TOKEN is too short to be a token: anybody could forge messages."
        )
    if s.twilio_sms_from and not re.fullmatch(r"\+[0-9]{5,15}", s.twilio_sms_from):
        raise UnsafeSettingsError("FARO_TWILIO_SMS_FROM must be a number such as +51987654321.")
    if s.twilio_from and not s.twilio_from.startswith("whatsapp:"):
        raise UnsafeSettingsError("FARO_TWILIO_FROM must begin with whatsapp:, as Twilio shows it.")
    if s.twilio_template and not re.fullmatch(r"HX[0-9a-f]{32}", s.twilio_template):
        raise UnsafeSettingsError("FARO_TWILIO_TEMPLATE must be HX followed by 32 hexadecimal digits.")
    if not s.public_url:
        raise UnsafeSettingsError("Twilio needs FARO_PUBLIC_URL: it signs the address that it calls.")


def _check_telegram(s: Settings) -> None:
    token, secret = s.telegram_token.get_secret_value(), s.telegram_secret.get_secret_value()
    if not token:
        if secret:
            raise UnsafeSettingsError("FARO_TELEGRAM_SECRET is set, but FARO_TELEGRAM_TOKEN is not.")
        return
    if not re.fullmatch(r"\d+:[A-Za-z0-9_-]{20,}", token):
        raise UnsafeSettingsError("FARO_TELEGRAM_TOKEN must look like 123456:letters, as BotFather gives it.")
    if s.public_url and not re.fullmatch(r"[A-Za-z0-9_-]{32,256}", secret):
        raise UnsafeSettingsError(
            "FARO_TELEGRAM_SECRET must be 32 to 256 of A-Z a-z 0-9 _ - when Telegram calls FARO_PUBLIC_URL."
        )


def _check_addresses(s: Settings) -> None:
    for name, value in (("TELEGRAM_API_URL", s.telegram_api_url), ("TWILIO_API_URL", s.twilio_api_url)):
        url = urlsplit(value)
        if value and (url.scheme not in ("http", "https") or not url.hostname):
            raise UnsafeSettingsError(f"FARO_{name} must be a full address.")
        if value and url.scheme == "http" and not is_loopback(url.hostname or ""):
            raise UnsafeSettingsError(f"FARO_{name} must begin with https:// unless it is on this machine.")
    if s.rasa_url:
        if not is_loopback(urlsplit(s.rasa_url).hostname or ""):
            raise UnsafeSettingsError(
                "FARO_RASA_URL must be on this machine: messages travel there unencrypted."
            )
        if len(s.rasa_token.get_secret_value()) < 16:
            raise UnsafeSettingsError("FARO_RASA_URL needs FARO_RASA_TOKEN of at least 16 characters.")


def _check_store(s: Settings) -> None:
    if not re.match(r"(sqlite|sqlite\+aiosqlite|postgresql|postgresql\+asyncpg)://", s.database_url):
        raise UnsafeSettingsError("FARO_DATABASE_URL must begin with sqlite:/// or postgresql://.")
    if not 1 <= s.port <= 65535:
        raise UnsafeSettingsError("FARO_PORT must be between 1 and 65535.")
    if not 0 <= s.workers <= 64:
        raise UnsafeSettingsError("FARO_WORKERS must be between 0 and 64.")
    if s.workers == 0 and (s.simulator or s.database_url.startswith("sqlite")):
        raise UnsafeSettingsError(
            "FARO_WORKERS=0 leaves the work to faro worker, which needs PostgreSQL and no simulator."
        )
    if not (s.locales / s.locale / "LC_MESSAGES" / "messages.po").is_file():
        raise UnsafeSettingsError("FARO_LOCALES holds no catalogue for FARO_LOCALE: nothing could be said.")


def _check_oidc(s: Settings) -> None:
    given = {
        "FARO_OIDC_ISSUER": s.oidc_issuer,
        "FARO_OIDC_CLIENT_ID": s.oidc_client_id,
        "FARO_OIDC_CLIENT_SECRET": s.oidc_client_secret.get_secret_value(),
    }
    missing = [name for name, value in given.items() if not value]
    if len(missing) == len(given):
        return
    if missing:
        raise UnsafeSettingsError(f"Single sign-on needs {' and '.join(missing)} too.")
    url = urlsplit(s.oidc_issuer)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise UnsafeSettingsError("FARO_OIDC_ISSUER must be a full address.")
    if url.scheme == "http" and not is_loopback(url.hostname):
        raise UnsafeSettingsError("FARO_OIDC_ISSUER must begin with https:// unless it is on this machine.")


def _check_locales(s: Settings) -> None:
    form = f"{variants.FALLBACK}@{s.address}"
    if s.address != "tu" and not (s.locales / form / "LC_MESSAGES" / "messages.po").is_file():
        raise UnsafeSettingsError(
            f"FARO_ADDRESS={s.address} needs the catalogue {form} in FARO_LOCALES: people would be called tú."
        )
    for name in sorted(s.served):
        if not re.fullmatch(r"[A-Za-z_]+", name) or not (s.locales / name).is_dir():
            raise UnsafeSettingsError(
                f"FARO_LOCALES_SERVED names {name!r}, for which there is no catalogue in {s.locales}."
            )


_CHECKS = (
    _check_public_url,
    _check_simulator,
    _check_twilio,
    _check_telegram,
    _check_addresses,
    _check_oidc,
    _check_store,
    _check_locales,
)
