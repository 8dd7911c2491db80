"""The editor: finds a text, sees it as telephones do, publishes it into the PO file, and never more than that."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import httpx
import pytest

from bot.console.app import application
from bot.phrasing import Catalogues, Phrasing
from bot.screening.model import load
from bot.statistics import month_of, month_start, months_before
from bot.storage import figures
from bot.storage.staff import Staff
from bot.texts import files, po
from bot.texts.check import Checker
from bot.texts.files import Gate
from tests.conftest import ROOT
from tests.integration.console_support import LIMITS, World, post, world

__all__ = ["world"]

PLAIN, GRAVE = "say.bye", "emergency.danger"
PLAIN_URL, GRAVE_URL = f"/console/texts/es/{PLAIN}", f"/console/texts/es/{GRAVE}"
SAFE = "Te leo. Aquí estoy.\nLo que cuentas puede ser peligroso, y no es tu culpa."


class Desk:
    """A console with catalogues of its own, two editors and a supervisor."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.catalogues = Catalogues(folder, gate=Gate(Checker(LIMITS)))
        world.deps = dataclasses.replace(world.deps, phrasing=Phrasing(self.catalogues))
        world.app = application(world.deps)
        self.staff: dict[str, Staff] = {}

    async def editor(self, login: str, role: str = "editor") -> httpx.AsyncClient:
        if login not in self.staff:
            self.staff[login] = await self.world.account(login, role)
        return await self.world.inside(self.staff[login])

    def said(self, key: str, locale: str = "es") -> str:
        self.catalogues.refresh()
        return self.catalogues.text(key, locale)

    def written(self, key: str, locale: str = "es") -> str:
        return files.texts(files.catalogue(self.folder, locale))[key]

    def by_hand(self, key: str, text: str) -> None:
        path = files.catalogue(self.folder, "es")
        path.write_text(po.replaced(path.read_text(encoding="utf-8"), key, text), encoding="utf-8")


@pytest.fixture
async def desk(world: World, tmp_path: Path) -> Desk:
    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    return Desk(world, tmp_path / "locales")


async def keep(browser: httpx.AsyncClient, url: str, text: str, act: str = "publish", seen: str = "") -> str:
    """Send the form of a page as it was opened; what the console says of it."""
    seen = seen or await opened(browser, url)
    answer = await post(browser, url, text=text, act=act, seen=seen)
    assert answer.status_code == 303
    return answer.headers["location"].partition("?said=")[2]


async def opened(browser: httpx.AsyncClient, url: str) -> str:
    page = (await browser.get(url)).text
    return page.partition('name="seen" value="')[2].partition('"')[0]


async def decide(browser: httpx.AsyncClient, url: str, act: str, marker: str) -> str:
    """Press one of the small buttons of a page; ``marker`` is the test id of the button."""
    page = (await browser.get(url)).text
    form = page[: page.index(f'data-testid="{marker}"')].rpartition("<form")[2]
    change = form.partition('name="change" value="')[2].partition('"')[0]
    answer = await post(browser, f"{url}/{act}", change=change)
    return answer.headers["location"].partition("?said=")[2]


async def test_a_phrase_is_published_into_the_same_file_and_nothing_else_of_it_changes(desk: Desk) -> None:
    """An editor alone changes what is not of safety; it is said at once and stands in the audit log."""
    eva = await desk.editor("eva")
    path = files.catalogue(desk.folder, "es")
    before = path.read_text(encoding="utf-8")
    assert await keep(eva, PLAIN_URL, "Chao. Vuelve cuando quieras: escribe «hola».") == "text_published"
    assert desk.said(PLAIN) == "Chao. Vuelve cuando quieras: escribe «hola»."
    assert path.read_text(encoding="utf-8") == po.replaced(before, PLAIN, desk.said(PLAIN))
    ((actor, _, _),) = await desk.world.acts("text.publish")
    assert actor == desk.staff["eva"].id


async def test_a_draft_is_said_to_nobody(desk: Desk) -> None:
    """It waits on the page for whoever goes on with it, and can be thrown away."""
    eva, leo = await desk.editor("eva"), await desk.editor("leo")
    old = desk.said(PLAIN)
    assert await keep(eva, PLAIN_URL, "Chao, hasta pronto.", "draft") == "text_drafted"
    assert desk.said(PLAIN) == desk.written(PLAIN) == old
    assert "Chao, hasta pronto." in (await leo.get(PLAIN_URL)).text
    assert f'data-key="{PLAIN}"' in (await leo.get("/console/texts?place=drafts")).text
    assert await decide(leo, PLAIN_URL, "drop", "drop") == "text_dropped"
    assert "Chao, hasta pronto." not in (await leo.get(PLAIN_URL)).text


async def test_safety_needs_a_second_pair_of_eyes(desk: Desk) -> None:
    """Its author cannot publish it, not even with a form of their own making; somebody else can, once."""
    eva, leo = await desk.editor("eva"), await desk.editor("leo")
    old = desk.said(GRAVE)
    assert await keep(eva, GRAVE_URL, SAFE) == "text_asked"
    assert desk.said(GRAVE) == old
    assert 'data-testid="approve"' not in (await eva.get(GRAVE_URL)).text
    page = (await leo.get(GRAVE_URL)).text
    change = page.partition('name="change" value="')[2].partition('"')[0]
    own = await post(eva, f"{GRAVE_URL}/publish", change=change)
    assert own.headers["location"].endswith("text_own")
    assert desk.said(GRAVE) == old
    assert await decide(leo, GRAVE_URL, "publish", "approve") == "text_published"
    assert desk.said(GRAVE) == SAFE
    again = await post(leo, f"{GRAVE_URL}/publish", change=change)
    assert again.headers["location"].endswith("text_gone")


async def test_changing_a_waiting_text_makes_its_new_author_wait(desk: Desk) -> None:
    """Whoever rewrites what another wrote cannot publish their own words as the second look."""
    eva, leo = await desk.editor("eva"), await desk.editor("leo")
    await keep(eva, GRAVE_URL, SAFE)
    assert await keep(leo, GRAVE_URL, SAFE.replace("Aquí estoy", "Sigo aquí")) == "text_asked"
    assert 'data-testid="approve"' not in (await leo.get(GRAVE_URL)).text
    assert await decide(eva, GRAVE_URL, "publish", "approve") == "text_published"
    assert "Sigo aquí" in desk.said(GRAVE)


@pytest.mark.parametrize("text", ["Chao, te prometo papeles.", "Llama al 987654321.", "Chao, {nadie}."])
async def test_what_the_checks_refuse_is_never_published(desk: Desk, text: str) -> None:
    """The page says why; the file stays."""
    eva = await desk.editor("eva")
    old = desk.written(PLAIN)
    assert await keep(eva, PLAIN_URL, text) == "text_wrong"
    assert desk.written(PLAIN) == old
    looked = await eva.post(f"{PLAIN_URL}/look", data={"text": text}, headers={"HX-Request": "true"})
    assert 'data-testid="finding-error"' in looked.text
    assert "<html" not in looked.text


async def test_what_is_typed_is_shown_with_and_without_script(desk: Desk) -> None:
    """The fragment for script, the whole page without; both through the real renderer, and nothing is kept."""
    eva = await desk.editor("eva")
    url = "/console/texts/es/ask.Q07"
    typed = "¿Te pagan <b>poco</b>?"
    part = await eva.post(f"{url}/look", data={"text": typed}, headers={"HX-Request": "true"})
    whole = await eva.post(f"{url}/look", data={"text": typed})
    for text in (part.text, whole.text):
        assert "¿Te pagan &lt;b&gt;poco&lt;/b&gt;?" in text
        assert "Otra respuesta" in text
        assert "Prefiero no decir" in text
    assert "<textarea" in whole.text
    assert desk.said("ask.Q07") != typed
    button = await eva.get("/console/texts/es/choice.Q05_which.trust")
    assert "¿Por qué razón?" in button.text


async def test_a_draft_stands_beside_what_is_published(desk: Desk) -> None:
    """Both can be compared: the field holds the draft, the page what is said now."""
    eva = await desk.editor("eva")
    old = desk.said(PLAIN)
    await keep(eva, PLAIN_URL, "Chao, hasta pronto.", "draft")
    page = (await eva.get(PLAIN_URL)).text
    field = page.partition("<textarea")[2].partition("</textarea>")[0]
    published = page.partition('data-testid="published"')[2].partition("</div>")[0]
    assert field.endswith(">Chao, hasta pronto.")
    assert old in published
    assert "hasta pronto" not in published


async def test_the_look_has_the_locked_screen_and_the_night(desk: Desk) -> None:
    """Both telephones by day and by night; a locked screen shows the first line and no more."""
    eva = await desk.editor("eva")
    text = "Te leo.\nLo que cuentas no es tu culpa."
    looked = await eva.post(f"{GRAVE_URL}/look", data={"text": text}, headers={"HX-Request": "true"})
    for light in ("day", "night"):
        part = looked.text.partition(f'<div class="{light}">')[2].partition("<h3>")[0]
        for phone in ("whatsapp", "telegram"):
            shown = part.partition(f'class="phone {phone}"')[2].partition("</figure>")[0]
            lock, _, wall = shown.partition('class="wall"')
            assert "Te leo." in lock
            assert "culpa" not in lock
            assert "culpa" in wall


async def test_the_way_back(desk: Desk) -> None:
    """What was said before is kept, and goes the same way as any other text."""
    eva = await desk.editor("eva")
    old = desk.said(PLAIN)
    await keep(eva, PLAIN_URL, "Chao, hasta pronto.")
    assert await decide(eva, PLAIN_URL, "restore", "restore") == "text_drafted"
    assert old in (await eva.get(PLAIN_URL)).text
    assert await keep(eva, PLAIN_URL, old) == "text_published"
    assert desk.said(PLAIN) == old


async def test_a_change_by_hand_meanwhile_is_not_written_over(desk: Desk) -> None:
    """Between opening and sending, and between asking and approving."""
    eva, leo = await desk.editor("eva"), await desk.editor("leo")
    seen = await opened(eva, PLAIN_URL)
    desk.by_hand(PLAIN, "Chao, a mano.")
    assert await keep(eva, PLAIN_URL, "Chao, en la consola.", seen=seen) == "text_moved"
    await keep(eva, GRAVE_URL, SAFE)
    desk.by_hand(GRAVE, "Te leo. A mano.\nNo es tu culpa.")
    assert await decide(leo, GRAVE_URL, "publish", "approve") == "text_moved"
    assert desk.written(GRAVE).startswith("Te leo. A mano.")
    assert desk.written(PLAIN) == "Chao, a mano."


async def test_a_file_broken_by_hand_is_told_with_line_key_and_reason(desk: Desk) -> None:
    """The old words stay; nothing is published on top of an error; mending it brings everything back."""
    eva = await desk.editor("eva")
    old = desk.said("say.hello")
    desk.by_hand("say.hello", "Hola, te prometo papeles.")
    assert desk.said("say.hello") == old
    page = (await eva.get("/console/texts")).text
    line = next(e.line for e in desk.world.deps.texts.entries("es") if e.key == "say.hello")
    refused = page.partition('data-testid="refused"')[2].partition("</div>")[0]
    assert f"línea {line}" in refused
    assert "say.hello" in refused
    assert "te prometo" in refused
    assert await keep(eva, PLAIN_URL, "Chao, hasta pronto.") == "text_file"
    desk.by_hand("say.hello", old)
    desk.catalogues.refresh()
    assert 'data-testid="refused"' not in (await eva.get("/console/texts")).text
    assert await keep(eva, PLAIN_URL, "Chao, hasta pronto.") == "text_published"


async def test_texts_are_found_by_words_by_key_and_by_place(desk: Desk) -> None:
    """Without caring for accents or capitals."""
    eva = await desk.editor("eva")
    for query, inside, outside in [
        ("q=ABOGACIA", "options.labour", "say.bye"),
        ("q=ask.Q07", "ask.Q07.past", "say.bye"),
        ("place=danger", "emergency.danger", "say.bye"),
        ("q=chao&place=moves", "say.bye", "emergency.danger"),
    ]:
        page = (await eva.get(f"/console/texts?{query}")).text
        assert f'data-key="{inside}"' in page, query
        assert f'data-key="{outside}"' not in page, query
    assert "Nada con esas palabras" in (await eva.get("/console/texts?q=zzzz")).text


async def test_a_supervisor_gives_the_second_look_and_edits_nothing(desk: Desk) -> None:
    """Nor does anybody else; a language or key that is not there is an unknown page."""
    eva, ana = await desk.editor("eva"), await desk.editor("ana", "supervisor")
    await keep(eva, GRAVE_URL, SAFE)
    assert 'data-testid="text-form"' not in (await ana.get(GRAVE_URL)).text
    assert (await post(ana, GRAVE_URL, text="x", act="publish", seen="x")).status_code == 404
    assert await decide(ana, GRAVE_URL, "publish", "approve") == "text_published"
    for path in (
        "/console/texts/xx/say.bye",
        "/console/texts/es/say.nobody",
        "/console/texts/..%2fes/say.bye",
    ):
        assert (await eva.get(path)).status_code == 404


async def test_a_translation_is_reviewed_by_the_second_person(desk: Desk) -> None:
    """Published by somebody else than its author, a text of safety loses the mark "fuzzy"."""
    path = files.catalogue(desk.folder, "pt")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'#, fuzzy\nmsgid "{GRAVE}"\nmsgstr "Leio você."\n\nmsgid "say.bye"\nmsgstr "Tchau."\n',
        encoding="utf-8",
    )
    eva, leo = await desk.editor("eva"), await desk.editor("leo")
    url = f"/console/texts/pt/{GRAVE}"
    assert await keep(eva, url, "Estou lendo. Estou aqui.") == "text_asked"
    assert await decide(leo, url, "publish", "approve") == "text_published"
    entry = next(e for e in po.parse(path.read_text(encoding="utf-8")) if e.key == GRAVE)
    assert (entry.text, entry.fuzzy) == ("Estou lendo. Estou aqui.", False)
    assert 'msgstr "Tchau."' in path.read_text(encoding="utf-8")


async def test_a_question_tells_how_it_fares_and_nobody_is_in_it(desk: Desk) -> None:
    """Whole months, each by itself: below ten it is not counted, above to the nearest ten; this month is not told."""
    eva, now = await desk.editor("eva"), desk.world.clock.now
    last, before = months_before(month_of(now), 2)
    async with desk.world.db.write() as conn:
        for month, people in ((last, 26), (before, 12), (month_of(now), 500)):
            for _ in range(people):
                await figures.count_readers(conn, month_start(month), [("es", "ask.Q07")])
        for _ in range(9):
            await figures.count_readers(conn, month_start(last), [("es", "why.Q07")])
    page = (await eva.get("/console/texts/es/ask.Q07")).text
    told = page.partition('data-testid="fares"')[2].partition("</dl>")[0]
    assert desk.said("console.texts.fares.people").format(n=40) in told
    assert told.count(desk.said("console.texts.fares.few")) == 3
    assert 'data-testid="fares"' not in (await eva.get(PLAIN_URL)).text


async def test_the_flow_is_drawn_and_every_question_leads_to_its_words(desk: Desk) -> None:
    """Each question of the instrument is a link; the one that somebody came from is marked, once."""
    eva = await desk.editor("eva")
    assert "/console/texts/flow?lang=es&amp;at=Q07#here" in (await eva.get("/console/texts/es/why.Q07")).text
    page = (await eva.get("/console/texts/flow?lang=es&at=Q07")).text
    for code in [question.code for question in (*load().adult.questions, *load().minor.questions)]:
        assert f'href="/console/texts/es/ask.{code}"' in page
    assert page.count('id="here"') == page.count('href="/console/texts/es/ask.Q07" class="here"') == 1
    assert (await eva.get("/console/texts/es/ask.Q07")).status_code == 200
    assert (await eva.get("/console/texts/flow?lang=xx")).status_code == 404
    assert 'id="here"' not in (await eva.get('/console/texts/flow?at="><script>')).text
