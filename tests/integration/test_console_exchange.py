"""Texts as files, in the console and as commands: what would change is shown, and what is taken is a draft."""

from __future__ import annotations

import html
import io
import json
import subprocess
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook

from bot.storage import texts
from bot.texts import exchange, files, po
from tests.conftest import ROOT
from tests.integration.console_support import post, world
from tests.integration.test_console_texts import GRAVE, PLAIN, SAFE, Desk, desk
from tests.journey.service import FARO, Service

__all__ = ["desk", "world"]

NEW = "Chao. Vuelve cuando quieras: escribe «hola»."


async def bring(browser: httpx.AsyncClient, content: bytes, name: str = "x.po", lang: str = "es") -> str:
    """Send a file; the page that shows what it would change."""
    answer = await browser.post("/console/texts/import", files={"file": (name, content)}, data={"lang": lang})
    assert answer.status_code == 200
    return answer.text


async def take(browser: httpx.AsyncClient, page: str, *keys: str) -> str:
    """Tick some and keep them; what the console says of it."""
    carried = html.unescape(page.partition('name="brought" value="')[2].partition('"')[0])
    answer = await post(browser, "/console/texts/drafts", brought=carried, take=list(keys))
    assert answer.status_code == 303
    return answer.headers["location"].partition("said=")[2]


def changes(page: str) -> list[str]:
    """The keys of the texts that would change."""
    return [
        part.partition('data-key="')[2].partition('"')[0] for part in page.split('data-testid="change"')[1:]
    ]


async def drafts(desk: Desk, locale: str = "es") -> dict[str, tuple[str, str]]:
    async with desk.world.db.read() as conn:
        return {d.key: (d.text, d.state) for d in await texts.drafts(conn, locale)}


async def exported(browser: httpx.AsyncClient, query: str) -> bytes:
    answer = await browser.get(f"/console/texts/export?{query}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    return answer.content


async def test_taken_away_and_brought_back_nothing_changes(desk: Desk) -> None:
    """Both forms."""
    eva = await desk.editor("eva")
    for query, lang in (
        ("as=xlsx", "es"),
        ("as=po&lang=es", "es"),
        ("as=po&lang=pt", "pt"),
        ("as=po&lang=es@usted", "es@usted"),
    ):
        page = await bring(eva, await exported(eva, query), lang=lang)
        assert changes(page) == []
        assert 'data-testid="faults"' not in page
    assert await drafts(desk) == {}


async def test_one_change_is_shown_with_its_checks_and_becomes_one_draft(desk: Desk) -> None:
    """In a workbook as a spreadsheet program saves it; the file stays as it was, and nobody reads the draft yet."""
    eva = await desk.editor("eva")
    book = load_workbook(io.BytesIO(await exported(eva, "as=xlsx")))
    row = next(row for row in book["es"].iter_rows() if row[0].value == PLAIN)
    old, row[3].value = desk.said(PLAIN), f"{NEW} Hasta prontoo."
    saved = io.BytesIO()
    book.save(saved)
    page = await bring(eva, saved.getvalue(), "textos.xlsx")
    assert changes(page) == [PLAIN]
    assert "«prontoo» no está en el diccionario" in page
    assert await drafts(desk) == {}
    assert await take(eva, page, f"es/{PLAIN}") == "texts_drafted"
    assert await drafts(desk) == {PLAIN: (f"{NEW} Hasta prontoo.", "draft")}
    assert desk.said(PLAIN) == desk.written(PLAIN) == old


async def test_an_error_cannot_be_taken_and_safety_still_needs_a_second_pair_of_eyes(desk: Desk) -> None:
    """Not even with a form of one's own making; a draft of safety goes the way of any other."""
    eva = await desk.editor("eva")
    source = (await exported(eva, "as=po&lang=es")).decode()
    source = po.replaced(po.replaced(source, PLAIN, "Chao, te prometo papeles."), GRAVE, SAFE)
    page = await bring(eva, source.encode())
    assert sorted(changes(page)) == sorted([PLAIN, GRAVE])
    assert f'value="es/{GRAVE}"' in page
    assert f'value="es/{PLAIN}"' not in page
    assert "te prometo" in page
    assert await take(eva, page, f"es/{GRAVE}", f"es/{PLAIN}") == "texts_drafted"
    assert await drafts(desk) == {GRAVE: (SAFE, "draft")}
    seen = exchange.version("es", PLAIN, desk.said(PLAIN))
    forged = json.dumps([{"locale": "es", "key": PLAIN, "text": "Te prometo papeles.", "seen": seen}])
    answer = await post(eva, "/console/texts/drafts", brought=forged, take=[f"es/{PLAIN}"])
    assert answer.headers["location"].endswith("texts_none")
    assert set(await drafts(desk)) == {GRAVE}
    assert desk.said(GRAVE) != SAFE


async def test_what_changed_here_meanwhile_is_not_written_over(desk: Desk) -> None:
    """After the file was taken away: told, no box to tick. After it was looked at: left out."""
    eva = await desk.editor("eva")
    source = po.replaced((await exported(eva, "as=po&lang=es")).decode(), PLAIN, NEW).encode()
    early = await bring(eva, source)
    desk.by_hand(PLAIN, "Chao, a mano.")
    late = await bring(eva, source)
    assert 'data-testid="moved"' in late
    assert f'value="es/{PLAIN}"' not in late
    assert await take(eva, early, f"es/{PLAIN}") == "texts_none"
    assert await drafts(desk) == {}
    assert desk.written(PLAIN) == "Chao, a mano."


async def test_a_colleagues_draft_is_told_and_not_ticked(desk: Desk) -> None:
    """It is replaced only by who ticks it."""
    eva, leo = await desk.editor("eva"), await desk.editor("leo")
    source = (await exported(eva, "as=po&lang=es")).decode()
    mine, theirs = (po.replaced(source, PLAIN, text).encode() for text in (NEW, "Chao, hasta luego."))
    await take(leo, await bring(leo, theirs), f"es/{PLAIN}")
    page = await bring(eva, mine)
    assert desk.staff["leo"].alias in page.partition('data-testid="others"')[2].partition("</p>")[0]
    box = page.partition(f'value="es/{PLAIN}"')[2].partition(">")[0]
    assert "checked" not in box
    assert await drafts(desk) == {PLAIN: ("Chao, hasta luego.", "draft")}


async def test_what_is_wrong_with_a_file_is_said_and_nothing_is_kept(desk: Desk) -> None:
    """No file, no workbook, a broken line, a key that nobody says; too large is refused before it is read."""
    eva = await desk.editor("eva")
    for content, told in [
        (b"", "No elegiste"),
        (b"PK\x03\x04 nothing", "No es un archivo"),
        (b"\xff\xfe\x00", "No es un archivo"),
        (b'msgid "a"\nmsgstr "b\n', "La línea 2"),
        (b'msgid "say.nobody"\nmsgstr "b"\n', "es, renglón 2: nadie dice «say.nobody»"),
    ]:
        page = await bring(eva, content)
        assert told in html.unescape(page.partition('data-testid="faults"')[2])
        assert changes(page) == []
    large = await eva.post(
        "/console/texts/import", files={"file": ("x.po", b"#" * 2**21)}, data={"lang": "es"}
    )
    assert large.status_code == 413
    small = await eva.post(f"/console/texts/es/{PLAIN}", content=b"x" * 70_000)
    assert small.status_code == 413
    assert (await eva.get("/console/texts/export?as=exe")).status_code == 404
    assert (await post(eva, "/console/texts/drafts", brought="{", take=["es/x"])).status_code == 400


async def test_only_editors_take_away_and_bring(desk: Desk) -> None:
    """Nobody else finds the pages."""
    for role in ("supervisor", "responder", "admin"):
        other = await desk.editor(role, role)
        assert (await other.get("/console/texts/exchange")).status_code == 404
        assert (await other.get("/console/texts/export?as=xlsx")).status_code == 404
        assert (await other.post("/console/texts/import", files={"file": ("x", b"x")})).status_code == 404


# ── As commands ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A Faro with catalogues of its own, an editor and a responder; nothing runs."""
    import shutil

    shutil.copytree(ROOT / "locales", tmp_path / "locales")
    made = Service(tmp_path, {"FARO_LOCALES": str(tmp_path / "locales")})
    for words in (("keys", "init"), ("migrate",)):
        made.command(*words)
    made.staff("eva", "editor")
    made.staff("ana", "responder")
    return made


def test_the_commands_show_first_and_keep_drafts_in_an_editors_name(service: Service) -> None:
    """Without a name nothing is kept; a responder's name is refused; one change is one draft."""
    service.command("locales", "export", "x.xlsx")
    assert "0 textos cambiarían" in service.command("locales", "import", "x.xlsx")
    service.command("locales", "export", "usted.po", "--locale", "es@usted")
    assert "0 textos cambiarían" in service.command("locales", "import", "usted.po", "--locale", "es@usted")
    service.command("locales", "export", "es.po")
    path = service.folder / "es.po"
    path.write_text(po.replaced(path.read_text(encoding="utf-8"), PLAIN, NEW), encoding="utf-8")
    shown = service.command("locales", "import", "es.po")
    assert "1 textos cambiarían" in shown
    assert NEW in shown
    assert "drafts" not in shown
    refused = subprocess.run(
        [*FARO, "locales", "import", "es.po", "--by", "ana"],
        cwd=service.folder,
        env=service._environment,
        capture_output=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "1 borradores" in service.command("locales", "import", "es.po", "--by", "eva")
    service.command("locales", "export", "console.po", "--domain", "console", "--locale", "en")
    path = service.folder / "console.po"
    path.write_text(po.replaced(path.read_text(encoding="utf-8"), "console.queue.title", "Waiting"), "utf-8")
    told = service.command("locales", "import", "console.po", "--locale", "en", "--by", "eva")
    assert "en console.queue.title" in told
    assert "1 borradores" in told
    assert files.texts(files.catalogue(service.folder / "locales", "es"))[PLAIN] != NEW
