"""Judged from outside, end to end: Twilio's own signer for Node, a TLS proxy, and a server made from Twilio's description.

The slower edition of what the peers do in every test; ``.ci/run`` installs what it needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import datetime as dt
import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import func, select
from starlette.applications import Starlette

from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.storage.database import Database
from bot.storage.tables import inbound
from bot.vault import KeyRing, Vault
from bot.webhook import Door
from connectors.base import Choice, Inbound, SendError
from connectors.base import Outbound as Message
from connectors.whatsapp import WhatsApp
from tests import newest
from tests.peers.contents import Contents
from tests.peers.sign import ACCOUNT, FORM, PERSON, SENDER, message_form, twilio_samples
from tests.peers.twilio import FILES, spec

HERE = Path(__file__).parent
NAME = "faro.example.org"
PUBLIC = f"https://{NAME}"
TOKEN = "0123456789abcdef0123456789abcdef"
PRISM = HERE / "node_modules/.bin/prism"
YES_NO = (Choice("Q07.yes", "Sí"), Choice("Q07.no", "No"))

pytestmark = pytest.mark.outside


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Signer:
    """Twilio's library for Node in a process of its own."""

    def __init__(self) -> None:
        node = shutil.which("node")
        assert node is not None
        self._node = subprocess.Popen(
            [node, "sign.js"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def sign(self, url: str, form: dict[str, str], token: str = TOKEN) -> str:
        """The signature that Twilio would send."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps({"token": token, "url": url, "form": form}) + "\n")
        self._node.stdin.flush()
        return str(json.loads(self._node.stdout.readline())["signature"])

    def close(self) -> None:
        self._node.terminate()
        self._node.communicate()


@pytest.fixture(scope="module")
def signer() -> Iterator[Signer]:
    signer = Signer()
    yield signer
    signer.close()


def certificate(folder: Path) -> Path:
    """A certificate and its key for our name, which only this test trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "faro.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


NGINX = """
daemon off; error_log stderr; pid {folder}/nginx.pid;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_certificate {pem}; ssl_certificate_key {pem};
    location / {{ proxy_pass http://127.0.0.1:{inner}; }}
  }}
}}
"""


@contextlib.contextmanager
def nginx(folder: Path, inner: int) -> Iterator[tuple[int, Path]]:
    """A TLS proxy as an operator would put it in front; its port and the certificate."""
    port, pem = free_port(), certificate(folder)
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, inner=inner, pem=pem))
    command = [shutil.which("nginx") or "nginx", "-e", "stderr", "-c", str(config), "-p", str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield port, pem
    finally:
        process.terminate()
        process.wait()


class Front:
    """Our door behind the proxy, as Twilio sees it."""

    def __init__(self, http: httpx.AsyncClient, db: Database) -> None:
        self._http = http
        self._db = db

    async def post(self, path: str, form: dict[str, str], signature: str) -> int:
        """One call; its HTTP status."""
        headers = {"x-twilio-signature": signature, "content-type": FORM, "host": NAME}
        extensions = {"sni_hostname": NAME}
        answer = await self._http.post(path, data=form, headers=headers, extensions=extensions)
        return answer.status_code

    async def stored(self) -> int:
        async with self._db.read() as conn:
            return int(await conn.scalar(select(func.count()).select_from(inbound)) or 0)


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    url = f"sqlite:///{tmp_path / 'faro.db'}"
    newest.sqlite(url)
    db, vault = Database(url), Vault(KeyRing.create(tmp_path / "keys.json"))
    channel = WhatsApp(ACCOUNT, TOKEN, SENDER, PUBLIC, "http://127.0.0.1:9", Contents())
    clock = lambda: 1_800_000_000.0
    outbox = Outbox(db, vault, {"whatsapp": channel}, clock, lambda: 0.5)
    door = Door({"whatsapp": channel}, Inbox(db, vault, clock), outbox, clock)
    inner = free_port()
    config = uvicorn.Config(
        Starlette(routes=door.routes()), port=inner, log_config=None, ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    with nginx(tmp_path, inner) as (port, pem):
        trust = ssl.create_default_context(cafile=str(pem))
        async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=trust) as http:
            async with asyncio.timeout(20):
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        if (await http.get("/", extensions={"sni_hostname": NAME})).status_code == 404:
                            break
                    await asyncio.sleep(0.1)
            yield Front(http, db)
    server.should_exit = True
    await serving
    await door.close()
    await channel.close()
    await db.close()


async def test_twilios_signer_through_a_tls_proxy(front: Front, signer: Signer) -> None:
    """Every sample signed by Twilio's library: taken once, twice without effect, altered and unsigned refused."""
    for kind, path in (("inbound", "/webhooks/whatsapp"), ("status", "/webhooks/whatsapp/status")):
        for name, pairs in twilio_samples(kind):
            form = dict(pairs)
            signature = signer.sign(PUBLIC + path, form)
            before = await front.stored()
            assert await front.post(path, form, signature) == 200, name
            after = await front.stored()
            assert after - before <= 1
            assert await front.post(path, form, signature) == 200, name
            assert await front.post(path, {**form, "Body": "canario"}, signature) == 403, name
            assert await front.post(path, form, "") == 403, name
            assert await front.post(path, form, signer.sign(PUBLIC + path, form, "f" * 32)) == 403, name
            assert await front.stored() == after, name
    assert await front.stored() > 10


async def test_a_query_is_part_of_what_is_signed(front: Front, signer: Signer) -> None:
    """The proxy passes path and query on unchanged; without the query the signature is another one."""
    form = message_form("¡Hola! ñ 👍")
    path = "/webhooks/whatsapp?a=1&b=%C3%B1"
    assert await front.post(path, form, signer.sign(PUBLIC + "/webhooks/whatsapp", form)) == 403
    assert await front.post(path, form, signer.sign(PUBLIC + path, form)) == 200


def merged() -> dict[str, Any]:
    """Twilio's descriptions of messages and contents, limits laid over them, as one server shows them."""
    found: dict[str, Any] = {"openapi": "3.0.1", "info": {"title": "twilio", "version": "1"}}
    found |= {"paths": {}, "components": {"schemas": {}, "securitySchemes": {}}}
    for _, file in FILES.values():
        one = copy.deepcopy(spec(file)[0])
        for path in one["paths"].values():
            path.pop("servers", None)
        found["paths"] |= one["paths"]
        for part in ("schemas", "securitySchemes"):
            found["components"][part] |= one["components"].get(part, {})
    return found


@pytest.fixture
async def prism(tmp_path: Path) -> AsyncIterator[str]:
    """Prism, a server made from the description; its address."""
    port, path = free_port(), tmp_path / "twilio.json"
    path.write_text(json.dumps(merged()))
    with (tmp_path / "prism.log").open("wb") as log:
        process = subprocess.Popen(
            [str(PRISM), "mock", "-h", "127.0.0.1", "-p", str(port), str(path)], stdout=log, stderr=log
        )
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as http:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    await http.get(f"http://127.0.0.1:{port}/")
                    break
                await asyncio.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def test_what_we_send_is_what_twilio_describes(prism: str) -> None:
    """Words, buttons, a list, typing, deleting and the list of messages: Prism refuses none of them."""
    channel = WhatsApp(ACCOUNT, TOKEN, SENDER, PUBLIC, prism, Contents(), timeout=20.0)
    refs = [
        (await channel.send(PERSON, message)).message_ref
        for message in (
            Message("¡Hola! ñ 👍"),
            Message("¿Te deben dinero?", YES_NO, "buttons"),
            Message("¿Dónde?", YES_NO, "list", list_label="Ver"),
        )
    ]
    assert all(refs)
    assert await channel.erase(PERSON, refs) == 0
    await channel.missed(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    await channel.acknowledge(
        Inbound("whatsapp", refs[0], PERSON, "text", at, message_ref=refs[0]), answering=True
    )
    await channel.close()


@pytest.mark.parametrize(("address", "text"), [("15005550006", "hola"), (PERSON, ""), (PERSON, "x" * 1601)])
async def test_the_judge_refuses_what_twilio_would(prism: str, address: str, text: str) -> None:
    """It is no rubber stamp: another kind of address, no words, too many words."""
    channel = WhatsApp(ACCOUNT, TOKEN, SENDER, PUBLIC, prism, Contents(), timeout=20.0)
    with pytest.raises(SendError):
        await channel.send("fax:" + address if address != PERSON else address, Message(text))
    await channel.close()
