"""A trial of two wordings on both databases: begun once, counted exactly, ended whole; and two crowds that live it."""

from __future__ import annotations

import asyncio
import dataclasses
import random
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from bot import retention
from bot.outbox import Outbox
from bot.phrasing import Phrasing
from bot.recordings import Recordings, spoken_now
from bot.storage import trials
from bot.storage.database import Database
from bot.storage.tables import conversations as people
from bot.storage.text_tables import trial_counts
from bot.storage.text_tables import trials as rows
from bot.storage.trials import NEW, OLD, Tally
from bot.texts import trialdesk
from bot.texts.trial import DAY, Arm, Rule, day_of
from bot.trials import Trials
from bot.vault import Vault
from connectors.base import Inbound
from tests.integration.conftest import NOW
from tests.integration.console_support import World, post, world
from tests.integration.test_console_texts import Desk, desk, keep
from tests.integration.test_dialogue import Talk
from tests.integration.test_storage_cases import member

__all__ = ["desk", "world"]

KEY, URL = "ask.P2", "/console/texts/es/ask.P2"
CHANNELS = ("whatsapp", "telegram", "sim-whatsapp")
RULE = Rule(most=1000, until=NOW + 60 * DAY)


async def begun(database: Database, vault: Vault, key: str = KEY, text: str = "otra") -> str:
    eva = await member(database, vault, f"eva{key}")
    async with database.write() as conn:
        assert await trials.begin(conn, "es", key, text, "la de antes", eva, RULE, NOW)
        found = await trials.latest(conn, "es", key)
    assert found is not None
    return found.id


async def test_one_trial_for_one_text(database: Database, vault: Vault) -> None:
    """Two editors at once: one begins it. When it is over another may, and the old one is decided by that."""
    first = await begun(database, vault)
    eva = await member(database, vault, "eva")

    async def another() -> bool:
        async with database.write() as conn:
            return await trials.begin(conn, "es", KEY, "más", "la de antes", eva, RULE, NOW + 1)

    assert await asyncio.gather(another(), another()) == [False, False]
    async with database.write() as conn:
        assert await trials.end(conn, first, "same", NOW)
        assert not await trials.end(conn, first, "better", NOW)
    assert sorted(await asyncio.gather(another(), another())) == [False, True]
    async with database.read() as conn:
        assert (await conn.scalar(select(rows.c.decision).where(rows.c.id == first))) == "kept"
        assert [one.text for one in await trials.running(conn)] == ["más"]


async def test_counts_do_not_race(database: Database, vault: Vault) -> None:
    """Sixty turns at once, each of two trials in either order: nobody is lost, and no two wait for each other."""
    ids = [await begun(database, vault), await begun(database, vault, "ask.Q07")]

    async def turn(n: int) -> None:
        told = [Tally(id_, (OLD, NEW)[n % 2], 7, read=1, answered=n % 3 == 0) for id_ in ids]
        async with database.write() as conn:
            await trials.count(conn, told if n % 4 else reversed(told))

    await asyncio.gather(*(turn(n) for n in range(60)))
    async with database.read() as conn:
        for id_ in ids:
            assert await trials.counted(conn, id_) == {OLD: {7: Arm(30, 10)}, NEW: {7: Arm(30, 10)}}


async def test_a_trial_ends_before_or_after_a_turn(database: Database, vault: Vault) -> None:
    """No count is left of one that ended while people went on writing."""
    id_ = await begun(database, vault)

    async def turn() -> None:
        async with database.write() as conn:
            await trials.count(conn, [Tally(id_, NEW, 7, read=1)])
            await asyncio.sleep(0.01)

    async def end() -> bool:
        async with database.write() as conn:
            return await trials.end(conn, id_, "same", NOW)

    done = await asyncio.gather(*(turn() for _ in range(10)), end(), *(turn() for _ in range(10)), end())
    assert [one for one in done if one is not None].count(True) == 1
    async with database.read() as conn:
        assert await conn.scalar(select(func.count()).select_from(trial_counts)) == 0


async def test_what_is_kept_of_a_trial_and_how_long(database: Database, vault: Vault) -> None:
    """Exact counts go when it ends; tens stay where every group has ten; after a year nothing is left."""
    id_, day = await begun(database, vault), day_of(NOW)
    async with database.write() as conn:
        await trials.count(conn, [Tally(id_, OLD, day, 104, 61), Tally(id_, NEW, day, 96, 84)])
        await trials.count(conn, [Tally(id_, NEW, day + 3, 50, 1)])  # has time to answer yet
        await trials.end(conn, id_, "better", NOW + 3 * DAY)
        found = await trials.latest(conn, "es", KEY)
    assert found is not None
    assert (found.old, found.new) == (Arm(100, 60), Arm(100, 80))
    await retention.purge(database, NOW + 300 * DAY)
    async with database.read() as conn:
        assert await trials.latest(conn, "es", KEY) is not None
    await retention.purge(database, NOW + 369 * DAY)
    async with database.read() as conn:
        assert await trials.latest(conn, "es", KEY) is None


# ── two crowds ──────────────────────────────────────────────────────────────────────────────────────────────


class Crowd(Talk):
    """Many phones, one after another, in a town with an editor; its coin is chance with a seed."""

    def __init__(self, world: World, desk: Desk) -> None:
        super().__init__(world.db, world.vault)
        self.world, self.desk, self.phone = world, desk, 0
        self.now = world.clock.now
        self.channel = "whatsapp"
        lines = dict.fromkeys(CHANNELS, self.line)
        self.outbox = Outbox(self.db, self.vault, lines, lambda: self.now, lambda: 0.5)
        self.recordings = Recordings(desk.folder, clock=lambda: self.now)
        self.phrasing = Phrasing(desk.catalogues, recordings=self.recordings)
        self.trials = Trials(lambda: chance.random() < 0.5)
        chance = random.Random(4)
        self.dialogue._parts = dataclasses.replace(
            self.dialogue._parts,
            phrasing=self.phrasing,
            trials=self.trials,
            outbox=self.outbox,
            limits=dict.fromkeys(CHANNELS, dataclasses.replace(self.line.limits, voice=True)),
        )
        self.rasa.ranking["¿para qué?"] = ("why", 0.9)
        self.rasa.ranking["otra vez"] = ("repeat", 0.9)

    async def put(
        self, text: str = "", *, kind: str = "text", choice: str = "", department: str = ""
    ) -> None:
        self.n += 1
        at = datetime.fromtimestamp(self.now, UTC)
        phone = f"{self.channel}:+519{self.phone:08}"
        await self.inbox.store(
            Inbound(self.channel, f"SM{self.n}", phone, kind, at, text=text, choice_id=choice)
        )

    async def arrive(self) -> str:
        """Somebody new comes as far as the question of age; which words it had."""
        self.phone += 1
        said: list[str] = []
        for step in ("", "P0.yes", "P1.yes"):
            said = await (self.say("hola") if not step else self.say(kind="choice", choice=step))
        return said[-1]

    async def shown(self) -> dict[str, Any]:
        """What the conversation of the newest phone holds."""
        async with self.db.read() as conn:
            row = (await conn.execute(select(people).order_by(people.c.created_at.desc()))).first()
        assert row is not None
        found: dict[str, Any] = self.vault.open_json(
            "conversations", "shown_sealed", row.id, row.shown_sealed
        )
        return found

    async def counts(self) -> dict[str, Arm]:
        async with self.db.read() as conn:
            (one,) = await trials.running(conn)
            found = await trials.counted(conn, one.id)
        return {
            arm: Arm(sum(d.read for d in days.values()), sum(d.answered for d in days.values()))
            for arm, days in found.items()
        }

    async def settle(self) -> None:
        self.world.clock.now = self.now
        await trialdesk.settle(self.db, self.desk.catalogues, self.now)


class Town:
    """A console with editors, and a crowd beside it."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.crowd = desk, Crowd(desk.world, desk)
        self.old = desk.said(KEY)
        self.new = f"Otra cosa: {self.old}"

    async def editor(self, login: str = "eva", role: str = "editor") -> httpx.AsyncClient:
        """Somebody who has just logged in; days pass between."""
        self.desk.world.clock.now = self.crowd.now
        return await self.desk.editor(login, role)

    async def begin(self) -> None:
        assert await keep(await self.editor(), URL, self.new, "draft") == "text_drafted"
        assert await self.press("trial-begin", people="1000", weeks="8") == "trial_begun"
        self.crowd.now += 3

    async def press(self, marker: str, browser: httpx.AsyncClient | None = None, **more: str) -> str:
        """Press a button of the text's page; what the console says of it."""
        browser = browser or await self.editor()
        page = (await browser.get(URL)).text
        form = page[: page.index(f'data-testid="{marker}"')].rpartition("<form")[2]
        where = form.partition('action="')[2].partition('"')[0]
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form))
        answer = await post(browser, where, **{**hidden, **more})
        return answer.headers["location"].partition("?said=")[2]

    async def page(self) -> str:
        return (await (await self.editor()).get(URL)).text


@pytest.fixture
def town(desk: Desk) -> Town:
    return Town(desk)


async def test_two_crowds_read_two_wordings_and_the_better_one_is_published(town: Town) -> None:
    """From the draft to the phones: halves, answers in the right half, the end by the rule, the button."""
    crowd = town.crowd
    await town.begin()
    read: dict[str, list[str]] = {town.old: [], town.new: []}
    for n in range(64):
        words = await crowd.arrive()
        read[next(text for text in (town.new, town.old) if text in words)].append(words)
        if town.new in words or n % 3 == 0:
            await crowd.say(kind="choice", choice="P2.18")
        elif n % 3 == 1:  # wants to know why, and answers then
            assert town.old in (await crowd.say("¿para qué?"))[-1]
            await crowd.say(kind="choice", choice="P2.18")
    halves = {arm: len(read[text]) for arm, text in ((OLD, town.old), (NEW, town.new))}
    assert min(halves.values()) > 20
    told = await crowd.counts()
    assert {arm: one.read for arm, one in told.items()} == halves
    assert told[NEW].answered == halves[NEW]
    assert 0 < told[OLD].answered < halves[OLD] / 2
    await crowd.settle()
    page = await town.page()
    assert 'data-testid="trial-running"' in page  # the day is not over, nor the time to answer
    assert 'class="fares" data-testid="trial-fares"' not in page
    crowd.now += 2.5 * DAY
    await crowd.settle()
    assert town.desk.said(KEY) == town.old  # nothing is published by itself
    assert town.old in await crowd.arrive()
    page = await town.page()
    assert 'data-testid="trial-over" data-state="better"' in page
    assert 'data-testid="trial-few"' in page  # nobody of the new half stayed away
    assert await town.press("trial-publish") == "text_published"
    assert town.desk.said(KEY) == town.new
    crowd.now += 3
    assert town.new in await crowd.arrive()
    assert 'data-testid="trial-over"' not in await town.page()
    ((actor, _, _),) = await town.desk.world.acts("trial.begin")
    assert actor == town.desk.staff["eva"].id


async def test_a_half_is_kept_and_only_by_the_conversation_itself(town: Town) -> None:
    """Asked again, after a silence, after going back: the same words, counted once; nothing names the person."""
    crowd = town.crowd
    await town.begin()
    crowd.trials._coin = lambda: True
    assert town.new in await crowd.arrive()
    assert any(town.new in text for text in await crowd.say("qué bonito está el clima hoy"))
    crowd.now += 3600  # a silence: a neutral question first
    assert not any(town.new in text for text in await crowd.say("hola"))
    assert any(town.new in text for text in await crowd.say(kind="choice", choice="X_resume.yes"))
    await crowd.say(kind="choice", choice="P2.18")
    crowd.rasa.ranking["atrás"] = ("back", 0.9)
    crowd.trials._coin = lambda: False
    assert any(town.new in text for text in await crowd.say("atrás"))
    await crowd.say(kind="choice", choice="P2.18")
    assert await crowd.counts() == {OLD: Arm(), NEW: Arm(1, 1)}
    (half,) = (await crowd.shown())["tried"].values()
    assert half == {"arm": NEW}


@pytest.mark.parametrize("reply", ["¿para qué?", "otra vez", ""])
async def test_who_asks_back_or_answers_after_a_day_has_not_answered(town: Town, reply: str) -> None:
    crowd = town.crowd
    await town.begin()
    await crowd.arrive()
    if reply:
        await crowd.say(reply)
    else:
        crowd.now += DAY
        await crowd.say("hola")
        await crowd.say(kind="choice", choice="X_resume.yes")
    await crowd.say(kind="choice", choice="P2.18")
    told = await crowd.counts()
    assert sum(one.read for one in told.values()) == 1
    assert sum(one.answered for one in told.values()) == 0


async def test_who_was_asked_before_is_in_no_half(town: Town) -> None:
    """The open question keeps its words, and whoever read the old ones is not counted for the new."""
    crowd = town.crowd
    crowd.trials._coin = lambda: True
    await crowd.arrive()
    await town.begin()
    again = await crowd.say("qué bonito está el clima hoy")
    assert any(town.old in text for text in again)
    assert not any(town.new in text for text in again)
    assert await crowd.counts() == {OLD: Arm(), NEW: Arm()}


@pytest.mark.parametrize("how", ["console", "file"])
async def test_a_text_that_somebody_changes_is_tried_no_longer(town: Town, how: str) -> None:
    """At once nobody reads the trial's words; who has the question open keeps its own."""
    crowd = town.crowd
    await town.begin()
    crowd.trials._coin = lambda: True
    assert town.new in await crowd.arrive()
    other = f"Y esto: {town.old}"
    if how == "console":
        assert await keep(await town.editor(), URL, other) == "text_published"
    else:
        town.desk.by_hand(KEY, other)
        town.desk.catalogues.refresh()
    crowd.now += 1
    again = await crowd.say("qué bonito está el clima hoy")
    assert any(town.new in text for text in again)
    assert other in await crowd.arrive()
    await crowd.settle()
    page = await town.page()
    assert 'data-state="changed"' in page
    assert 'data-testid="trial-publish"' not in page


async def test_harm_ends_a_trial_and_the_draft_can_go(town: Town) -> None:
    """Stopped by the rule: shares are shown in tens of people, and "Dejar la de antes" drops the draft."""
    crowd = town.crowd
    await town.begin()
    async with crowd.db.write() as conn:
        (one,) = await trials.running(conn)
        day = day_of(crowd.now)
        await trials.count(conn, [Tally(one.id, OLD, day, 58, 41), Tally(one.id, NEW, day, 61, 21)])
    crowd.now += 3 * DAY
    await crowd.settle()
    page = await town.page()
    assert 'data-state="worse"' in page
    shares = page.partition('data-testid="trial-fares"')[2].partition("</dl>")[0]
    assert re.findall(r"unas (\d+) de cada 10", shares) == ["7", "3"]
    assert f'data-key="{KEY}"' in (await (await town.editor()).get("/console/texts?place=drafts")).text
    assert 'data-testid="trials"' in (await (await town.editor()).get("/console/texts")).text
    assert await town.press("trial-keep") == "trial_kept"
    assert town.desk.said(KEY) == town.old
    assert 'data-testid="trials"' not in (await (await town.editor()).get("/console/texts")).text
    assert 'data-testid="trial-over"' not in await town.page()
    assert f'data-key="{KEY}"' not in (await (await town.editor()).get("/console/texts?place=drafts")).text


async def test_an_editor_can_stop_it_and_only_what_may_be_tried_is(town: Town) -> None:
    """Not a text of safety, not a draft with an error, not twice, not by a supervisor, not with a rule of one's own."""
    eva = await town.editor()
    grave = "/console/texts/es/ask.P3"
    assert await keep(eva, grave, f"Otra cosa: {town.desk.said('ask.P3')}", "draft") == "text_drafted"
    page = (await eva.get(grave)).text
    assert "trial-begin" not in page
    change = page.partition('name="change" value="')[2].partition('"')[0]
    asked = {"act": "begin", "change": change, "people": "1000", "weeks": "8"}
    assert (await post(eva, f"{grave}/trial", **asked)).headers["location"].endswith("trial_unfit")
    assert await keep(eva, URL, "Te prometo papeles. ¿Qué edad tienes?", "draft") == "text_drafted"
    assert await town.press("trial-begin", people="1000", weeks="8") == "text_wrong"
    assert await keep(eva, URL, town.new, "draft") == "text_drafted"
    for wrong in (
        {"people": "7", "weeks": "8"},
        {"people": "1000", "weeks": "900"},
        {"people": "x", "weeks": ""},
    ):
        assert await town.press("trial-begin", **wrong) == "trial_unfit"
    form = (await eva.get(URL)).text
    await town.begin()
    change = form.partition('name="change" value="')[2].partition('"')[0]
    again = await post(eva, f"{URL}/trial", **{**asked, "change": change})
    assert again.headers["location"].partition("?said=")[2] in ("text_gone", "trial_known")
    sofia = await town.editor("sofia", "supervisor")
    assert "trial-stop" not in (await sofia.get(URL)).text
    assert (await post(sofia, f"{URL}/trial", act="stop")).status_code == 404
    assert await town.press("trial-stop") == "trial_stopped"
    assert 'data-state="stopped"' in await town.page()
    async with town.crowd.db.read() as conn:
        assert await trials.running(conn) == []
    town.crowd.now += 3
    town.crowd.trials._coin = lambda: True
    assert town.new not in await town.crowd.arrive()


async def test_words_that_were_not_recorded_are_not_heard(town: Town) -> None:
    """The recording speaks the published words: only their half can listen."""
    audio = town.desk.folder / "es/audio"
    audio.mkdir(exist_ok=True)
    (audio / f"{KEY}.ogg").write_bytes(b"OggS" + b"\0" * 24 + b"OpusHead")
    spoken_now(audio, KEY, town.old)
    crowd = town.crowd
    crowd.now += 2
    await town.begin()
    for heads, heard in ((False, f"es/{KEY}"), (True, "")):
        crowd.trials._coin = lambda heads=heads: heads
        await crowd.arrive()
        assert (await crowd.shown())["recording"] == heard


async def test_every_channel_takes_part_and_nobody_of_the_simulator_is_counted(town: Town) -> None:
    """Its phones show what people may read; nobody lived them."""
    crowd = town.crowd
    await town.begin()
    crowd.trials._coin = lambda: True
    for channel, counted in (("whatsapp", 1), ("telegram", 2), ("sim-whatsapp", 2)):
        crowd.channel = channel
        assert town.new in await crowd.arrive()
        await crowd.say(kind="choice", choice="P2.18")
        assert await crowd.counts() == {OLD: Arm(), NEW: Arm(counted, counted)}


async def test_a_variant_is_tried_on_whoever_is_spoken_to_in_it(town: Town) -> None:
    """Where the house says "usted", its words are tried and not those of "tú", which nobody reads; and the other way."""
    eva, crowd = await town.editor(), town.crowd
    usted = URL.replace("/es/", "/es@usted/")
    told = {locale: town.desk.written(KEY, locale) for locale in ("es", "es@usted")}
    assert told["es"] != told["es@usted"]
    for home, url, said in (
        ("es", usted, "trial_unfit"),
        ("es@usted", URL, "trial_unfit"),
        ("es@usted", usted, "trial_begun"),
    ):
        town.desk.catalogues.home = home
        locale = url.split("/")[3]
        assert await keep(eva, url, f"Otra cosa: {told[locale]}", "draft") == "text_drafted"
        change = (await eva.get(url)).text.partition('name="change" value="')[2].partition('"')[0]
        fields = {"act": "begin", "change": change, "people": "1000", "weeks": "8"}
        answer = await post(eva, f"{url}/trial", **fields)
        assert answer.headers["location"].partition("?said=")[2] == said
    crowd.now += 3
    for heads, words in ((True, f"Otra cosa: {told['es@usted']}"), (False, told["es@usted"])):
        crowd.trials._coin = lambda heads=heads: heads
        assert words in await crowd.arrive()
    assert {arm: one.read for arm, one in (await crowd.counts()).items()} == {OLD: 1, NEW: 1}
