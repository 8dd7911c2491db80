"""Beside each case: lines and services with what somebody has checked of them, and the data standard's values."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from babel.dates import format_date

from bot import referrals
from bot.referrals import Line
from tests.integration.console_support import World, world

__all__ = ["world"]

YOUNG = {"instrument": "minor", "answers": {"M3": "yes"}, "context": {"age_band": "14_17"}}


def rung(line: Line, on: date) -> Line:
    return dataclasses.replace(line, status="verified", verified_on=on, verified_by="ana")


async def page(world: World, **case: Any) -> str:
    """The page of a new case."""
    browser = await world.inside(await world.account("ana"))
    return (await browser.get(f"/console/cases/{await world.case(**case)}")).text


def shown(html: str) -> dict[str, str]:
    """Line → what the page says of it."""
    rows = re.findall(r'data-line="([^"]+)">.*?class="value ([a-z]+)">([^<]+)<', html, re.DOTALL)
    return {id_: f"{standing}: {words}" for id_, standing, words in rows}


async def test_what_nobody_has_rung_is_marked(world: World) -> None:
    """Staff see at once that a number is unverified, and what is open about it; obsolete ones are not there."""
    html = await page(world)
    said = shown(html)
    assert said["100"] == "unverified: sin verificar"
    assert set(said.values()) == {"unverified: sin verificar"}
    assert "0800-2-3232" not in said
    assert "Por confirmar: Si hay que marcar la opción 1" in html


async def test_lines_fit_the_age_and_the_department(world: World) -> None:
    """An adult in Tacna: nothing of the children's lines, no service of another department."""
    said = shown(await page(world, department="tacna"))
    assert {"100", "1818", "1884", "cem", "fistrap"} <= said.keys()
    assert not {"1810", "upe", "sau", "eri"} & said.keys()


async def test_a_minor_is_shown_the_lines_for_children(world: World) -> None:
    """1810, UPE and DEMUNA are there; UDAVIT and what is for adults is not."""
    said = shown(await page(world, payload=YOUNG, department="puno"))
    assert {"1810", "upe", "demuna", "sau", "113"} <= said.keys()
    assert not {"udavit", "1818", "1884"} & said.keys()


async def test_a_verified_line_says_who_rang_it_and_when_until_that_is_too_long_ago(world: World) -> None:
    """Verified ones come first; after 180 days a line is marked again."""
    today = datetime.fromtimestamp(world.clock.now, UTC).date()
    lines = dict(referrals.load())
    lines["1884"] = rung(lines["1884"], today - timedelta(days=10))
    lines["113"] = rung(lines["113"], today - timedelta(days=181))
    object.__setattr__(world.deps, "lines", lines)  # the console was built with these deps
    said = shown(await page(world))
    assert (
        said["1884"]
        == f"verified: verificada el {format_date(today - timedelta(days=10), locale='es_PE')} por ana"
    )
    assert said["113"] == "stale: verificada hace más de 180 días"
    assert list(said)[:2] == ["1884", "113"]


async def test_the_data_standard_stands_in_words(world: World) -> None:
    """Methods of control as the standard names them, and no status that the rule does not give."""
    html = await page(world)
    part = html[html.index('data-testid="standard"') :]
    part = part[: part.index("</section>")]
    assert "no le deja moverse, retiene sus documentos" in part
    assert "Posible víctima" not in part
