"""Figures in the console: what a coordinator sees and takes away, and what neither can be made to say."""

from __future__ import annotations

import csv
import io
import json
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, insert, select

from bot import retention
from bot.console import stats
from bot.console.pages import LIMA
from bot.screening.model import load
from bot.statistics import ATTRIBUTES, month_of
from bot.storage import conversations, figures, referred
from bot.storage.tables import cases as table
from bot.storage.tables import conversations as talks
from bot.storage.tables import journeys
from tests.integration.console_support import World, both, post, world
from tests.unit.test_workbook import read

__all__ = ["both", "world"]
DECEMBER = datetime(2026, 12, 20, tzinfo=LIMA).timestamp()
PATH = "/console/stats"


async def fill(world: World, count: int, **columns: Any) -> None:
    """So many cases of December."""
    row = {
        "codename": "x y",
        "channel": "whatsapp",
        "locale": "es",
        "state": "waiting",
        "origin": "person",
        "urgency": 1,
        "opened_at": DECEMBER,
        "waiting_since": DECEMBER,
        **columns,
    }
    async with world.db.write() as conn:
        await conn.execute(insert(table), [{"id": secrets.token_hex(16), **row} for _ in range(count)])


async def talk(world: World, reached: str, count: int = 1, at: float = DECEMBER) -> list[str]:
    """So many conversations that came so far."""
    ids = [secrets.token_hex(16) for _ in range(count)]
    row = {"channel": "whatsapp", "codename": "x", "phase": "bot", "locale": "es", "created_at": at}
    async with world.db.write() as conn:
        await conn.execute(insert(talks), [{"id": one, "reached": reached, **row} for one in ids])
    return ids


async def seen(browser: httpx.AsyncClient, chart: str, path: str = PATH) -> dict[str, str]:
    """Label → figure of a chart's table."""
    text = (await browser.get(path)).text
    figure = re.search(rf'data-testid="chart-{chart}".*?</figure>', text, re.DOTALL)
    assert figure is not None
    return dict(re.findall(r'<tr><th scope="row">([^<]+)</th><td>([^<]+)</td>', figure[0]))


async def test_small_groups_are_hidden_and_the_running_month_is_not_there(world: World) -> None:
    """Nine cases are hidden, ten are ten; the simulator's and this month's count nowhere."""
    sofia = await world.account("sofia", "supervisor")
    await fill(world, 10, urgency=3, department="lima", answered_after=20)
    await fill(world, 9, urgency=2, department="piura")
    await fill(world, 40, urgency=1, department="lima", channel="sim-whatsapp")
    await fill(world, 40, urgency=1, department="lima", opened_at=world.clock.now)
    browser = await world.inside(sofia)
    months = await seen(browser, "trend-U3")
    assert list(months)[-1] == "12/2026"
    assert len(months) == 12
    assert months["12/2026"] == "10"
    assert await seen(browser, "trend-U2") == {}, "nothing of it may be shown"
    assert await seen(browser, "trend-all") == {}, "with ten of nineteen, nine would follow"
    await fill(world, 30, urgency=1, department="cusco", answered_after=4000, outcome="oriented")
    assert (await seen(browser, "trend-U1"))["12/2026"] == "30"
    assert await seen(browser, "department") == {"Cusco": "30"}
    assert (await seen(browser, "outcome"))["Recibió orientación"] == "30"
    assert (await seen(browser, "answer-U1"))["Hasta 4 horas"] == "30"
    assert "nada que se pueda mostrar" in (await browser.get(f"{PATH}?month=2026-11")).text


async def test_referrals_count_by_line(world: World) -> None:
    """Each case once for each line that it was given; few of one line stay hidden."""
    sofia = await world.account("sofia", "supervisor")
    await fill(world, 25)
    async with world.db.write() as conn:
        ids = list((await conn.execute(select(table.c.id))).scalars())
        for n, case in enumerate(ids):
            if n < 12:
                await referred.add(conn, case, "100", DECEMBER)
            if n < 4:
                await referred.add(conn, case, "113", DECEMBER)
    shown = await seen(await world.inside(sofia), "given")
    assert list(shown.values()) == ["10"]
    assert "100" in next(iter(shown))


async def test_every_picture_has_words(world: World) -> None:
    """Each drawing is named and described, its figures stand beside it as a table; the page is small."""
    sofia = await world.account("sofia", "supervisor")
    for urgency, department in [(u, d) for u in range(4) for d in ATTRIBUTES["department"]]:
        await fill(world, 12, urgency=urgency, department=department, answered_after=60)
    await talk(world, "P1", 14)
    answer = await (await world.inside(sofia)).get(PATH)
    drawings = re.findall(r"<svg.*?</svg>", answer.text, re.DOTALL)
    assert len(drawings) == 5 + 4 + 4 + 1 - answer.text.count("nada que se pueda mostrar")
    for drawing in drawings:
        named = re.search(r'role="img" aria-labelledby="(\S+) (\S+)"', drawing)
        assert named is not None
        for name, tag in zip(named.groups(), ("title", "desc"), strict=True):
            assert re.search(rf'<{tag} id="{name}">[^<]+</{tag}>', drawing)
        assert "style=" not in drawing
    assert answer.text.count("<table>") == len(drawings)
    assert len(answer.content) <= 100_000


async def test_every_label_of_every_figure_has_words(world: World) -> None:
    """No code shows where a word should stand, whatever is counted."""
    codes = {*load().adult.codes, *load().minor.codes, *stats.GATES, "end", "person", "END"}
    sofia = await world.account("sofia", "supervisor")
    for code in sorted(codes):
        await talk(world, code, 10)
    for result, outcome in zip(
        ATTRIBUTES["result"], (*ATTRIBUTES["outcome"], *["referred"] * 9), strict=False
    ):
        await fill(world, 12, result=result, outcome="" if outcome == "open" else outcome)
    browser = await world.inside(sofia)
    for chart in ("result", "outcome", "stops"):
        labels = await seen(browser, chart)
        assert labels
        assert not labels.keys() & {*codes, *ATTRIBUTES["result"], *ATTRIBUTES["outcome"]}


async def test_what_a_purge_and_an_erasure_leave_of_a_conversation(both: World) -> None:
    """How far it came stays, by month and without an id; a demonstration leaves nothing."""
    await talk(both, "Q05", 3)
    gone = await talk(both, "P1", 2)
    (demo,) = await talk(both, "Q05")
    async with both.db.write() as conn:
        await conn.execute(talks.update().where(talks.c.id == demo).values(channel="sim-telegram"))
        for one in gone:
            await retention.erase_conversation(conn, both.vault, one, both.clock.now, ())
    await retention.purge(both.db, both.clock.now)
    await talk(both, "Q05")
    await talk(both, "")
    async with both.db.read() as conn:
        kept = {(row.reached, row.people) for row in await conn.execute(select(journeys))}
        counted = await figures.reached_between(conn, DECEMBER - 30 * 86400, DECEMBER + 86400)
    assert kept == {("Q05", 3), ("P1", 2)}
    assert counted == {month_of(DECEMBER): {"Q05": 4, "P1": 2}}
    async with both.db.write() as conn:  # and once more: the same month again
        await figures.keep_reached(conn, talks.c.reached == "Q05")
        await conn.execute(delete(talks))
    async with both.db.read() as conn:
        again = {(row.reached, row.people) for row in await conn.execute(select(journeys))}
    assert again == {("Q05", 4), ("P1", 2)}


async def test_the_first_answer_of_a_person_is_timed(both: World) -> None:
    """From the opening to the first reply; a second reply changes nothing, erasing takes it away."""
    ana = await both.account("ana")
    case = await both.case()
    opened = both.clock.now
    assert await both.deps.desk.claim(case, ana, opened + 100)
    assert (await both.standing(case)).answered_after is None, "to claim is not to answer"
    assert await both.deps.desk.reply(case, ana, "hola", "1", opened + 400)
    assert await both.deps.desk.reply(case, ana, "¿sigues?", "2", opened + 900)
    assert (await both.standing(case)).answered_after == 400
    here = (await both.standing(case)).conversation_id
    async with both.db.write() as conn:
        assert await conversations.get(conn, both.vault, here or "") is not None
        await retention.erase_conversation(conn, both.vault, here or "", opened + 1000, ())
    assert (await both.standing(case)).answered_after is None


# ── export ──────────────────────────────────────────────────────────────────────────────────────────────────


async def take(world: World, browser: httpx.AsyncClient, login: str, **fields: str) -> httpx.Response:
    """Ask for a file with a fresh code."""
    world.clock.now += 30
    return await post(browser, f"{PATH}/export", **{"form": "csv", "code": world.code(login), **fields})


async def test_every_form_says_the_same(world: World) -> None:
    """CSV, XLSX and JSON hold the same cells, rounded; each is written into the audit log."""
    sofia = await world.account("sofia", "supervisor")
    await fill(world, 26, urgency=1)
    await fill(world, 12, urgency=2)
    await fill(world, 5, urgency=3)
    browser = await world.inside(sofia)
    made = [await take(world, browser, "sofia", by="urgency", form=form) for form in ("csv", "xlsx", "json")]
    assert [answer.status_code for answer in made] == [200] * 3
    lines: Sequence[Sequence[str]] = list(csv.reader(io.StringIO(made[0].text)))
    assert lines[0] == ["month", "urgency", "cases"]
    december = {row[1]: row[2] for row in lines if row[0] == "2026-12"}
    assert december == {"U3": "hidden", "U2": "hidden", "U1": "30", "U0": "hidden", "all": "40"}
    assert [[str(cell) for cell in row] for row in read(made[1].content)] == lines
    rows = json.loads(made[2].text)["rows"]
    assert [
        [r["month"], r["urgency"], "hidden" if r["cases"] is None else str(r["cases"])] for r in rows
    ] == [list(row) for row in lines[1:]]
    assert made[1].headers["content-disposition"] == 'attachment; filename="faro-urgency-month.xlsx"'
    assert [(actor, what) for actor, _, what in await world.acts("export")] == [(sofia.id, "urgency")] * 3


async def test_the_standard_is_spoken_in_sums(world: World) -> None:
    """HTCDS's names, months, and no value that fewer than ten cases have; no case by itself."""
    sofia = await world.account("sofia", "supervisor")
    world.clock.now = DECEMBER
    for n in range(12):
        await world.case(f"+5190{n:07}")
    world.clock.now = DECEMBER + 20 * 86400
    answer = await take(world, await world.inside(sofia), "sofia", form="htcds")
    found = json.loads(answer.text)
    assert (found["standard"], found["level"]) == ("HTCDS", "aggregate")
    december = {(r["field"], r["value"]): r["cases"] for r in found["rows"] if r["month"] == "2026-12"}
    assert december["vic_MethodsOfControl", "WithholdsDocuments"] == 10
    assert december["vic_MethodsOfControl", "DebtBondage"] is None
    assert december["cas_Status", "Active"] == 10
    assert set(found["rows"][0]) == {"month", "field", "value", "cases"}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"code": "000000"}, 403),
        ({"code": ""}, 403),
        ({"form": "exe"}, 422),
        ({"by": "urgency", "and": "urgency"}, 422),
        ({"by": "codename"}, 422),
    ],
)
async def test_no_file_without_a_fresh_code_and_a_sound_wish(
    world: World, fields: dict[str, str], status: int
) -> None:
    """The page comes back and says why; nothing is exported."""
    sofia = await world.account("sofia", "supervisor")
    answer = await take(world, await world.inside(sofia), "sofia", **fields)
    assert answer.status_code == status
    assert 'data-testid="export-problem"' in answer.text
    assert "attachment" not in str(answer.headers)
    assert await world.acts("export") == []


async def test_a_code_is_good_for_one_file(world: World) -> None:
    """The same code again is refused, and guessing is slowed and written down."""
    sofia = await world.account("sofia", "supervisor")
    browser = await world.inside(sofia)
    assert (await take(world, browser, "sofia")).status_code == 200
    same = await post(browser, f"{PATH}/export", form="csv", code=world.code("sofia"))
    assert same.status_code == 403
    for _ in range(6):
        last = await post(browser, f"{PATH}/export", form="csv", code="000000")
    assert last.status_code == 429
    assert [act for _, act, _ in await world.acts("stepup")] == ["stepup.refused"] * 5
