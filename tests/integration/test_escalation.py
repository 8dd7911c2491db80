"""Alerts to staff: through the ladder to real servers on this machine, over HTTP and SMTP."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import update

from bot.handoff.escalation import Escalation, code
from bot.storage import alerts, shifts
from bot.storage.staff import Staff, set_departments, set_locale, set_paused
from bot.storage.tables import cases, sessions
from connectors.alerts import AlertAddressError, Alerts
from tests.integration.console_support import Page, World, both, post, world
from tests.peers.mail import MailServer

__all__ = ["both", "world"]


@dataclasses.dataclass
class Hooks:
    """A web server that takes alerts; what it got by path, and which paths it refuses."""

    port: int = 0
    got: list[tuple[str, dict[str, Any]]] = dataclasses.field(default_factory=list)
    refused: set[str] = dataclasses.field(default_factory=set)

    def address(self, name: str) -> str:
        return f"json://127.0.0.1:{self.port}/{name}/"

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.got]


@pytest.fixture
async def hooks() -> AsyncIterator[Hooks]:
    """On a free port."""
    made = Hooks()

    async def take(request: web.Request) -> web.Response:
        name = request.path.strip("/")
        if name in made.refused:
            return web.Response(status=500)
        made.got.append((name, json.loads(await request.text())))
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{name:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


def escalation(world: World, common: tuple[str, ...] = ()) -> Escalation:
    say = world.deps.phrasing.catalogues.text
    return Escalation(world.db, world.vault, Alerts(), world.clock, say, "es", common)


async def alerted(
    world: World, hooks: Hooks, login: str, role: str = "responder", *, here: bool = False
) -> Staff:
    """An account with an address of its own; ``here``: at the console now."""
    made = await world.account(login, role)
    async with world.db.write() as conn:
        await alerts.set_address(conn, world.vault, made.id, hooks.address(login))
    if here:
        await world.inside(made)
    return await world.member(login)


async def test_the_ladder_is_climbed_until_somebody_claims(both: World, hooks: Hooks) -> None:
    """Who is here, then the others, then supervisors; each once; a claim ends it."""
    world = both
    ana = await alerted(world, hooks, "ana", here=True)
    await alerted(world, hooks, "luis")
    await alerted(world, hooks, "sofia", "supervisor")
    case = await world.case(urgency=3)
    ladder = escalation(world)
    await ladder.step()
    await ladder.step()
    assert hooks.names == ["ana"]
    world.clock.now += 91
    await ladder.step()
    assert sorted(hooks.names) == ["ana", "luis", "sofia"]  # a supervisor may answer too
    await world.deps.desk.claim(case, ana, world.clock.now)
    world.clock.now += 1000
    await ladder.step()
    assert len(hooks.got) == 3
    async with world.db.read() as conn:
        assert await alerts.all_of(conn) == []
    # back in the queue after a word to the person: the ladder begins anew
    await world.inside(ana)
    await world.deps.desk.reply(case, ana, "Hola", "", world.clock.now)
    world.clock.now += 10
    await world.deps.desk.release(case, ana, world.clock.now)
    await ladder.step()
    assert hooks.names[3:] == ["ana"]


async def test_a_danger_that_nobody_answered_presses_on(both: World, hooks: Hooks) -> None:
    """Held for a quarter of an hour without a word and given back: whoever should know by now is told at once."""
    world = both
    ana = await alerted(world, hooks, "ana", here=True)
    await alerted(world, hooks, "sofia", "supervisor")
    case = await world.case(urgency=3)
    await world.deps.desk.claim(case, ana, world.clock.now)
    world.clock.now += 1000
    await world.deps.desk.release(case, ana, world.clock.now)
    await escalation(world).step()
    assert set(hooks.names) == {"ana", "sofia"}


async def test_an_alert_says_code_and_urgency_and_nothing_else(world: World, hooks: Hooks) -> None:
    """No name, no words, no address, no place: read from what the server got."""
    await alerted(world, hooks, "ana", here=True)
    case = await world.case(urgency=3, text="me tienen encerrada en Tacna", department="tacna")
    await escalation(world).step()
    ((_, got),) = hooks.got
    assert (got["title"], got["message"]) == ("Faro", f"Caso {code(case)}: urgencia U3")
    whole = json.dumps(got, ensure_ascii=False).casefold()
    name = (await world.standing(case)).codename.casefold()
    assert not any(word in whole for word in (name, "tacna", "encerrada", "987654321", case))


async def test_everybody_is_told_in_their_own_language(both: World, hooks: Hooks) -> None:
    """English for whoever reads the console in English; Faro's own for the rest and for the common addresses."""
    world = both
    ana = await alerted(world, hooks, "ana", here=True)
    await alerted(world, hooks, "luis", here=True)
    async with world.db.write() as conn:
        await set_locale(conn, ana.id, "en")
    case = await world.case(urgency=3)
    ladder = escalation(world, (hooks.address("group"),))
    await ladder.step()
    world.clock.now += 301
    await ladder.step()
    assert {name: got["message"] for name, got in hooks.got} == {
        "ana": f"Case {code(case)}: urgency U3",
        "luis": f"Caso {code(case)}: urgencia U3",
        "group": f"Caso {code(case)}: urgencia U3",
    }


async def test_over_mail(world: World) -> None:
    """The same over SMTP; a server that refuses is a failure."""
    async with MailServer() as server, MailServer(refuses=True) as other:
        address = "mailto://127.0.0.1:{}/?from=faro@faro.test&to=ana@faro.test&mode=insecure"
        sender = Alerts()
        assert await sender.send([address.format(server.port)], "Faro", "Caso ABC: urgencia U3")
        ((to, mail),) = server.mails
        assert to == ["ana@faro.test"]
        assert "Caso ABC: urgencia U3" in mail.as_string()
        assert not await sender.send([address.format(other.port)], "Faro", "x")
        assert not await sender.send([address.format(1)], "Faro", "x")


async def test_a_failure_is_tried_again_then_escalated_and_shown(both: World, hooks: Hooks) -> None:
    """Three tries; then the next on the ladder, long before its time; the console says it."""
    world = both
    ana = await alerted(world, hooks, "ana", here=True)
    await alerted(world, hooks, "luis")
    hooks.refused.add("ana")
    await world.case(urgency=3)
    ladder = escalation(world)
    await ladder.step()
    world.clock.now += 6
    await ladder.step()
    assert hooks.got == []
    hooks.refused.clear()
    hooks.refused.add("ana")
    world.clock.now += 21
    await ladder.step()  # the third and last try
    await ladder.step()
    assert hooks.names == ["luis"]
    page = (await (await world.inside(ana)).get("/console/alerts")).text
    assert "alerts-lost" in Page(page).ids


async def test_a_hanging_server_stops_nobody_else(
    world: World, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two are told at once; one server never answers; the other alert arrives meanwhile."""
    monkeypatch.setattr("connectors.alerts.SECONDS", 1.0)

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2)
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    ana = await alerted(world, hooks, "ana", here=True)
    await alerted(world, hooks, "luis", here=True)
    async with world.db.write() as conn:
        port = server.sockets[0].getsockname()[1]
        await alerts.set_address(conn, world.vault, ana.id, f"json://127.0.0.1:{port}/")
    await world.case(urgency=3)
    await escalation(world).step()
    assert hooks.names == ["luis"]
    async with world.db.read() as conn:
        states = {alert.recipient: alert.state for alert in await alerts.all_of(conn)}
    assert states[ana.id] == "queued"
    server.close()
    await asyncio.sleep(1.2)


async def test_with_nobody_to_tell_the_common_address_is_told(world: World, hooks: Hooks) -> None:
    """Without it the console says that nobody could be."""
    sofia = await world.account("sofia", "supervisor")
    await world.case(urgency=3)
    await escalation(world).step()
    page = (await (await world.inside(sofia)).get("/console/alerts")).text
    assert {"alert", "alerts-unheard"} <= set(Page(page).ids)
    await world.case("+51900000002", urgency=3)
    await escalation(world, (hooks.address("group"),)).step()
    assert "group" in hooks.names


async def test_who_is_first(world: World, hooks: Hooks) -> None:
    """Expected by the rota counts like being here; a break does not; the case's team goes before others."""
    away, tacna, paused = [await alerted(world, hooks, name) for name in ("away", "tacna", "paused")]
    for member in (tacna, paused):
        await world.inside(member)
    weekday = (int((world.clock.now - 5 * 3600) // 86400) + 3) % 7
    async with world.db.write() as conn:
        await shifts.add(conn, away.id, weekday, 0, 0, holidays=True)
        await set_departments(conn, tacna.id, ["tacna"])
        await set_paused(conn, paused.id, world.clock.now)
    await world.case("+51900000001", urgency=3, department="lima")
    await escalation(world).step()
    assert hooks.names == ["away"]  # tacna looks after another department
    hooks.got.clear()
    async with world.db.write() as conn:
        await set_departments(conn, away.id, ["piura"])
    await world.case("+51900000002", urgency=3, department="tacna")
    await escalation(world).step()
    assert hooks.names == ["tacna"]
    hooks.got.clear()
    await world.case("+51900000003", urgency=3, department="cusco")
    await escalation(world).step()
    assert sorted(hooks.names) == ["away", "tacna"]  # nobody's department: whoever is there


async def test_a_graver_case_climbs_the_steeper_ladder(world: World, hooks: Hooks) -> None:
    """What rises to U3 while it waits is told at once."""
    await alerted(world, hooks, "ana", here=True)
    case = await world.case(urgency=1)
    ladder = escalation(world)
    await ladder.step()
    assert hooks.got == []
    async with world.db.write() as conn:
        await conn.execute(update(cases).where(cases.c.id == case).values(urgency=3))
    await ladder.step()
    assert [got["message"] for _, got in hooks.got] == [f"Caso {code(case)}: urgencia U3"]


async def test_two_workers_send_each_alert_once(both: World, hooks: Hooks) -> None:
    world = both
    await alerted(world, hooks, "ana", here=True)
    await world.case(urgency=3)
    one, two = escalation(world), escalation(world)
    await one.step()
    async with world.db.write() as conn:  # as if none had been sent
        from bot.storage.tables import alerts as table

        await conn.execute(update(table).values(state="queued", next_at=world.clock.now))
    hooks.got.clear()
    await asyncio.gather(one.step(), two.step())
    assert hooks.names == ["ana"]


async def test_a_claim_stops_what_was_raised_and_not_sent(both: World, hooks: Hooks) -> None:
    """Nothing of a claimed case is handed out for sending, even before its alerts are swept away."""
    world = both
    ana = await world.account("ana")
    case = await world.case(urgency=3)
    async with world.db.write() as conn:
        await alerts.raise_alert(conn, case, 3, 0, ana.id, world.clock.now)
    await world.deps.desk.claim(case, ana, world.clock.now)
    async with world.db.write() as conn:
        assert await alerts.take(conn, world.clock.now) == []
        assert await alerts.forget_answered(conn) == 1


async def test_the_line_on_top(world: World) -> None:
    """What must not wait is shown with its code and heard; on a break nothing sounds; editors get nothing."""
    ana, edu = await world.account("ana"), await world.account("edu", "editor")
    grave, mild = await world.case("+51900000001", urgency=3), await world.case("+51900000002", urgency=1)
    browser = await world.inside(ana)
    page = (await browser.get("/console/alerts")).text
    assert code(grave) in page
    assert code(mild) not in page
    assert f'data-heard="{grave}"' in page
    assert Page(page).active == []
    await post(browser, "/console/pause", note="")
    assert "data-heard" not in (await browser.get("/console/alerts")).text
    assert (await (await world.inside(edu)).get("/console/alerts")).status_code == 404
    assert 'id="alerts"' not in (await (await world.inside(edu)).get("/console/texts")).text
    assert 'id="alerts"' in (await browser.get("/console")).text


async def test_the_line_is_there_before_any_script(world: World) -> None:
    """On every page from its first moment: nobody without script misses it, and nothing jumps when it comes."""
    luz = await world.account("luz", "supervisor")
    grave = await world.case(urgency=3)
    browser = await world.inside(luz)
    for address in (
        "/console",
        f"/console/cases/{grave}",
        "/console/rota",
        "/console/stats",
        "/console/nowhere",
    ):
        page = (await browser.get(address)).text
        assert (f'data-heard="{grave}"' in page) == (address != "/console/nowhere"), address


async def test_when_very_many_wait_the_newest_are_heard(world: World) -> None:
    """A page carries their ids, and must stay light."""
    ana = await world.account("ana")
    cases_ = []
    for n in range(22):
        world.clock.now += 1
        cases_.append(await world.case(f"+519000000{n:02}", urgency=3))
    page = (await (await world.inside(ana)).get("/console/alerts")).text
    (heard,) = re.findall(r'data-heard="([^"]*)"', page)
    assert heard.split() == cases_[:1:-1]


def test_an_address_that_leads_nowhere_is_refused_without_being_named() -> None:
    with pytest.raises(AlertAddressError) as refused:
        Alerts().check(["json://127.0.0.1/ok", "nonsense://secret-token"])
    assert "address 2" in str(refused.value)
    assert not re.search("secret|nonsense", str(refused.value))


async def test_addresses_are_sealed(world: World, hooks: Hooks) -> None:
    """Not to be found in the database, opened again by the vault, gone with the account."""
    ana = await alerted(world, hooks, "ana")
    assert ana.alerted
    async with world.db.read() as conn:
        assert (await alerts.goal_of(conn, world.vault, ana.id)).addresses == (hooks.address("ana"),)
        from sqlalchemy import text

        for (row,) in await conn.execute(text("SELECT alert_sealed FROM staff")):
            assert b"json" not in row
    async with world.db.write() as conn:
        await conn.execute(update(sessions).values(step="full"))
        await alerts.set_address(conn, world.vault, ana.id, "")
    assert not (await world.member("ana")).alerted
