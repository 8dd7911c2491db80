"""The real Rasa behind its one door: turns, refusals, and no word of a person in any log line."""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio

from bot import rasa
from bot.rasa import RasaProcess, RasaUnavailable
from bot.screening import engine
from bot.screening.model import load

pytestmark = [pytest.mark.rasa, pytest.mark.asyncio(loop_scope="module")]

CANARY = "canario7431"
HELLO = {"kind": "text", "text": "hola"}


class Running(NamedTuple):
    """A Rasa with everything in its log that could be there."""

    process: RasaProcess
    log: Path
    http: httpx.AsyncClient  # with the token, for what the client would never send


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    log = tmp_path_factory.mktemp("rasa") / "rasa.log"
    with log.open("wb") as output:
        process = RasaProcess(debug=True, output=output.fileno())
        await process.start()
        headers = {"authorization": f"Bearer {process.token}"}
        async with httpx.AsyncClient(base_url=process.client._base, headers=headers, trust_env=False) as http:
            yield Running(process, log, http)
        await process.stop()
        await process.client.close()


def request(given: dict[str, Any], state: dict[str, Any] | None = None, **context: Any) -> dict[str, Any]:
    return {
        "conversation": "c-1",
        "message_ids": ["m-1"],
        "input": given,
        "state": state,
        "locale": "es",
        "context": {"silence_s": 0, "on_duty": True, "phase": "bot", **context},
    }


def tap(question: str, value: Any) -> dict[str, Any]:
    return {"kind": "choice", "choice": {"q": question, "v": value, "source": "button"}}


async def test_a_first_word_is_answered(running: Running) -> None:
    """Acts, state, the versions that answered and what the classifier found come back."""
    answer = await running.process.client.turn(request(HELLO))
    assert answer["acts"][-1]["about"] == "P0"
    assert answer["state"]["step"] == "P0"
    assert answer["nlu"]["intent"] == "greet"
    assert answer["instrument"] == load().hash
    assert answer["model"] == f"faro-{rasa.fingerprint()}"


@pytest.mark.parametrize(
    "given", [HELLO, tap("P0", "yes"), {"kind": "event", "event": "voice"}], ids=["text", "choice", "event"]
)
async def test_rasa_answers_as_the_engine_does(running: Running, given: dict[str, Any]) -> None:
    """The policy adds nothing and loses nothing: the same turn in this process gives the same acts and state."""
    state = (await running.process.client.turn(request(HELLO)))["state"]
    asked = request(given, state)
    answer = await running.process.client.turn(asked)
    nlu = answer.get("nlu", {})
    message = engine.Input(
        given["kind"],
        intent=nlu.get("intent", ""),
        confidence=nlu.get("confidence", 0.0),
        also=tuple(nlu.get("also", ())),
        partly=nlu.get("partly", False),
        choice=given.get("choice"),
        event=given.get("event", ""),
        message_id="m-1",
    )
    expected = engine.turn(load(), state, message, asked["context"])
    assert answer["acts"] == expected.acts
    assert answer["state"] == expected.state
    assert ("nlu" in answer) == (given["kind"] == "text")


async def test_a_turn_leaves_nothing_behind(running: Running, tmp_path: Path) -> None:
    """The same request gives the same answer, whatever came between, and on another replica."""
    asked = request({"kind": "text", "text": "por qué me preguntas eso"}, None)
    first = await running.process.client.turn(asked)
    await running.process.client.turn(request(tap("P0", "yes"), first["state"]))
    again = await running.process.client.turn(asked)
    with (tmp_path / "other.log").open("wb") as output:
        other = RasaProcess(output=output.fileno())
        await other.start()
        try:
            elsewhere = await other.client.turn(asked)
        finally:
            await other.stop()
            await other.client.close()
    assert first == again == elsewhere


async def test_turns_at_the_same_time_do_not_mix(running: Running) -> None:
    """Forty conversations at once each get their own state back."""
    start = (await running.process.client.turn(request(HELLO)))["state"]
    states = [{**start, "misses": n % 2, "word_message": f"w{n}"} for n in range(40)]
    asked = [request({"kind": "event", "event": "voice"}, state) for state in states]
    answers = await asyncio.gather(*(running.process.client.turn(one) for one in asked))
    assert [answer["state"]["word_message"] for answer in answers] == [f"w{n}" for n in range(40)]


@pytest.mark.parametrize("method, path", [("GET", "/"), ("POST", "/webhook"), ("POST", "/parse")])
@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", "Basic x", "Bearer ñ"])
async def test_without_the_token_nothing_is_answered(
    running: Running, method: str, path: str, token: str
) -> None:
    """401, before the body is looked at."""
    headers = {"authorization": token.encode("latin-1")}
    answer = await running.http.request(method, path, headers=headers, content=b"{")
    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized"})


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"conversation": ""}, "conversation"),
        ({"conversation": "c" * 129}, "conversation"),
        ({"message_ids": "m"}, "message_ids"),
        ({"message_ids": [1]}, "message_ids"),
        ({"message_ids": ["m"] * 201}, "message_ids"),
        ({"input": CANARY}, "input"),
        ({"input": {"kind": CANARY}}, "input.kind"),
        ({"input": {"kind": "text", "text": [CANARY]}}, "text"),
        ({"input": {"kind": "choice", "choice": CANARY}}, "choice"),
        ({"input": {"kind": "event", "event": 3}}, "event"),
        ({"state": CANARY}, "state"),
        ({"context": None}, "context"),
        ({"locale": None}, "locale"),
    ],
)
async def test_a_malformed_turn_is_refused_by_name(
    running: Running, change: dict[str, Any], where: str
) -> None:
    """400 naming the field, never its content."""
    answer = await running.http.post("/webhook", json={**request(HELLO), **change})
    assert (answer.status_code, answer.json()) == (400, {"error": "bad_request", "where": where})


@pytest.mark.parametrize("path", ["/webhook", "/parse"])
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000],
    ids=["none", "cut", "list", "string", "bytes", "deep"],
)
async def test_what_is_not_a_turn_is_refused(running: Running, path: str, body: bytes) -> None:
    """400 for anything that is not a JSON object of the agreed shape."""
    assert (await running.http.post(path, content=body)).status_code == 400


async def test_what_is_too_large_is_refused(running: Running) -> None:
    """413, for a text as for a body; a text of the permitted length is read."""
    assert (await running.http.post("/parse", json={"text": "no " * 6000})).status_code == 413
    assert (await running.http.post("/parse", json={"text": "n" * 300_000})).status_code == 413
    assert (await running.http.post("/parse", json={"text": "no, " * 4000})).status_code == 200


async def test_rasas_own_api_is_closed(running: Running) -> None:
    """Neither status, nor conversations, nor models, nor the stock channels can be reached."""
    root = running.process.client._base.removesuffix("/webhooks/turn")
    for path in ("/status", "/conversations/c-1/tracker", "/model", "/domain", "/webhooks/rest/webhook"):
        assert (await running.http.get(f"{root}{path}")).status_code == 404


@pytest.mark.parametrize(
    "typed",
    [
        "/restart",
        "  /restart",
        "\n/back",
        '/affirm{"x": 1}',
        "/\t/human",
        "\x1f/human",
        "/",
        "",
        "   ",
    ],
)
async def test_a_typed_command_is_only_text(running: Running, typed: str) -> None:
    """What begins with a slash goes to the classifier like any text: no intent can be forged."""
    found = await running.process.client.parse(typed)
    assert len(found["ranking"]) > 30
    assert max(entry["confidence"] for entry in found["ranking"]) < 1.0


async def test_a_failing_engine_is_an_error(running: Running) -> None:
    """500 and the place in the log; the words of the exception stay inside."""
    state = (await running.process.client.turn(request(HELLO)))["state"]
    answer = await running.http.post("/webhook", json=request(HELLO, state, silence_s=CANARY))
    assert (answer.status_code, answer.json()) == (500, {"error": "turn_failed"})
    with pytest.raises(RasaUnavailable) as error:
        await running.process.client.turn(request(HELLO, state, silence_s=CANARY))
    assert CANARY not in str(error.value)
    assert re.search(r'"turn_failed", "exception": "[^"]*ValueError at \w+:\d+', running.log.read_text())


async def test_no_log_line_quotes_anybody(running: Running) -> None:
    """With --debug, through every way in and every error: neither words, nor ids, nor the token."""
    client = running.process.client
    state = (await client.turn(request({"kind": "text", "text": f"hola {CANARY}"})))["state"]
    await client.parse(f'/{CANARY}{{"x": "{CANARY}')
    await client.parse(f"me pegan {CANARY}")
    for given in (tap("P0", CANARY), {"kind": "event", "event": CANARY}):
        await client.turn({**request(given, {**state, "word_message": CANARY}), "conversation": CANARY})
    await running.http.post("/webhook", content=f'{{"input": "{CANARY}"'.encode())
    await running.http.post("/webhook", json=request(HELLO, state, silence_s=CANARY))
    await running.http.post(f"/{CANARY}", json={CANARY: CANARY})
    await running.http.post("/parse", content=CANARY.encode() * 40_000)
    log = running.log.read_text()
    assert '"library"' in log  # debug lines are there, cut down to names
    assert CANARY not in log
    assert running.process.token not in log


async def test_a_failing_store_is_no_new_conversation(running: Running) -> None:
    """Rasa's wrapper that answers a broken store with a fresh start is taken off, also after a model swap."""
    model = rasa.model_path()
    script = rasa.PROJECT / "tests" / "failing_store.py"
    done = subprocess.run(
        [rasa.PYTHON, script, str(model)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {"wrapped": "restarts", "unwrapped": "RuntimeError"}


async def test_whether_a_domain_is_empty_is_asked_once_and_answered_alike() -> None:
    """An empty one stays empty until something is in it; a full one is not looked through before every message."""
    script = (
        "import faro_rasa; faro_rasa.settle();"
        "from rasa.shared.core.domain import Domain; import slim.domain as ours;"
        "asked = []; real = ours.ask; ours.ask = lambda d: asked.append(d) or real(d);"
        "empty, full = Domain.empty(), Domain.from_dict({'intents': ['why']});"
        "print([d.is_empty() for d in (empty, empty, full, full)], len(asked))"
    )
    done = subprocess.run(
        [rasa.PYTHON, "-c", script], cwd=rasa.PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "[True, True, False, False] 3", done.stderr[-2000:]


@pytest.fixture
def slip(tmp_path: Path) -> Iterator[Path]:
    """A comment added to the instrument's folder and taken away again."""
    folder = Path(engine.__file__).parent / "instrument"
    extra = folder / "zz_test_only.yml"
    yield extra
    extra.unlink(missing_ok=True)


async def test_a_changed_instrument_is_taken_up_without_training(running: Running, slip: Path) -> None:
    """Rasa reads the instruments again when a file changes, and says so with their hash."""
    before = (await running.process.client.health())["instrument"]
    slip.write_text("# nothing\n")
    after = (await running.process.client.health())["instrument"]
    slip.unlink()
    assert after != before
    assert (await running.process.client.health())["instrument"] == before
    assert running.process.restarts == 0


async def test_a_turn_costs_the_same_however_long_the_chat(running: Running) -> None:
    """Turn 200 takes about as long as turn 1: nothing grows."""
    seconds: list[float] = []
    state: dict[str, Any] | None = None
    given = HELLO
    for _ in range(220):
        started = time.perf_counter()
        answer = await running.process.client.turn(request(given, state))
        seconds.append(time.perf_counter() - started)
        state = answer["state"]
        choices = next((act["choices"] for act in reversed(answer["acts"]) if act.get("choices")), [])
        given = {"kind": "choice", "choice": choices[0]["value"]} if choices else HELLO
    early, late = statistics.median(seconds[5:35]), statistics.median(seconds[-30:])
    print(
        f"turn p50 {early * 1000:.1f} ms at 20, {late * 1000:.1f} ms at 205, state {len(json.dumps(state))} B"
    )
    assert late < 2.5 * early + 0.01


async def test_a_start_that_is_called_off_leaves_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop in the moment when a child is being started must not leave it running, nobody's."""
    begun: list[subprocess.Popen[bytes]] = []
    process = RasaProcess(model=Path("any.tar.gz"))
    spawning = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slowly(*_: object) -> subprocess.Popen[bytes]:
        loop.call_soon_threadsafe(spawning.set)
        time.sleep(0.2)
        begun.append(subprocess.Popen(["sleep", "60"], stdin=subprocess.PIPE))
        return begun[0]

    monkeypatch.setattr(process, "_spawn", slowly)
    start = asyncio.create_task(process.start())
    await spawning.wait()
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert begun
    assert begun[0].poll() is not None
    await process.client.close()
