"""Turns from the inbox to the outbox: safety first, silence kept, nothing lost when something fails.

Rasa itself is judged in test_rasa.py and in the journeys; here the engine answers in its place, so that it can be
away, break, or be unsure when a test says so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from bot import choices
from bot.bursts import CLOSE_SECONDS, LONGEST_SECONDS, QUIET_SECONDS
from bot.dialogue import FALLBACK_SECONDS, GIVE_UP_SECONDS, Dialogue, Parts
from bot.handoff.shifts import LIMA
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.phrasing import Catalogues, Phrasing
from bot.rasa import RasaUnavailable
from bot.screening import engine
from bot.screening.model import load
from bot.showing import put_anew
from bot.storage import cases, conversations, queue, shifts
from bot.storage.database import Database
from bot.storage.tables import cases as case_rows
from bot.storage.tables import conversations as people
from bot.storage.tables import inbound, outbound, sessions
from bot.turn import Tools
from bot.vault import Vault
from connectors.base import Inbound, Outbound, SendError
from tests.conftest import ROOT
from tests.integration.conftest import NOW
from tests.integration.test_outbox import Line
from tests.integration.test_storage_cases import member

PHONE = "whatsapp:+51987654321"
INTENTS = {
    "hola": "greet",
    "sí": "affirm",
    "claro que sí": "affirm",
    "quiero hablar con una persona": "human",
    "borra todo por favor": "erase",
    "no me escriban más": "stop",
    "me quitaron el pasaporte": "disclose_documents",
}


class EngineRasa:
    """Answers like Rasa, from a table of intents; can be away or broken."""

    def __init__(self) -> None:
        self.away = False
        self.broken = False
        self.hangs = False
        self.requests: list[dict[str, Any]] = []
        self.ranking: dict[str, tuple[str, float]] = {}
        self.danger: dict[str, float] = {"ayuda me está pegando": 0.95}

    async def parse(self, text: str) -> dict[str, Any]:
        if self.away:
            raise RasaUnavailable("away")
        if self.hangs:
            await asyncio.sleep(60)
        name, confidence = self.ranking.get(text, (INTENTS.get(text, "out_of_scope"), 0.9))
        counts = name if confidence >= 0.5 else "out_of_scope"
        return {
            "intent": counts,
            "confidence": confidence,
            "ranking": [{"name": name, "confidence": confidence}],
            "also": [],
            "danger": {"share": self.danger.get(text, 0.1), "kind": "danger"},
            "partly": False,
        }

    async def turn(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if self.away:
            raise RasaUnavailable("away")
        if self.broken:
            raise RuntimeError("broken")
        self.requests.append(dict(request))
        given = request["input"]
        nlu = await self.parse(given["text"]) if given["kind"] == "text" else {}
        message = engine.Input(
            given["kind"],
            intent=nlu.get("intent", ""),
            confidence=nlu.get("confidence", 0.0),
            choice=given.get("choice"),
            event=given.get("event", ""),
            message_id=(request["message_ids"] or [""])[-1],
        )
        made = engine.turn(load(), request["state"], message, request["context"])
        return {"acts": made.acts, "state": made.state, "model": "m", "instrument": load().hash, "nlu": nlu}


class Talk:
    """One phone and everything behind it, with a clock that the test moves."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.db, self.vault, self.now, self.n = database, vault, NOW, 0
        self.line, self.rasa = Line(), EngineRasa()
        phrasing = Phrasing(Catalogues(ROOT / "locales"))
        clock = lambda: self.now
        self.inbox = Inbox(database, vault, clock)
        self.outbox = Outbox(database, vault, {"whatsapp": self.line}, clock, lambda: 0.5)
        words = choices.load_words(ROOT / "locales", "es")
        tools = Tools(self.rasa, load, lambda _: words, vault.word_mac)
        self.dialogue = Dialogue(
            Parts(
                database,
                vault,
                self.inbox,
                self.outbox,
                phrasing,
                tools,
                {"whatsapp": self.line.limits},
                clock,
            )
        )
        self.text = phrasing.catalogues.text

    async def put(
        self,
        text: str = "",
        *,
        kind: str = "text",
        choice: str = "",
        department: str = "",
        edited: bool = False,
    ) -> None:
        """A message arrives."""
        self.n += 1
        at = datetime.fromtimestamp(self.now, UTC)
        await self.inbox.store(
            Inbound(
                "whatsapp",
                f"SM{self.n}",
                PHONE,
                kind,
                at,
                text=text,
                choice_id=choice,
                department=department,
                edited=edited,
            )
        )

    async def work(self) -> list[str]:
        """Turns are taken and messages leave; what arrived at the phone."""
        before = len(self.line.sent)
        while await self.dialogue.take("w"):
            pass
        for _ in range(60):
            await self.outbox.step()
            if not self.outbox._busy:
                break
            for task in list(self.outbox._busy.values()):
                await task
        return [text for _, text in self.line.sent[before:]]

    async def say(self, text: str = "", **more: Any) -> list[str]:
        self.now += 5
        await self.put(text, **more)
        return await self.work()

    async def row(self) -> Any:
        async with self.db.read() as conn:
            return (await conn.execute(select(people))).first()

    async def case(self) -> cases.Case | None:
        async with self.db.read() as conn:
            found = await queue.listed(conn, self.vault, NOW, states=("waiting", "claimed", "closed"))
        return found[-1] if found else None

    async def begin(self) -> None:
        """Through the gate to the first question."""
        for step in ("", "P0.yes", "P1.yes", "P2.18", "P3.no", "P4.now", "P5.full"):
            await (self.say("hola") if not step else self.say(kind="choice", choice=step))

    async def claim(self) -> str:
        ana = await member(self.db, self.vault, "ana")
        case = await self.case()
        assert case is not None
        async with self.db.write() as conn:
            assert await cases.claim(conn, case.id, ana, self.now)
            await conversations.set_phase(conn, case.conversation_id or "", "human")
        return ana


@pytest.fixture(params=["sqlite"])
def url(tmp_path: Path) -> str:
    """What differs between the databases is tested with inbox, outbox and cases."""
    return f"sqlite:///{tmp_path / 'faro.db'}"


@pytest.fixture
def talk(database: Database, vault: Vault) -> Talk:
    return Talk(database, vault)


async def test_a_turn_commits_state_messages_and_done_together(talk: Talk) -> None:
    """Question by question, by button, digit, word and emoji; Rasa gets choices as structure, never as text."""
    await talk.begin()
    for answer in ("1", "👎", "no sé", "4"):
        await talk.say(answer)
    row = await talk.row()
    answers = talk.vault.open_json("conversations", "state_sealed", row.id, row.state_sealed)["answers"]
    assert [(a["value"], a["source"]) for q, a in answers.items() if q in ("Q01", "Q02", "Q03", "Q04")] == [
        ("yes", "digit"),
        ("no", "word"),
        ("unsure", "word"),
        ("declined", "digit"),
    ]
    assert {r["input"]["kind"] for r in talk.rasa.requests[1:]} == {"choice"}
    async with talk.db.read() as conn:
        assert await conn.scalar(select(func.count()).where(inbound.c.state == "queued")) == 0


async def test_what_comes_in_one_breath_is_one_message(talk: Talk) -> None:
    """Fragments are joined; two digits in one breath are not two answers."""
    await talk.begin()
    talk.now += 5
    await talk.put("1")
    await talk.put("2")
    await talk.work()
    assert talk.rasa.requests[-1]["input"] == {"kind": "text", "text": "1\n2"}
    assert len(talk.rasa.requests[-1]["message_ids"]) == 2


async def test_a_question_that_still_waits_is_not_sent_twice(talk: Talk) -> None:
    """What is said besides is kept, another question too, and consent is read whole whatever was put again."""
    await talk.begin()
    for text, choice in (("", "Q01.no"), ("me quitaron el pasaporte", "")):
        talk.now += 5
        await talk.put(text, kind="choice" if choice else "text", choice=choice)
        while await talk.dialogue.take("w"):
            pass
    got = await talk.work()
    assert [text for text in got if talk.text("ask.Q02", "es") in text] == [got[-1]]
    assert talk.text("ack.disclose_documents", "es") in got
    assert put_anew([("again.P1", False, Outbound("x"))]) == []


async def test_an_unfinished_fragment_is_waited_for(talk: Talk) -> None:
    """A text such as "me quitaron el" waits a little for its end."""
    await talk.begin()
    talk.now += 5
    await talk.put("me quitaron el")
    assert await talk.work() == []
    talk.now += 0.5
    await talk.put("pasaporte")
    await talk.work()
    assert talk.rasa.requests[-1]["input"]["text"] == "me quitaron el\npasaporte"
    talk.now += 5
    await talk.put("y me dijeron que")
    assert await talk.work() == []
    talk.now += 1.3
    assert await talk.work() != []


async def test_what_follows_an_answer_too_soon_to_have_read_it_is_answered_once(talk: Talk) -> None:
    """The first message of a burst is answered at once, the others together when nothing more has come."""
    await talk.begin()
    assert await talk.say("le trabajo a un señor") != []
    for text in ("me quitaron el pasaporte", "vine en marzo"):
        talk.now += 1.5
        await talk.put(text)
        assert await talk.work() == []
    talk.now += QUIET_SECONDS
    assert await talk.work() != []
    assert talk.rasa.requests[-1]["input"]["text"] == "me quitaron el pasaporte\nvine en marzo"
    for _ in range(8):  # however much comes
        talk.now += 1.5
        await talk.put("y otra cosa más")
        if await talk.work():
            break
    assert talk.rasa.requests[-1]["input"]["text"].count("\n") == int(LONGEST_SECONDS / 1.5) + 1


@pytest.mark.parametrize("text", ["SALIR", "borra todo por favor"])
async def test_a_cover_waits_for_no_rasa(talk: Talk, text: str) -> None:
    """Whoever hides the chat has no seconds: a Rasa that hangs holds nothing up."""
    await talk.say("hola")
    talk.rasa.hangs = True
    begun = time.monotonic()
    assert await talk.say(text) == [talk.text("exit.cover", "es")]
    assert time.monotonic() - begun < 2.0


@pytest.mark.parametrize("text", ["no sé", "2", "claro que sí", "quiero hablar con una persona", "SALIR"])
async def test_an_answer_a_wish_or_a_word_of_safety_waits_for_nothing(talk: Talk, text: str) -> None:
    """However soon it comes after an answer; and what comes a moment later waits no more than at any time."""
    await talk.begin()
    talk.now += 0.5
    await talk.put(text)
    assert await talk.work() != []


async def test_whoever_read_the_answer_waits_for_nothing(talk: Talk) -> None:
    """A story told after a few seconds is no burst."""
    await talk.begin()
    for text in ("le trabajo a un señor", "me quitaron el pasaporte"):
        talk.now += CLOSE_SECONDS
        await talk.put(text)
        assert await talk.work() != []


async def test_half_a_cry_for_help_is_read_with_its_other_half(talk: Talk) -> None:
    """Though the first half was answered by itself; a moment later, the same words are no cry any more."""
    await talk.begin()
    await talk.say("me quiere")
    talk.rasa.danger["me quiere\nmatar"] = 0.95
    talk.now += 1.5
    await talk.put("matar")
    assert any("105" in text for text in await talk.work())
    case = await talk.case()
    assert case is not None
    assert (case.urgency, case.origin) == (3, "emergency")


async def test_words_of_another_breath_are_not_read_together(talk: Talk) -> None:
    """What was written before a pause stays apart."""
    await talk.begin()
    await talk.say("me quiere")
    await talk.say("matar")
    assert await talk.case() is None


async def test_si_without_its_accent_is_an_answer_and_is_not_waited_for(talk: Talk) -> None:
    """An answer is not a fragment: most people write "si" for yes; "pero si" goes on."""
    await talk.begin()
    talk.now += 5
    await talk.put("si")
    assert await talk.work() != []
    talk.now += 5
    await talk.put("pero si")
    assert await talk.work() == []


@pytest.mark.parametrize("away", [False, True])
async def test_danger_opens_an_urgent_case_with_or_without_rasa(talk: Talk, away: bool) -> None:
    """The rules answer at once, with lines to call and the truth about who is on duty."""
    await talk.begin()
    talk.rasa.away = away
    got = await talk.say("ayuda me está pegando")
    assert any("105" in text for text in got)
    assert talk.text("handoff.emergency_off_duty", "es") in got
    case = await talk.case()
    assert case is not None
    assert (case.urgency, case.origin, case.state) == (3, "emergency", "waiting")


async def test_a_yes_to_the_question_about_danger_waits_for_no_rasa(talk: Talk) -> None:
    """Tapped or typed: the case is urgent at once, and Rasa goes on from there when it is back."""
    for step in ("", "P0.yes", "P1.yes", "P2.18"):
        await (talk.say(kind="choice", choice=step) if step else talk.say("hola"))
    talk.rasa.away = True
    got = await talk.say(kind="choice", choice="P3.yes")
    assert talk.text("handoff.emergency_off_duty", "es") in got
    case = await talk.case()
    assert case is not None
    assert (case.urgency, case.origin) == (3, "emergency")
    got = await talk.say(kind="choice", choice="X_emergency.yes")
    assert talk.text("handoff.emergency_again_off_duty", "es") in got
    talk.rasa.away = False
    assert talk.text("ask.P4", "es") in await talk.say(kind="choice", choice="X_help.go")


async def test_danger_behind_an_unanswered_message_does_not_wait_for_rasa(talk: Talk) -> None:
    """While Rasa is away the urgent message is handled; the other one stays queued."""
    await talk.begin()
    talk.rasa.away = True
    talk.now += 5
    await talk.put("hola otra vez")
    await talk.put("ayuda me está pegando")
    assert any("105" in text for text in await talk.work())
    async with talk.db.read() as conn:
        assert await conn.scalar(select(func.count()).where(inbound.c.state == "queued")) == 1


async def test_the_persons_own_word_does_not_wait_for_rasa(talk: Talk) -> None:
    """While Rasa is away it closes the chat even behind something that waits."""
    await talk.begin()
    row = await talk.row()
    async with talk.db.write() as conn:
        await conn.execute(update(people).values(private_word_mac=talk.vault.word_mac(row.id, "cachapa")))
    talk.rasa.away = True
    talk.now += 5
    await talk.put("hola otra vez")
    await talk.put("cachapa")
    assert await talk.work() == [talk.text("exit.cover", "es")]
    assert (await talk.row()).phase == "locked"


async def test_on_duty_is_said_only_when_it_is_true(talk: Talk) -> None:
    """Somebody at the console now: the answer says so."""
    ana = await member(talk.db, talk.vault, "ana")
    async with talk.db.write() as conn:
        await conn.execute(
            insert(sessions).values(
                token_hash=b"x" * 32, staff_id=ana, step="full", created_at=NOW, seen_at=NOW
            )
        )
    assert talk.text("handoff.emergency", "es") in await talk.say("ayuda me está pegando")


@pytest.mark.parametrize("claims", [False, True], ids=["no claim yet", "a claim"])
async def test_the_wait_that_is_told_is_what_people_waited_lately(talk: Talk, claims: bool) -> None:
    """No figure without a claim; then the minutes of the claims, which handing a case on does not stretch."""
    await talk.begin()
    ana, eva = [await member(talk.db, talk.vault, login) for login in ("ana", "eva")]
    begun = talk.now
    talk.now += 4000
    async with talk.db.write() as conn:
        row = {"token_hash": b"x" * 32, "staff_id": ana, "step": "full"}
        await conn.execute(insert(sessions).values(**row, created_at=talk.now, seen_at=talk.now))
        here = await conversations.get(conn, talk.vault, (await talk.row()).id)
        assert here is not None
        if claims:
            about: dict[str, Any] = {"origin": "person", "urgency": 1, "now": begun, "summary": {}}
            case = await cases.open_case(conn, talk.vault, here, **about)
            assert await cases.claim(conn, case, ana, begun + 600)
            assert await cases.transfer(conn, case, ana, eva, begun + 3600)
            assert await cases.close(conn, case, eva, "other", begun + 3700)
    told = talk.text("handoff.waiting", "es", minutes=10)
    expected = told if claims else talk.text("handoff.waiting_unknown", "es")
    assert expected in await talk.say("quiero hablar con una persona")


async def test_nobody_there_says_when_the_next_shift_begins(talk: Talk) -> None:
    """Known before anything is promised; where nobody is expected nothing is said; never in danger."""
    await talk.begin()
    ana = await member(talk.db, talk.vault, "ana")
    here = datetime.fromtimestamp(talk.now, LIMA)
    day = (here.weekday() + 1) % 7
    async with talk.db.write() as conn:
        await shifts.add(conn, ana, day, 8 * 60, 14 * 60, holidays=True)
    assert talk.text("handoff.next.tomorrow", "es", time="08:00") in await talk.say(
        "quiero hablar con una persona"
    )
    assert not any("turno empieza" in text for text in await talk.say("ayuda me está pegando"))


async def test_a_model_that_is_sure_of_no_danger_costs_a_question_first(talk: Talk) -> None:
    """The rules' alarm is asked about once; the second one counts whatever the model says."""
    await talk.begin()
    talk.rasa.danger["me está pegando"] = 0.001
    texts = await talk.say("me está pegando")
    assert texts[-1].endswith(talk.text("ask.X_check", "es"))
    assert await talk.case() is None
    await talk.say("me está pegando")
    case = await talk.case()
    assert case is not None
    assert case.urgency == 3


async def test_an_unsure_model_costs_a_question_and_no_case(talk: Talk) -> None:
    """The model alone, not sure enough: ask once, open nothing."""
    await talk.begin()
    talk.rasa.ranking["pasan cosas feas"] = ("emergency", 0.52)
    talk.rasa.danger["pasan cosas feas"] = 0.35
    got = await talk.say("pasan cosas feas")
    assert talk.text("ask.X_check", "es") in "\n".join(got)
    assert await talk.case() is None


async def test_grave_answers_open_a_case_and_the_person_is_told(talk: Talk) -> None:
    """Confined and threatened now: U3 without asking, once, and what is said of it is true."""
    await talk.begin()
    await talk.say("me quitaron el pasaporte")
    row = await talk.row()
    state = talk.vault.open_json("conversations", "state_sealed", row.id, row.state_sealed)
    state["answers"] |= {q: {"value": "yes", "source": "button", "message_id": ""} for q in ("Q12", "Q13")}
    async with talk.db.write() as conn:
        await conversations.save_turn(
            conn,
            talk.vault,
            row.id,
            expected_version=row.state_version,
            state=state,
            shown=talk.vault.open_json("conversations", "shown_sealed", row.id, row.shown_sealed),
        )
    got = await talk.say("1")
    assert talk.text("handoff.opened_off_duty", "es") in got
    case = await talk.case()
    assert case is not None
    assert (case.urgency, case.origin) == (3, "emergency")
    assert talk.text("handoff.opened_off_duty", "es") not in await talk.say("1")


async def test_asking_for_a_person_opens_a_case_with_a_summary_without_words(talk: Talk) -> None:
    """The case holds closed answers only, each pointing at its message."""
    await talk.begin()
    await talk.say("1")
    await talk.say("quiero hablar con una persona")
    case = await talk.case()
    assert case is not None
    assert (case.origin, case.urgency, case.minor) == ("person", 1, False)
    assert case.summary is not None
    (line,) = case.summary["lines"]
    assert (line["answer"], line["value"], line["source"]) == ("Q01", "yes", "digit")
    async with talk.db.read() as conn:
        assert await conn.scalar(select(inbound.c.id).where(inbound.c.id == line["message_id"]))
    assert "persona" not in repr({k: v for k, v in case.summary.items() if k != "reasons"}).replace(
        "wants_person", ""
    )


async def test_while_a_person_speaks_the_bot_is_silent_and_danger_still_counts(talk: Talk) -> None:
    """Messages stay for the responder; the safety rules raise the case."""
    await talk.begin()
    await talk.say("quiero hablar con una persona")
    await talk.claim()
    turns = len(talk.rasa.requests)
    assert await talk.say("¿sigue ahí?") == []
    assert await talk.say(kind="voice") == []
    assert len(talk.rasa.requests) == turns
    assert await talk.say("me está pegando ahora, ayuda") == []
    case = await talk.case()
    assert case is not None
    assert case.urgency == 3


async def test_after_a_person_the_bot_returns_cleanly(talk: Talk) -> None:
    """Closed: silent until the person writes; then the open question comes back."""
    await talk.begin()
    await talk.say("quiero hablar con una persona")
    ana = await talk.claim()
    case = await talk.case()
    assert case is not None
    talk.now += 5
    async with talk.db.write() as conn:
        assert await cases.close(conn, case.id, ana, "oriented", talk.now)
        await conversations.set_phase(conn, case.conversation_id or "", "bot")
    assert await talk.work() == []
    assert await talk.say("hola") != []
    assert [r["input"].get("event") for r in talk.rasa.requests[-2:]] == ["returned_from_human", None]


async def test_exit_locks_and_only_the_cover_line_leaves(talk: Talk) -> None:
    """After SALIR nothing of the talk shows; danger in a locked chat raises a case without a sound."""
    await talk.begin()
    assert await talk.say("SALIR") == [talk.text("exit.cover", "es")]
    assert (await talk.row()).phase == "locked"
    assert await talk.say("quién es?") == [talk.text("lock.ask", "es")]
    assert await talk.say("contesta") == []
    assert await talk.say("auxilio me va a matar") == []
    case = await talk.case()
    assert case is not None
    assert case.urgency == 3
    got = await talk.say("sí, soy yo")
    assert (await talk.row()).phase == "bot"
    assert got
    assert all("Q01" not in text and "promet" not in text for text in got)


async def test_the_persons_own_word_locks_and_unlocks(talk: Talk) -> None:
    """Only its keyed hash is kept, and nothing else opens the chat."""
    await talk.begin()
    row = await talk.row()
    async with talk.db.write() as conn:
        await conn.execute(update(people).values(private_word_mac=talk.vault.word_mac(row.id, "cachapa")))
    assert await talk.say("Cachapa") == [talk.text("exit.cover", "es")]
    assert await talk.say("sí, soy yo") == []
    assert (await talk.row()).phase == "locked"
    assert await talk.say("cachapa")
    assert (await talk.row()).phase == "bot"


async def test_a_reply_that_missed_the_window_goes_out_when_the_person_writes(talk: Talk) -> None:
    """A late reply is held, not lost: it leaves before the answer to the next message, once."""
    await talk.begin()
    await talk.say("quiero hablar con una persona")
    ana = await talk.claim()
    talk.line.errors = [SendError("63016", retryable=False, window=True)]
    async with talk.db.write() as conn:
        conversation = (await talk.row()).id
        await talk.outbox.enqueue(
            conn, conversation, "r1", "staff", "reply", Outbound("Hola, soy Ana."), talk.now, staff_id=ana
        )
    assert await talk.work() == []
    assert (await talk.say("sigo aquí")) == ["Hola, soy Ana."]
    assert await talk.say("gracias") == []


async def test_stop_is_confirmed_once_and_writing_again_begins_anew(talk: Talk) -> None:
    """ALTO ends everything unasked; a new message is answered."""
    await talk.begin()
    assert await talk.say("ALTO") == [talk.text("stop.done", "es")]
    assert (await talk.row()).phase == "stopped"
    assert await talk.say("hola") != []
    assert (await talk.row()).phase == "bot"


async def test_stopping_while_a_person_speaks_keeps_the_bot_silent(talk: Talk) -> None:
    """Whoever stops and writes again still talks to the responder who holds the case, not to the bot."""
    await talk.begin()
    await talk.say("quiero hablar con una persona")
    await talk.claim()
    assert await talk.say("ALTO") == [talk.text("stop.done", "es")]
    assert (await talk.row()).phase == "stopped"
    assert await talk.say("sigo aquí") == []
    assert (await talk.row()).phase == "human"


async def test_erase_asks_once_and_then_everything_is_gone(talk: Talk) -> None:
    """BORRAR, one confirming answer, a receipt; a no changes nothing."""
    await talk.begin()
    assert talk.text("erase.confirm", "es") in (await talk.say("BORRAR"))[0]
    await talk.say(kind="choice", choice="erase.no")
    assert await talk.row() is not None
    await talk.say("BORRAR")
    async with talk.db.read() as conn:
        held = sum([await conn.scalar(select(func.count()).select_from(t)) or 0 for t in (inbound, outbound)])
    got = await talk.say(kind="choice", choice="erase.yes")
    done = talk.text("erase.done_whatsapp", "es", messages=held + 1)
    assert got == [done, talk.text("erase.copies", "es", days=14)]
    async with talk.db.read() as conn:
        for table in (people, inbound, outbound):
            assert await conn.scalar(select(func.count()).select_from(table)) == 0


async def test_the_receipt_says_what_is_left_of_a_case(talk: Talk) -> None:
    """Somebody had been told: the month and the urgency stay, and the person hears so."""
    await talk.begin()
    await talk.say("quiero hablar con una persona")
    await talk.say("BORRAR")
    got = await talk.say(kind="choice", choice="erase.yes")
    assert got[1:] == [talk.text("erase.rest", "es"), talk.text("erase.copies", "es", days=14)]


async def test_rasa_away_gives_the_lines_in_time_and_loses_nothing(talk: Talk) -> None:
    """Nothing at first, the fallback once within 15 s, and the answer when Rasa returns."""
    await talk.begin()
    talk.rasa.away = True
    sent_at = talk.now + 5
    assert await talk.say("claro que sí") == []
    heard = None
    while talk.now < sent_at + 60:
        talk.now += 0.5
        if got := await talk.work():
            assert heard is None, "the fallback is said once"
            assert got == [talk.text("fallback.down", "es")]
            heard = talk.now - sent_at
    assert heard is not None
    assert FALLBACK_SECONDS <= heard <= 15
    talk.rasa.away = False
    talk.now += 10
    assert await talk.work() != []
    assert (await talk.row()).down_notice_at is None


async def test_a_long_outage_goes_to_a_person_without_a_word(talk: Talk) -> None:
    """After ten minutes a case is opened; nothing unasked is sent."""
    await talk.begin()
    talk.rasa.away = True
    await talk.say("claro que sí")
    talk.now += 13
    await talk.work()
    talk.now += GIVE_UP_SECONDS
    assert await talk.work() == []
    case = await talk.case()
    assert case is not None
    assert (case.origin, case.urgency) == ("bot_failed", 1)
    async with talk.db.read() as conn:
        assert await conn.scalar(select(func.count()).where(inbound.c.state == "queued")) == 0


async def test_a_message_that_breaks_the_bot_reaches_a_person(talk: Talk) -> None:
    """Tried a few times, then the chatter has the lines and a person has the chat."""
    await talk.begin()
    talk.rasa.broken = True
    got = await talk.say("claro que sí")
    for _ in range(10):
        talk.now += 10
        got += await talk.work()
    assert got == [talk.text("fallback.down", "es")]
    case = await talk.case()
    assert case is not None
    assert case.origin == "bot_failed"


async def test_a_claim_during_a_turn_wins(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A responder joins while the bot thinks: the turn is taken again, and the bot says nothing."""
    await talk.begin()
    await talk.say("quiero hablar con una persona")
    original = talk.rasa.turn

    async def slow(request: Mapping[str, Any]) -> dict[str, Any]:
        answer = await original(request)
        talk.rasa.turn = original  # type: ignore[method-assign]
        await talk.claim()
        return answer

    talk.rasa.turn = slow  # type: ignore[method-assign]
    assert await talk.say("claro que sí") == []


@pytest.mark.parametrize("kind", ["voice", "image", "sticker", "location", "contact", "unsupported"])
async def test_what_is_not_text_gets_a_kind_answer(talk: Talk, kind: str) -> None:
    """Never silence, never an error, and the open question again."""
    await talk.begin()
    got = await talk.say(kind=kind)
    assert got[0].startswith(talk.text(f"kind.{kind}", "es")[:20])
    async with talk.db.read() as conn:
        assert await conn.scalar(select(func.count()).select_from(case_rows)) == 0


async def test_a_third_button_shows_the_other_answers(talk: Talk) -> None:
    """The button "Otra respuesta" brings the rest, and digits keep their meaning."""
    await talk.begin()
    got = await talk.say(kind="choice", choice="Q01.more")
    assert talk.text("say.more_answers", "es") in got[0]
    await talk.say("1")
    row = await talk.row()
    answers = talk.vault.open_json("conversations", "state_sealed", row.id, row.state_sealed)["answers"]
    assert answers["Q01"]["value"] == "yes"


async def test_a_place_answers_the_question_for_the_region(talk: Talk) -> None:
    """What was noted is said and stays an approximation; to any other question a place is not needed."""
    await talk.begin()
    assert (await talk.say(kind="location", department="callao"))[0] == talk.text("kind.location", "es")
    row = await talk.row()
    value = {"q": "W3", "v": "lima"}
    async with talk.db.write() as conn:
        await conversations.save_turn(
            conn,
            talk.vault,
            row.id,
            expected_version=row.state_version,
            state=talk.vault.open_json("conversations", "state_sealed", row.id, row.state_sealed),
            shown={"last": [{"id": "W3.lima", "title": "Lima", "value": value}]},
        )
    got = await talk.say(kind="location", department="callao")
    assert got[0] == talk.text("say.region", "es", region="Lima")
    assert talk.rasa.requests[-1]["input"]["choice"] == {**value, "source": "word"}


async def test_an_edit_answers_no_question(talk: Talk) -> None:
    """Whatever it corrects may be long past: it is told, the question stays open, and the next message answers it."""
    await talk.begin()
    said = await talk.say("sí", edited=True)
    assert said[0].startswith(Catalogues(ROOT / "locales").text("kind.edited", "es"))
    assert said[-1].endswith(Catalogues(ROOT / "locales").text("ask.Q01", "es"))
    state = talk.rasa.requests[-1]["state"]
    assert "Q01" not in state["answers"]
    assert talk.rasa.requests[-1]["input"] == {"kind": "event", "event": "edited"}
    await talk.say("sí")
    assert talk.rasa.requests[-1]["input"]["choice"]["q"] == "Q01"


async def test_an_edit_is_not_joined_with_what_was_typed(talk: Talk) -> None:
    """What was written in the same breath is an answer all the same."""
    await talk.begin()
    talk.now += 5
    await talk.put("sí")
    await talk.put("no", edited=True)
    await talk.work()
    assert [request["input"].get("event", "answer") for request in talk.rasa.requests[-2:]] == [
        "answer",
        "edited",
    ]


async def test_an_edit_erases_nothing(talk: Talk) -> None:
    """A "sí" that was changed is no yes to "shall I erase?"."""
    await talk.begin()
    await talk.say("BORRAR")
    await talk.say("sí", edited=True)
    row = await talk.row()
    assert row is not None
    assert row.phase == "bot"


@pytest.mark.parametrize("words", ["me está pegando", "pasa algo horrible"])
async def test_danger_in_an_edit_is_danger(talk: Talk, words: str) -> None:
    """Rules and model look at every message, whatever the dialogue makes of it."""
    await talk.begin()
    talk.rasa.danger[words] = 0.99
    talk.rasa.ranking[words] = ("emergency", 0.99)
    await talk.say(words, edited=True)
    case = await talk.case()
    assert case is not None
    assert case.urgency == 3


@pytest.mark.parametrize("words", ["mi hermana está encerrada", "no me pega"])
async def test_doubt_in_an_edit_is_asked_about(talk: Talk, words: str) -> None:
    """Once, as with any other message: the rules' alarm that the model doubts, and the rules' own doubt."""
    await talk.begin()
    said = await talk.say(words, edited=True)
    assert said[-1].endswith(talk.text("ask.X_check", "es"))
    assert await talk.case() is None
