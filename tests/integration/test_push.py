"""Web Push on the ladder: turned on by a responder, taken by a real push service on this machine, erased in time."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select, text

from bot import retention
from bot.console import accounts
from bot.console.app import application
from bot.handoff.escalation import Escalation, code
from bot.storage import alerts, devices
from bot.storage.staff import Staff, set_locale, set_secrets
from bot.storage.tables import metadata, push_devices
from bot.vault import KeyRing, Vault
from connectors.alerts import Alerts
from connectors.push import Push
from tests.integration.console_support import Page, World, both, post, world
from tests.integration.test_escalation import Hooks, hooks
from tests.peers.push import PushService

__all__ = ["both", "hooks", "world"]


def pusher(world: World) -> Push:
    """A sender that may call this machine."""
    return Push(world.vault.push, "https://faro.example.org", world.clock, near=True)


@pytest.fixture
async def service(world: World) -> AsyncIterator[PushService]:
    async with serving(world) as made:
        yield made


def serving(world: World) -> PushService:
    """A push service that knows the key which the console tells browsers."""
    return PushService(pusher(world).public, world.clock.now)


def escalation(world: World) -> Escalation:
    say = world.deps.phrasing.catalogues.text
    return Escalation(world.db, world.vault, Alerts(), world.clock, say, "es", (), pusher(world))


async def turns_on(
    world: World, service: PushService, login: str, *, name: str = "", role: str = "responder"
) -> tuple[Staff, httpx.AsyncClient]:
    """An account at the console that turned it on in a browser called ``name``."""
    member = await world.account(login, role) if login not in world.secrets else await world.member(login)
    browser = await world.inside(member)
    answer = await post(browser, "/console/me/push", **service.subscribe(name or login))
    assert answer.headers["location"] == "/console/me?said=push_on"
    return member, browser


async def count(world: World) -> int:
    async with world.db.read() as conn:
        return int(await conn.scalar(select(func.count()).select_from(push_devices)) or 0)


async def test_a_push_speaks_the_language_of_its_reader(world: World, service: PushService) -> None:
    """Also for whoever has no other address."""
    ana, _ = await turns_on(world, service, "ana")
    async with world.db.write() as conn:
        await set_locale(conn, ana.id, "en")
    case = await world.case(urgency=3)
    await escalation(world).step()
    (words,) = service.browsers["ana"].got
    assert words["body"] == f"Case {code(case)}: urgency U3"


async def test_an_alert_is_pushed_signed_and_for_that_browser_only(both: World) -> None:
    """The service checks our signature, the browser alone reads: code and urgency, nothing else."""
    world = both
    async with serving(world) as service:
        ana, _ = await turns_on(world, service, "ana")
        await turns_on(world, service, "sofia", role="supervisor")
        case = await world.case(urgency=3, text="me tienen encerrada en Tacna", department="tacna")
        await world.inside(ana)
        await escalation(world).step()
        assert service.wrong == []
        body = f"Caso {code(case)}: urgencia U3"
        assert service.browsers["ana"].got == [{"title": "Faro", "body": body, "tag": code(case)}]
        whole = json.dumps([headers for _, headers, _ in service.requests]).casefold()
        name = (await world.standing(case)).codename.casefold()
        assert not any(
            word in whole for word in (name, "tacna", "encerrada", "987654321", code(case).lower())
        )
        _, headers, _ = service.requests[0]
        assert headers["Urgency"] == "high"
        async with world.db.read() as conn:
            assert {alert.state for alert in await alerts.all_of(conn)} == {"sent"}


async def test_a_service_that_fails_moves_the_ladder_on(both: World) -> None:
    """Tried three times with the same topic, then failed: the next one is told, and the console says it."""
    world = both
    async with serving(world) as service:
        _, browser = await turns_on(world, service, "ana")
        luis = await world.account("luis")
        async with world.db.write() as conn:
            await devices.add(conn, world.vault, luis.id, service.subscribe("luis"), world.clock.now)
        service.answers["ana"] = 503
        await world.case(urgency=3)
        ladder = escalation(world)
        for seconds in (0, 6, 21):
            world.clock.now += seconds
            await ladder.step()
        await ladder.step()
        assert [name for name, _, _ in service.requests] == ["ana", "ana", "ana", "luis"]
        assert len({headers["Topic"] for _, headers, _ in service.requests[:3]}) == 1
        assert len(service.browsers["luis"].got) == 1
        assert "alerts-lost" in Page((await browser.get("/console/alerts")).text).ids
        assert await count(world) == 2  # it may come back


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_forgotten(world: World, service: PushService, status: int) -> None:
    """One of two: the alert counts as told. The last one: it does not, and the ladder goes on."""
    ana, _ = await turns_on(world, service, "ana", name="old")
    await turns_on(world, service, "ana", name="new")
    service.answers["old"] = status
    await world.case(urgency=3)
    await escalation(world).step()
    assert len(service.browsers["new"].got) == 1
    async with world.db.read() as conn:
        assert [one.state for one in await alerts.all_of(conn)] == ["sent"]
        (left,) = await devices.of(conn, world.vault, ana.id)
    assert left.subscription["endpoint"].endswith("/new")
    service.answers["new"] = status
    await world.case("+51900000002", urgency=3)
    await escalation(world).step()
    assert await count(world) == 0
    assert not (await world.member("ana")).alerted
    async with world.db.read() as conn:
        assert sorted(one.state for one in await alerts.all_of(conn)) == ["queued", "sent"]


async def test_push_and_an_address_are_both_needed(world: World, service: PushService, hooks: Hooks) -> None:
    """Who has both is told only when both took it."""
    ana, _ = await turns_on(world, service, "ana")
    async with world.db.write() as conn:
        await alerts.set_address(conn, world.vault, ana.id, hooks.address("ana"))
    hooks.refused.add("ana")
    await world.case(urgency=3)
    ladder = escalation(world)
    await ladder.step()
    async with world.db.read() as conn:
        assert [one.state for one in await alerts.all_of(conn)] == ["queued"]
    hooks.refused.clear()
    world.clock.now += 6
    await ladder.step()
    async with world.db.read() as conn:
        assert [one.state for one in await alerts.all_of(conn)] == ["sent"]


async def test_turned_off_again_by_its_owner_only(world: World, service: PushService) -> None:
    """The page lists one's browsers by their day and never says where they are reached."""
    ana, browser = await turns_on(world, service, "ana")
    page = (await browser.get("/console/me")).text
    assert "push-device" in Page(page).ids
    assert Page(page).active == []
    assert "wpush" not in page
    assert (await world.member("ana")).alerted
    async with world.db.read() as conn:
        (device,) = await devices.of(conn, world.vault, ana.id)
    path = f"/console/me/push/{device.id}/drop"
    await post(await world.inside(await world.account("luis")), path)
    assert await count(world) == 1
    assert (await post(browser, path)).headers["location"] == "/console/me?said=push_off"
    assert await count(world) == 0
    assert [act for _, act, _ in await world.acts("staff.push")] == ["staff.push", "staff.push.off"]


async def test_editors_have_no_alerts_to_turn_on(world: World, service: PushService) -> None:
    edu = await world.account("edu", "editor")
    browser = await world.inside(edu)
    assert "push" not in Page((await browser.get("/console/me")).text).ids
    assert (await post(browser, "/console/me/push", **service.subscribe("edu"))).status_code == 404


@pytest.mark.parametrize(
    "endpoint", ["https://push.example.org:22/x", "http://push.example.org/x", "ftp://x", "", "https://a@b/"]
)
async def test_what_would_not_be_called_is_not_kept(world: World, endpoint: str) -> None:
    """As in production: https on its own port only. Which addresses a name has is looked at when it is called."""
    push = Push(world.vault.push, "https://faro.example.org", world.clock)
    world.deps = dataclasses.replace(world.deps, push=push)
    world.app = application(world.deps)
    browser = await world.inside(await world.account("ana"))
    given = PushService("", 0.0).subscribe("ana")
    answer = await post(browser, "/console/me/push", **{**given, "endpoint": endpoint})
    assert answer.status_code == 422
    assert "me-problem" in Page(answer.text).ids
    assert await count(world) == 0


async def test_without_a_key_nothing_is_offered(world: World) -> None:
    """An older keys file: the page says nothing of it, the form is refused."""
    world.deps = dataclasses.replace(world.deps, push=None)
    world.app = application(world.deps)
    browser = await world.inside(await world.account("ana"))
    assert "push" not in Page((await browser.get("/console/me")).text).ids
    assert (
        await post(browser, "/console/me/push", **PushService("", 0.0).subscribe("ana"))
    ).status_code == 422


async def test_an_account_keeps_five_and_a_browser_one_account(world: World, service: PushService) -> None:
    """The oldest goes; whoever turns it on last in a browser is the one whom it tells."""
    ana, _ = await turns_on(world, service, "ana", name="0")
    for n in range(1, 7):
        world.clock.now += 1
        await turns_on(world, service, "ana", name=str(n))
    async with world.db.read() as conn:
        kept = [one.subscription["endpoint"][-1] for one in await devices.of(conn, world.vault, ana.id)]
    assert kept == ["6", "5", "4", "3", "2"]
    luis = await world.account("luis")
    shared = {**service.subscribe("6")}
    assert (await post(await world.inside(luis), "/console/me/push", **shared)).status_code == 303
    async with world.db.read() as conn:
        assert len(await devices.of(conn, world.vault, ana.id)) == 4
        assert len(await devices.of(conn, world.vault, luis.id)) == 1


@pytest.mark.parametrize("how", ["closed", "reset"])
async def test_they_go_with_the_account(both: World, how: str) -> None:
    """A closed account has none left, nor has one whose secrets were lost."""
    world = both
    async with serving(world) as service:
        ana, _ = await turns_on(world, service, "ana")
        async with world.db.write() as conn:
            if how == "closed":
                await accounts.disable_staff(conn, world.vault, "ana", world.clock.now)
            else:
                await set_secrets(conn, world.vault, ana.id, "x", "JBSWY3DPEHPK3PXP")
        assert await count(world) == 0


async def test_where_a_browser_is_reached_is_sealed_and_survives_rotation(
    both: World, tmp_path: Path
) -> None:
    """Not to be found in the database; after a rotation it still opens, and the signing key is the same."""
    world = both
    async with serving(world) as service:
        await turns_on(world, service, "ana")
        async with world.db.read() as conn:
            for table in metadata.sorted_tables:
                for row in await conn.execute(text(f'SELECT * FROM "{table.name}"')):
                    assert b"wpush" not in b"".join(
                        bytes(v) for v in row if isinstance(v, bytes | memoryview)
                    )
                    assert "wpush" not in str(row)
        path = tmp_path / "keys.json"
        before = world.vault.push
        ring = KeyRing.load(path)
        ring.rotate(path)
        fresh = Vault(KeyRing.load(path))
        await retention.rotate_fields(world.db, fresh)
        assert fresh.push == before
        world.vault = fresh
        await world.case(urgency=3)
        await escalation(world).step()
        assert len(service.browsers["ana"].got) == 1
        async with world.db.read() as conn:
            sealed = await conn.scalar(select(push_devices.c.subscription_sealed))
        assert fresh.key_id(sealed) == fresh.writer
