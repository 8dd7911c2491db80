"""Every page in the language of whoever reads it: chosen once for an account, asked of the browser before."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.console import deps as console_deps
from bot.console import language, pages
from bot.console.app import application
from bot.phrasing import STAFF, Catalogues, Phrasing
from bot.storage.staff import Staff
from bot.texts import files, po
from tests.conftest import ROOT
from tests.integration.console_support import World, both, post, world
from tests.integration.test_console_access import every_route, filled

__all__ = ["both", "world"]

LOCALES = ROOT / "locales"
MARKS = {"es": "¤", "en": "§"}
KEY = re.compile(r"\bconsole\.(?!css\b|js\b)[a-z_]+")
FREE_OF_KEYS = "/texts"  # there keys are what is read
# The Spanish conversation as a picture and the Spanish texts to edit: both say so.
SPANISH = re.compile(
    r'<div lang="es">\s*<svg.*?</svg>\s*</div>|<a href="/console/texts/es/[^>]* lang="es" >[^<]*</a>',
    re.DOTALL,
)


@pytest.fixture
def marked(world: World, tmp_path: Path) -> World:
    """A console in which every text for staff begins with the mark of its language, but for the languages' names."""
    folder = tmp_path / "locales"
    shutil.copytree(LOCALES, folder)
    for locale, mark in MARKS.items():
        path = files.catalogue(folder, locale, STAFF)
        source = path.read_text(encoding="utf-8")
        lines = source.split("\n")
        for entry in reversed([one for one in po.parse(source) if one.key != language.NAME]):
            lines[entry.first - 1 : entry.last] = po.quoted("msgstr", f"{mark}{entry.text}")
        path.write_text("\n".join(lines), encoding="utf-8")
    world.deps = dataclasses.replace(world.deps, phrasing=Phrasing(Catalogues(folder)))
    world.app = application(world.deps)
    return world


async def speaks(world: World, member: Staff, locale: str) -> httpx.AsyncClient:
    """A browser in which ``member`` is logged in and has chosen a language."""
    browser = await world.inside(member)
    answer = await post(browser, "/console/me/language", locale=locale)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    return browser


async def busy(world: World, me: Staff) -> str:
    """Cases in every state, with a conversation, a note, shifts and a request to see a number; mine."""
    wishes = {"wish": "person", "may_write": "yes", "when": ["night"], "has_word": True}
    mine = await world.case(text="me llamo Rosa Quispe, 987654321", wishes=wishes, department="lima")
    await world.case("+51900000002", urgency=3)
    minor = {"instrument": "minor", "answers": {"M3": "yes", "M8": "unsure"}, "context": {}}
    await world.case("+51900000003", "telegram", minor, origin="minor")
    closed = await world.case("+51900000004")
    desk, now = world.deps.desk, world.clock.now
    for case in (mine, closed):
        assert await desk.claim(case, me, now)
    assert await desk.close(closed, me, "referred", "", now, status="possible", lines=["cem"])
    await desk.note(mine, me, "sigue mañana", now, "")
    world.clock.now += 3 * 86400
    await world.writes("¿sigues ahí?")
    return mine


def faults(locale: str, here: str, text: str) -> list[str]:
    """What of a page is not in its language."""
    text = SPANISH.sub("", text)
    (other,) = set(MARKS) - {locale}
    found = [f"{here}: {text[max(0, at - 60) : at + 40]}" for at in _places(MARKS[other], text)]
    if FREE_OF_KEYS not in here:
        found += [f"{here}: {one[0]}" for one in KEY.finditer(text)]
    return found


def _places(mark: str, text: str) -> list[int]:
    return [one.start() for one in re.finditer(mark, text)]


@pytest.mark.parametrize("locale", sorted(MARKS))
async def test_every_page_is_whole_in_its_language(
    marked: World, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    """Every route that is read, for every role that may: no word of the other language, no key, no bare code."""
    missing: list[str] = []
    monkeypatch.setattr(console_deps.log, "warning", lambda _, code: missing.append(code))
    crew = {role: await marked.account(f"{role}1", role) for role in ("supervisor", "editor", "admin")}
    case = await busy(marked, crew["supervisor"])
    paths = [filled(path, case, crew["admin"].id) for method, path in every_route(marked) if method == "GET"]
    paths += ["/console?view=closed", "/console?urgency=2", "/console?many=1", "/console/nothing"]
    paths += [
        f"/console/cases/{case}/thread?original=1",
        "/console/texts?q=zzz",
        "/console/texts/en/say.hello",
    ]
    wrong: list[str] = []
    whole: set[str] = set()
    for member in crew.values():
        browser = await speaks(marked, member, locale)
        for path in paths:
            if path.endswith(("console.css", "/live")):
                continue
            marked.clock.now += 1
            answer = await browser.get(path)
            if answer.headers.get("content-type", "").startswith("text/html"):
                wrong += faults(locale, path, answer.text)
            if "<html" in answer.text:
                assert f'<html lang="{locale}">' in answer.text, path
                assert MARKS[locale] in answer.text, path
                whole.add(path)
    assert wrong == []
    assert missing == []
    assert len(whole) >= 18, sorted(whole)


@pytest.mark.parametrize("locale", sorted(MARKS))
async def test_answers_to_forms_are_in_the_language_too(marked: World, locale: str) -> None:
    """What was refused, what needs a second look, what is given back."""
    me = await marked.account("ana", "supervisor")
    case = await busy(marked, me)
    browser = await speaks(marked, me, locale)
    here = f"/console/cases/{case}"
    forms: list[tuple[str, dict[str, Any], int]] = [
        (f"{here}/reply", {"text": ""}, 422),
        (f"{here}/reply", {"text": "Te prometo que vas a estar a salvo, llama a Rosa al 987654321."}, 422),
        (f"{here}/look", {"text": "Hola", "insert": "line.cem"}, 200),
        (f"{here}/close", {"outcome": "nothing"}, 422),
        (f"{here}/reveal", {"reason": "danger", "note": ""}, 422),
        (f"/console/cases/{'0' * 32}/note", {"text": "palabras"}, 404),
        ("/console/me/password", {"fresh": "corta"}, 422),
        ("/console/rota/shifts", {"member": ""}, 422),
        ("/console/stats/export", {"by": "urgency", "and": "urgency", "form": "csv"}, 422),
    ]
    for path, fields, status in forms:
        answer = await browser.post(path, data=fields)
        assert answer.status_code == status, path
        assert faults(locale, path, answer.text) == []
        assert MARKS[locale] in answer.text


ASKED = [
    ({}, "es"),
    ({"Accept-Language": "en-GB,en;q=0.9"}, "en"),
    ({"Accept-Language": "es-PE,es;q=0.9,en;q=0.8"}, "es"),
    ({"Accept-Language": "en;q=0.5, es-VE"}, "es"),
    ({"Accept-Language": "de, fr;q=0.9, EN-us;q=0.1"}, "en"),
    ({"Accept-Language": "en;q=0, de"}, "es"),
    ({"Accept-Language": "*"}, "es"),
    ({"Accept-Language": ";;q=,,en;q=x" + "," * 5000}, "en"),
    ({"Accept-Language": "../../en"}, "es"),
]


@pytest.mark.parametrize(("headers", "locale"), ASKED)
async def test_before_the_login_the_browser_says_which_language(
    world: World, headers: dict[str, str], locale: str
) -> None:
    """Spanish unless it asks for another that there is; errors too, and whatever a header may hold."""
    browser = world.browser()
    for path, status in (("/console/login", 200), ("/console/nothing", 404)):
        answer = await browser.get(path, headers=headers)
        assert answer.status_code == status
        assert f'<html lang="{locale}">' in answer.text
    foreign = await browser.post("/console/login", headers={**headers, "Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, f'<html lang="{locale}">' in foreign.text) == (403, True)


async def test_the_choice_is_kept_with_the_account_alone(both: World) -> None:
    """It outlives the session, goes with the person to another browser, and changes nobody else's pages."""
    ana, eva = await both.account("ana"), await both.account("eva")
    browser = await both.inside(ana)
    first = await browser.get("/console")
    assert 'value="en" lang="en"' in first.text
    assert 'data-testid="language-es"' not in first.text
    answer = await post(browser, "/console/me/language", locale="en", back="/console?view=closed")
    assert answer.headers["location"] == "/console?view=closed"
    assert (await both.member("ana")).locale == "en"
    other = both.browser("192.0.2.9")
    other.headers["Accept-Language"] = "es-PE"
    await both.log_in(other, "ana")
    page = (await other.get("/console")).text
    assert '<html lang="en">' in page
    assert "Nobody is waiting now." in page
    assert "Nadie espera ahora." in (await (await both.inside(eva)).get("/console")).text
    await post(other, "/console/me/language", locale="es")
    assert '<html lang="es">' in (await browser.get("/console")).text


async def test_the_page_comes_back_and_nothing_foreign(world: World) -> None:
    """Back to the page with what it was asked for, without its notice; never to another place."""
    browser = await world.inside(await world.account("ana"))
    page = await browser.get("/console?view=closed&said=noted")
    assert 'name="back" value="/console?view=closed"' in page.text
    for back in (
        "https://evil.example",
        "//evil.example",
        "/console\\@evil",
        "/consoles",
        "/console/\r\nX: y",
        "",
    ):
        answer = await post(browser, "/console/me/language", locale="en", back=back)
        assert answer.headers["location"] == "/console", back


async def test_a_language_without_a_console_is_refused(world: World) -> None:
    """Portuguese has texts for chatters only; anything else is not a language."""
    ana = await world.account("ana")
    browser = await world.inside(ana)
    for locale in ("pt", "", "../es", "xx"):
        answer = await post(browser, "/console/me/language", locale=locale)
        assert answer.status_code == 422
    assert (await world.member("ana")).locale == ""


WRITTEN = {
    "es": ("setiembre de 2026", "2 set. 2026", "12,340"),  # as in Peru
    "en": ("September 2026", "2 Sept 2026", "12,340"),
    "pt": ("setembro de 2026", "2 de set. de 2026", "12.340"),
    "nobody": ("setiembre de 2026", "2 set. 2026", "12,340"),
}


@pytest.mark.parametrize("locale", sorted(WRITTEN))
def test_each_language_writes_days_and_counts_its_own_way(world: World, locale: str) -> None:
    """Babel's ways; a language that it does not know is no reason to fail."""
    spoken = dataclasses.replace(world.deps, locale=locale)
    day = pages.full_date(spoken, dt.date(2026, 9, 2))
    assert (pages.month_name(spoken, 2026, 9), day, pages.number(spoken, 12_340)) == WRITTEN[locale]


async def test_days_and_counts_are_written_as_the_language_does(world: World) -> None:
    """A note of another day; the date of a check."""
    me = await world.account("ana", "supervisor")
    case = await busy(world, me)
    shown = {
        locale: (await (await speaks(world, me, locale)).get(f"/console/cases/{case}")).text
        for locale in MARKS
    }
    day = re.compile(r">(\d{1,2} [a-zA-Z]+\.?) \d\d:\d\d · (?:Nota|Note)")
    assert {locale: day.findall(text) for locale, text in shown.items()} == {
        "es": ["15 ene."],
        "en": ["15 Jan"],
    }


async def test_what_a_person_reads_and_wrote_keeps_its_language(world: World) -> None:
    """Around it the page is English: a reader of screens says the person's words as Spanish, and spelling follows."""
    me = await world.account("ana", "supervisor")
    case = await busy(world, me)
    page = (await (await speaks(world, me, "en")).get(f"/console/cases/{case}/thread")).text
    assert '<html lang="en">' in page
    assert len(re.findall(r'<p class="text" lang="es" dir="auto">', page)) == 3, (
        "two of the person, one of the bot"
    )
    for part in ('name="text" lang="es"', '<ul lang="es">'):
        assert part in page, part
