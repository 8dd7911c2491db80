"""The console's own words, edited in the console: found, judged, seen as a page has them, said everywhere, and inert."""

from __future__ import annotations

import dataclasses
import html
import io
import time

import httpx
import pytest
from openpyxl import load_workbook

from bot.console.app import application
from bot.phrasing import Catalogues, Phrasing
from bot.texts import files, po
from bot.texts.check import PLACEHOLDER, Checker
from bot.texts.files import Gate
from tests.integration.console_support import LIMITS, Page, post, world
from tests.integration.test_console_case import PAYLOADS, at
from tests.integration.test_console_exchange import bring, changes, drafts, exported, take
from tests.integration.test_console_texts import Desk, decide, desk, keep

__all__ = ["desk", "world"]

TITLE, WAITED = "console.queue.title", "console.queue.waited"
NEW = "Lo que espera"
LIVE_SECONDS = 5.0


def url(key: str, locale: str = "es") -> str:
    return f"/console/texts/{locale}/{key}"


async def looked(browser: httpx.AsyncClient, key: str, text: str, locale: str = "es") -> str:
    """What the page shows while somebody types."""
    part = await browser.post(f"{url(key, locale)}/look", data={"text": text}, headers={"HX-Request": "true"})
    return part.text


def console(desk: Desk, locale: str = "es") -> dict[str, str]:
    return files.texts(files.catalogue(desk.folder, locale, "console"))


@pytest.mark.parametrize(("locale", "text"), [("es", NEW), ("en", "What is waiting")])
async def test_another_running_console_says_what_was_published(desk: Desk, locale: str, text: str) -> None:
    """A second console with catalogues of its own, by the clock on the wall; only that text of that file has changed."""
    eva = await desk.editor("eva")
    ana = await desk.world.account("ana")
    path = files.catalogue(desk.folder, locale, "console")
    before = path.read_text(encoding="utf-8")
    other = Catalogues(desk.folder, gate=Gate(Checker(LIMITS)))
    deps, mine = desk.world.deps, desk.world.app
    desk.world.app = application(dataclasses.replace(deps, phrasing=Phrasing(other)))
    browser = await desk.world.inside(ana)
    desk.world.app = mine
    browser.headers["Accept-Language"] = locale
    assert text not in (await browser.get("/console")).text
    assert await keep(eva, url(TITLE, locale), text) == "text_published"
    published = time.monotonic()
    while text not in (await browser.get("/console")).text:
        assert time.monotonic() - published < LIVE_SECONDS
    spanish = console(desk)[TITLE] if locale == "en" else None
    assert path.read_text(encoding="utf-8") == po.replaced(before, TITLE, text, spanish=spanish)


async def test_they_are_found_by_words_by_key_and_by_the_page_they_stand_on(desk: Desk) -> None:
    """Beside the conversation's, in a group of their own, in every language that the console has."""
    eva = await desk.editor("eva")
    for query in (
        "q=APLICACION de codigos",
        "q=console.queue.title",
        "place=console_queue",
        "lang=en&q=console.queue.title",
    ):
        page = (await eva.get(f"/console/texts?{query}")).text
        assert 'data-key="console.' in page, query
        assert 'data-key="say.' not in page, query
    page = (await eva.get("/console/texts")).text
    assert '<optgroup label="Consola">' in page
    assert 'data-key="start.' in page
    assert (await eva.get(url(TITLE, "es@usted"))).status_code == 404, "one form of address for staff"
    assert (await eva.get(url(TITLE, "pt"))).status_code == 404


async def test_one_is_seen_as_a_page_has_it_and_on_no_telephone(desk: Desk) -> None:
    """With a sample in the place of each value, by day and by night; nowhere to try it."""
    eva = await desk.editor("eva")
    page = (await eva.get(url(WAITED))).text
    assert page.count('data-testid="line"') == 2
    assert "<b>25 min</b>" in page
    for gone in ('class="phone', 'data-testid="try"', 'data-testid="try-hint"', 'data-testid="fares"'):
        assert gone not in page
    answer = await post(eva, f"{url(WAITED)}/try", text="Espera {time}")
    assert answer.headers["location"].partition("said=")[2] in ("text_no_way", "text_no_phones")


async def test_what_fits_a_screen_is_judged_and_no_telephones_limit(desk: Desk) -> None:
    """A value that nobody fills in and a word that hurts are refused; a value left out and a slip are told."""
    eva = await desk.editor("eva")
    old = console(desk)[WAITED]
    for text, told in (("Espera {nadie}", "{nadie}"), ("Lo van a rescatar, espera {time}", "rescat")):
        part = await looked(eva, WAITED, text)
        assert 'data-testid="finding-error"' in part
        assert told in part
        assert await keep(eva, url(WAITED), text) == "text_wrong"
    assert console(desk)[WAITED] == old
    for text, told in (("Espera", "{time}"), ("Esperra {time}", "Esperra")):
        part = await looked(eva, WAITED, text)
        assert 'data-testid="finding-warning"' in part
        assert 'data-testid="finding-error"' not in part
        assert told in part
    long = "La víctima espera en el 105 y en ejemplo.com " * 120 + "{time}"
    assert 'data-testid="finding-error"' not in await looked(eva, WAITED, long)
    part = await looked(eva, "console.flash.claimed", "El caso {codename} es tuyo.")
    assert 'data-testid="finding-error"' in part, "nor a value that a key put together never had"


async def test_there_is_a_draft_and_a_way_back(desk: Desk) -> None:
    """As for any other text."""
    eva, leo = await desk.editor("eva"), await desk.editor("leo")
    old = console(desk)[TITLE]
    assert await keep(eva, url(TITLE), NEW, "draft") == "text_drafted"
    assert console(desk)[TITLE] == old
    assert f'data-key="{TITLE}"' in (await leo.get("/console/texts?place=drafts")).text
    assert await keep(leo, url(TITLE), NEW) == "text_published"
    assert console(desk)[TITLE] == NEW
    assert await decide(eva, url(TITLE), "restore", "restore") == "text_drafted"
    assert await keep(eva, url(TITLE), old) == "text_published"
    assert console(desk)[TITLE] == old


async def test_a_broken_one_saved_by_hand_stays_out(desk: Desk) -> None:
    """The old words stay; the page of texts says line, key and reason."""
    eva = await desk.editor("eva")
    old, path = desk.said(WAITED), files.catalogue(desk.folder, "es", "console")
    path.write_text(po.replaced(path.read_text("utf-8"), WAITED, "Espera {nadie}"), encoding="utf-8")
    assert desk.said(WAITED) == old
    page = (await eva.get("/console/texts")).text
    refused = page.partition('data-testid="refused"')[2].partition("</div>")[0]
    assert WAITED in refused
    assert "{nadie}" in refused
    assert await keep(eva, url(TITLE), NEW) == "text_file"


async def test_they_leave_and_come_back_as_files(desk: Desk) -> None:
    """A PO of the console, and rows in the workbook; what came back is a draft."""
    eva = await desk.editor("eva")
    for locale in ("es", "en"):
        source = await exported(eva, f"as=po&of=console&lang={locale}")
        assert changes(await bring(eva, source, lang=locale)) == []
        page = await bring(eva, po.replaced(source.decode(), TITLE, NEW).encode(), lang=locale)
        assert changes(page) == [TITLE]
        assert await take(eva, page, f"{locale}/{TITLE}") == "texts_drafted"
        assert await drafts(desk, locale) == {TITLE: (NEW, "draft")}
    book = load_workbook(io.BytesIO(await exported(eva, "as=xlsx")))
    keys = {name: {row[0].value for row in book[name].iter_rows()} for name in book.sheetnames}
    assert {name for name, found in keys.items() if TITLE in found} == {"es", "en"}
    assert (await eva.get("/console/texts/export?as=po&of=console&lang=pt")).status_code == 404
    assert (await eva.get("/console/texts/export?as=po&of=..&lang=es")).status_code == 404


async def test_no_text_of_the_console_becomes_a_page(desk: Desk) -> None:
    """150 payloads as its texts, wherever they stand: every page stays inert, and what was published reads as text."""
    eva, ana = await desk.editor("eva"), await desk.world.account("ana")
    case = await desk.world.case()
    assert await desk.world.deps.desk.claim(case, ana, desk.world.clock.now)
    assert await keep(eva, url(TITLE), PAYLOADS[0]) == "text_published"
    for key, payload in zip(
        ("console.name", "console.skip", "console.texts.title"), PAYLOADS[8::50], strict=False
    ):
        assert await keep(eva, url(key), payload) == "text_published", payload
    page = (await (await desk.world.inside(ana)).get("/console")).text
    assert Page(page).active == []
    assert html.escape(PAYLOADS[0]) in page
    for payload in PAYLOADS:
        assert Page(await looked(eva, TITLE, payload)).active == []

    path = files.catalogue(desk.folder, "es", "console")
    keys = [key for key, text in console(desk).items() if not PLACEHOLDER.search(text)]
    blocks = [
        "\n".join([*po.quoted("msgid", key), *po.quoted("msgstr", PAYLOADS[n % len(PAYLOADS)])])
        for n, key in enumerate(keys)
    ]
    kept = [
        "\n".join([*po.quoted("msgid", key), *po.quoted("msgstr", f"{text} {PAYLOADS[n % len(PAYLOADS)]}")])
        for n, (key, text) in enumerate(console(desk).items())
        if PLACEHOLDER.search(text)
    ]
    path.write_text("\n\n".join([*blocks, *kept]) + "\n", encoding="utf-8")
    desk.catalogues.refresh()
    assert desk.catalogues.refused == ()
    sofia = await desk.editor("sofia", "supervisor")
    admin = await desk.editor("root", "admin")
    mine = await desk.world.inside(ana)
    visits = [
        *(
            (mine, one)
            for one in ("/console", at(case), at(case, "thread"), "/console/training", "/console/me")
        ),
        *((sofia, one) for one in ("/console", "/console/stats", "/console/rota", "/console/reveals")),
        *((admin, one) for one in ("/console/staff", "/console/stats")),
        *((eva, one) for one in ("/console/texts", "/console/texts/flow", "/console/texts/exchange")),
        *((eva, one) for one in (url(TITLE), url("say.bye"), "/console/phrases", "/console/phrases/new")),
        (desk.world.browser(), "/console/login"),
    ]
    for browser, path_ in visits:
        answer = await browser.get(path_)
        assert answer.status_code == 200, path_
        drawn = ["svg", "svg"] if path_.endswith("/flow") else []  # our own drawings
        assert Page(answer.text).active == drawn, path_
        assert "alert(1)" in answer.text, path_
