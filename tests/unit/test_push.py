"""Web Push: the letters of the standard, whom it calls, and what it will not take for a browser."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from connectors import push
from connectors.base import Subscription, SubscriptionError
from connectors.push import Push, encrypt, is_open, padded, subscription
from tests.peers.push import Browser, raw, text

# RFC 8291, section 5 and appendix A.
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w"
    "EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
ENDPOINT = "https://push.example.org/wpush/v2/gAAAA"


def private(of: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(raw(of), "big"), ec.SECP256R1())


def test_the_example_of_the_standard_comes_out_letter_by_letter() -> None:
    to = subscription(ENDPOINT, POINT, AUTH)
    body = encrypt(b"When I grow up, I want to be a watermelon\2", to, private(SENDER), raw(SALT))
    assert text(body) == BODY


def test_a_browser_reads_it_and_every_message_has_the_same_size() -> None:
    """Whatever is said, its length tells nothing; no two are alike."""
    browser = Browser()
    to = Subscription(ENDPOINT, browser.point, browser.auth)
    sealed = [encrypt(padded(words), to) for words in (b"", b"Caso ABC123: urgencia U3", b"x" * 300)]
    assert [browser.read(one) for one in sealed] == [b"", b"Caso ABC123: urgencia U3", b"x" * 300]
    assert len({len(one) for one in sealed}) == 1
    assert encrypt(padded(b"x"), to) != encrypt(padded(b"x"), to)


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "http://push.example.org/a"},
        {"endpoint": "https://push.example.org:8443/a"},
        {"endpoint": "https://user@push.example.org/a"},
        {"endpoint": "https://push.example.org/a b"},
        {"endpoint": "https://push.example.org/ñ"},
        {"endpoint": "https://push.example.org/" + "a" * 1000},
        {"endpoint": "https:///a"},
        {"endpoint": "https://[::1/a"},
        {"endpoint": "https://push.example.org:x/a"},
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": ""},
        {"p256dh": text(b"\4" + bytes(64))},
        {"p256dh": POINT[:-4]},
        {"p256dh": "no!base64"},
        {"auth": text(bytes(15))},
        {"auth": "ñ"},
        {"auth": ""},
    ],
    ids=str,
)
def test_what_is_no_subscription_is_refused_without_being_named(change: dict[str, str]) -> None:
    given = {"endpoint": ENDPOINT, "p256dh": POINT, "auth": AUTH}
    assert subscription(**given).endpoint == ENDPOINT
    with pytest.raises(SubscriptionError, match="^(endpoint|keys)$"):
        subscription(**{**given, **change})


@pytest.mark.parametrize(
    ("address", "open_"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("64:ff9b::5db8:d70e", True),  # the first, behind a translator
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a9fe:a9fe", False),
    ],
)
def test_only_the_open_internet_is_called(address: str, open_: bool) -> None:
    assert is_open(ipaddress.ip_address(address)) is open_


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "169.254.169.254"])
async def test_a_name_that_leads_inside_is_not_called(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Looked up once, judged, and nothing is connected to; nor does a second answer of the name help."""
    called: list[Any] = []
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def answer(*_: Any, **__: Any) -> list[Any]:
        return [(family, socket.SOCK_STREAM, 6, "", (address, 443))]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    monkeypatch.setattr(socket.socket, "connect", lambda *at: called.append(at))
    monkeypatch.setattr(push.httpx.AsyncClient, "post", lambda *at, **__: called.append(at))
    sender = Push(raw(SENDER), "https://faro.example.org", lambda: 1.8e9)
    to = sender.subscription(ENDPOINT, POINT, AUTH)
    assert await sender.send(to, {"title": "Faro"}, "a" * 32, "high", 60) == "failed"
    assert called == []


async def test_the_address_that_was_judged_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name goes with it for the certificate only; no proxy, no redirect."""
    calls: list[tuple[str, dict[str, Any]]] = []

    async def post(_: Any, url: Any, **how: Any) -> Any:
        calls.append((str(url), how))
        return push.httpx.Response(307, headers={"Location": "http://127.0.0.1/"})

    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", ("93.184.215.14", 443))]
    )
    monkeypatch.setattr(push.httpx.AsyncClient, "post", post)
    sender = Push(raw(SENDER), "https://faro.example.org", lambda: 1.8e9)
    fate = await sender.send(sender.subscription(ENDPOINT, POINT, AUTH), {}, "a" * 32, "high", 60)
    ((url, how),) = calls
    assert (fate, url) == ("failed", "https://93.184.215.14/wpush/v2/gAAAA")
    assert (how["headers"]["Host"], how["extensions"]) == (
        "push.example.org",
        {"sni_hostname": "push.example.org"},
    )


def test_nothing_shows_where_a_browser_is_reached() -> None:
    assert "example" not in repr(subscription(ENDPOINT, POINT, AUTH))
