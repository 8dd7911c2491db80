"""A variant in the editor: a language of its own, the usual text beside each, published into the variant's own file."""

from __future__ import annotations

import dataclasses
import html

import httpx

from bot.console.app import application
from bot.phrasing import Catalogues, Phrasing
from bot.statistics import month_of, month_start, months_before
from bot.storage import figures
from bot.texts import files, po, rules
from bot.texts.check import Checker
from bot.texts.files import Gate
from tests.integration.console_support import LIMITS, post, world
from tests.integration.test_console_texts import Desk, decide, desk, keep

__all__ = ["desk", "world"]

USTED, VENEZUELA = "/console/texts/es@usted", "/console/texts/es_VE"


def settle(desk: Desk, home: str) -> None:
    """The same console in a house that speaks so."""
    desk.catalogues = Catalogues(
        desk.folder, served=(), held_back=rules.is_safety, gate=Gate(Checker(LIMITS), (), home), home=home
    )
    desk.world.deps = dataclasses.replace(desk.world.deps, phrasing=Phrasing(desk.catalogues))
    desk.world.app = application(desk.world.deps)


async def test_usted_is_a_language_of_its_own_with_the_usual_text_beside(desk: Desk) -> None:
    """Found by its own words, seen as telephones show it, published into its own file and no other."""
    eva = await desk.editor("eva")
    page = (await eva.get("/console/texts?lang=es@usted&q=le pagan mucho menos")).text
    assert "Español, de usted" in page
    assert "¿Le pagan mucho menos de lo acordado, o nada?" in page
    page = (await eva.get(f"{USTED}/say.bye")).text
    assert "Chao, cuídate." in page, "the usual text stands beside"
    assert "Chao, cuídese." in page
    spanish = files.catalogue(desk.folder, "es").read_bytes()
    assert await keep(eva, f"{USTED}/say.bye", "Chao, cuídate.") == "text_wrong"
    assert await keep(eva, f"{USTED}/say.bye", "Chao, que le vaya bien.") == "text_published"
    assert desk.written("say.bye", "es@usted") == "Chao, que le vaya bien."
    assert files.catalogue(desk.folder, "es").read_bytes() == spanish
    assert desk.said("say.bye", "es@usted") == "Chao, que le vaya bien."
    assert desk.said("say.bye", "es") == "Chao, cuídate. Cuando vuelvas, escribe «hola»."


async def test_the_look_shows_the_language_that_is_edited(desk: Desk) -> None:
    """Also where the house speaks otherwise: its buttons are those of the catalogue on the page."""
    settle(desk, "es@usted")
    eva = await desk.editor("eva")
    page = (await eva.get("/console/texts/es/stop.confirm")).text
    bubble = page[page.index('data-testid="look"') :]
    assert "Sí, no escribas más" in bubble
    assert "Sí, no escriba más" not in bubble
    bubble = (await eva.get(f"{USTED}/choice.X_stop.yes")).text
    assert "Sí, no escriba más" in bubble[bubble.index('data-testid="look"') :]
    assert desk.said("choice.X_stop.yes", "es") == "Sí, no escriba más"


async def test_a_region_with_one_text_grows_by_another(desk: Desk) -> None:
    """What it does not say otherwise is shown as it is; the first change writes one entry more and nothing else."""
    path = files.catalogue(desk.folder, "es_VE")
    path.parent.mkdir(parents=True)
    path.write_text('msgid "say.thanks"\nmsgstr "A la orden."\n', encoding="utf-8")
    settle(desk, "es_VE")
    eva = await desk.editor("eva")
    listed = (await eva.get("/console/texts?lang=es_VE&q=gracias")).text
    assert "Español, Venezuela" in listed
    assert "igual que en español" in listed
    page = (await eva.get(f"{VENEZUELA}/say.hello")).text
    assert "Hola, aquí estoy." in page
    assert await keep(eva, f"{VENEZUELA}/say.hello", "Hola, aquí estoy.") == "text_same"
    assert await keep(eva, f"{VENEZUELA}/say.hello", "Épale, aquí estoy.") == "text_published"
    assert files.texts(path) == {"say.thanks": "A la orden.", "say.hello": "Épale, aquí estoy."}
    (entry,) = [one for one in po.parse(path.read_text(encoding="utf-8")) if one.key == "say.hello"]
    assert "es: Hola, aquí estoy." in entry.notes
    assert desk.said("say.hello", "es_VE") == "Épale, aquí estoy."
    assert desk.said("say.thanks", "es_VE") == "A la orden."
    assert await keep(eva, f"{VENEZUELA}/say.hello", "Épale, te leo.") == "text_published"
    assert len(files.texts(path)) == 2


async def test_a_stale_text_says_so_until_somebody_wrote_it_anew(desk: Desk) -> None:
    """The Spanish changed: marked in the list and on the page; publishing notes what it was made from."""
    eva, leo = await desk.editor("eva"), await desk.editor("leo")
    key = "minor.lines"
    desk.by_hand(key, "Si necesitas hablar: 📞 1810 o 📞 100.")
    settle(desk, "es@usted")
    assert rules.is_safety(key)
    assert desk.said(key) == "Si necesitas hablar: 📞 1810 o 📞 100.", (
        "a text of safety waits for its counterpart"
    )
    assert "el español cambió" in (await eva.get("/console/texts?lang=es@usted&q=minor.lines")).text
    assert 'data-testid="stale"' in (await eva.get(f"{USTED}/{key}")).text
    new = "Si necesita hablar: 📞 1810 o 📞 100."
    assert await keep(eva, f"{USTED}/{key}", new) == "text_asked"
    assert await decide(leo, f"{USTED}/{key}", "publish", "approve") == "text_published"
    assert 'data-testid="stale"' not in (await eva.get(f"{USTED}/{key}")).text
    assert desk.said(key) == new
    found = [f for f in files.check(Checker(LIMITS), desk.folder) if f.level == "error"]
    assert found == []


async def test_notes_are_in_spanish(desk: Desk) -> None:
    """Editors read Spanish: what stands beside a text says where it is shown, without what the page says anyway."""
    eva = await desk.editor("eva")
    for address in ("/console/texts/es/lock.ask", "/console/texts/en/lock.ask", f"{USTED}/lock.ask"):
        page = (await eva.get(address)).text
        assert "Un chat cerrado: neutral, puede leerlo otra persona." in page, address
        assert "seguridad: la publica otra persona" not in page, address


async def region(desk: Desk) -> None:
    """A house in a region that says three things otherwise, one of them of safety."""
    path = files.catalogue(desk.folder, "es_VE")
    path.parent.mkdir(parents=True)
    texts = {"say.hello": "Épale, aquí estoy.", "minor.lines": "Si necesitas hablar: 📞 1810 o 📞 100."}
    texts["say.thanks"] = "A la orden."
    blocks = [f'#. Nota\nmsgid "{key}"\nmsgstr "{text}"\n' for key, text in texts.items()]
    path.write_text("\n".join(blocks), encoding="utf-8")
    settle(desk, "es_VE")


async def back(browser: httpx.AsyncClient, url: str) -> str:
    """Press «back to the usual text»; what the console says of it."""
    page = (await browser.get(url)).text
    form = page[: page.index('data-testid="go-back"')].rpartition("<form")[2]
    seen = form.partition('name="seen" value="')[2].partition('"')[0]
    answer = await post(browser, f"{url}/back", seen=seen)
    return answer.headers["location"].partition("?said=")[2]


async def test_back_to_the_usual_text(desk: Desk) -> None:
    """The variant's own entry goes and nothing else of its file; the usual text speaks, and the old one can come back."""
    await region(desk)
    eva, path = await desk.editor("eva"), files.catalogue(desk.folder, "es_VE")
    before, url = path.read_text(encoding="utf-8"), f"{VENEZUELA}/say.hello"
    assert desk.said("say.hello") == "Épale, aquí estoy."
    assert await back(eva, url) == "text_published"
    assert desk.said("say.hello") == "Hola, aquí estoy."
    assert (
        path.read_text(encoding="utf-8")
        == before.partition('#. Nota\nmsgid "minor')[1] + before.partition('#. Nota\nmsgid "minor')[2]
    )
    page = (await eva.get(url)).text
    assert 'data-testid="go-back"' not in page
    assert "igual que en español" in page
    assert await decide(eva, url, "restore", "restore") == "text_drafted"
    assert await keep(eva, url, "Épale, aquí estoy.") == "text_published"
    assert desk.said("say.hello") == "Épale, aquí estoy."
    ((actor, _, _), _) = await desk.world.acts("text.publish")
    assert actor == desk.staff["eva"].id


async def test_of_safety_a_second_person_goes_back(desk: Desk) -> None:
    """Asked for by one, published by another, who sees what would be said."""
    await region(desk)
    eva, leo = await desk.editor("eva"), await desk.editor("leo")
    url, usual = f"{VENEZUELA}/minor.lines", desk.written("minor.lines")
    assert await back(eva, url) == "text_asked"
    assert desk.said("minor.lines") == "Si necesitas hablar: 📞 1810 o 📞 100."
    page = (await leo.get(url)).text
    assert 'data-testid="to-usual"' in page
    assert html.escape(usual.splitlines()[0]) in page[page.index('data-testid="look"') :]
    assert await decide(leo, url, "publish", "approve") == "text_published"
    assert desk.said("minor.lines") == usual
    assert "minor.lines" not in files.texts(files.catalogue(desk.folder, "es_VE"))


async def test_nobody_goes_back_to_another_form_or_from_nothing(desk: Desk) -> None:
    """Where the usual text says tú, a text of usted stays; Spanish and a translation have no other to go back to."""
    eva = await desk.editor("eva")
    written = files.catalogue(desk.folder, "es@usted").read_bytes()
    for url, said in (
        (f"{USTED}/say.bye", "text_wrong"),
        ("/console/texts/es/say.bye", "text_wrong"),
        ("/console/texts/pt/say.bye", "text_wrong"),
    ):
        page = (await eva.get(url)).text
        assert 'data-testid="go-back"' not in page
        seen = page.partition('name="seen" value="')[2].partition('"')[0]
        answer = await post(eva, f"{url}/back", seen=seen)
        assert answer.headers["location"].endswith(said)
    key = next(one.key for one in desk.world.deps.texts.entries("es@usted") if not one.text)
    seen = (await eva.get(f"{USTED}/{key}")).text.partition('name="seen" value="')[2].partition('"')[0]
    answer = await post(eva, f"{USTED}/{key}/back", seen=seen)
    assert answer.headers["location"].endswith("text_gone")
    assert files.catalogue(desk.folder, "es@usted").read_bytes() == written


async def test_a_variant_tells_how_its_own_words_fare(desk: Desk) -> None:
    """Counted for the catalogue that was read; what the variant leaves as it is counts with the usual words."""
    eva = await desk.editor("eva")
    (last,) = months_before(month_of(desk.world.clock.now), 1)
    own, usual = ("es@usted", "ask.Q07"), ("es", "ask.Q07")
    async with desk.world.db.write() as conn:
        for text, people in ((own, 20), (usual, 50), (("es", "why.Q07"), 30)):
            for _ in range(people):
                await figures.count_readers(conn, month_start(last), [text])
    told = {
        url: (await eva.get(url)).text.partition('data-testid="fares"')[2].partition("</dl>")[0]
        for url in (f"{USTED}/ask.Q07", "/console/texts/es/ask.Q07")
    }
    people = desk.said("console.texts.fares.people")
    assert people.format(n=20) in told[f"{USTED}/ask.Q07"]
    assert people.format(n=30) in told[f"{USTED}/ask.Q07"]
    assert people.format(n=50) in told["/console/texts/es/ask.Q07"]
    assert people.format(n=20) not in told["/console/texts/es/ask.Q07"]
