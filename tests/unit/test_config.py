"""An unsafe start is refused in one clear sentence."""

from __future__ import annotations

import pytest

from bot import config

SID = "AC" + "a" * 32
TWILIO = {"twilio_account_sid": SID, "twilio_auth_token": "t" * 32, "twilio_from": "whatsapp:+14155238886"}
TELEGRAM = {"telegram_token": "123456:" + "a" * 35}
PUBLIC = {"public_url": "https://faro.example.org"}

UNSAFE = [
    ({"public_url": "http://faro.example.org"}, "https://"),
    ({"public_url": "faro.example.org"}, "full address"),
    ({"public_url": "https://faro.example.org/bot?x=1"}, "no path"),
    ({"simulator": True, **PUBLIC}, "this machine only"),
    ({"demo": True, **PUBLIC}, "this machine only"),
    ({"simulator": True, "host": "0.0.0.0"}, "127.0.0.1"),
    ({**PUBLIC, "twilio_account_sid": SID}, "FARO_TWILIO_AUTH_TOKEN and FARO_TWILIO_FROM"),
    ({**PUBLIC, **TWILIO, "twilio_account_sid": "AC123"}, "32 hexadecimal"),
    ({**PUBLIC, **TWILIO, "twilio_auth_token": "secret"}, "forge"),
    ({**PUBLIC, **TWILIO, "twilio_from": "+14155238886"}, "whatsapp:"),
    ({**PUBLIC, **TWILIO, "twilio_template": "HX123"}, "HX followed by 32"),
    ({**PUBLIC, **TWILIO, "twilio_sms_from": "faro"}, "a number such as"),
    (TWILIO, "needs FARO_PUBLIC_URL"),
    ({"telegram_token": "abc"}, "BotFather"),
    ({**PUBLIC, **TELEGRAM}, "FARO_TELEGRAM_SECRET"),
    ({**PUBLIC, **TELEGRAM, "telegram_secret": "short"}, "32 to 256"),
    ({"telegram_secret": "a" * 40}, "FARO_TELEGRAM_TOKEN is not"),
    ({"telegram_api_url": "http://192.0.2.1"}, "https://"),
    ({"rasa_url": "http://192.0.2.1:5005"}, "on this machine"),
    ({"rasa_url": "http://127.0.0.1:5005"}, "FARO_RASA_TOKEN"),
    ({"database_url": "mysql://localhost/faro"}, "sqlite:///"),
    ({"port": 70000}, "between 1 and 65535"),
    ({"port": "eight"}, "FARO_PORT"),
    ({"workers": -1}, "between 0 and 64"),
    ({"workers": 0}, "faro worker"),
    ({"workers": 0, "simulator": True, "database_url": "postgresql://x/y"}, "no simulator"),
    ({"locale": "xx"}, "no catalogue"),
]


@pytest.mark.parametrize(("settings", "sentence"), UNSAFE)
def test_an_unsafe_start_is_refused(settings: dict[str, object], sentence: str) -> None:
    """Each refusal says in one sentence what to change."""
    with pytest.raises(config.UnsafeSettingsError) as refusal:
        config.load({}, _env_file=None, **settings)
    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith((".", "?"))


def test_a_misspelt_setting_is_refused_with_the_right_name() -> None:
    """A setting that does nothing would look like one that works."""
    with pytest.raises(config.UnsafeSettingsError, match="Did you mean FARO_TELEGRAM_TOKEN"):
        config.load({"FARO_TELEGRAM_TOKN": "x"}, _env_file=None)


def test_a_safe_start_is_let_through_and_shows_no_secret() -> None:
    """Both channels on a public address, secrets hidden from every print."""
    settings = config.load({}, _env_file=None, **PUBLIC, **TWILIO, **TELEGRAM, telegram_secret="s" * 40)
    assert settings.whatsapp
    assert settings.telegram
    assert "t" * 32 not in repr(settings)
    assert "s" * 40 not in repr(settings)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("127.0.0.1.example.org", False),
        ("192.168.0.1", False),
        ("", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    """Only addresses that cannot leave this machine."""
    assert config.is_loopback(host) is expected
