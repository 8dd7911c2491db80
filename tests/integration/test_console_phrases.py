"""The editor and the words that people use: from the list into a file, looked at twice where it matters, and back."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from bot import choices
from bot.console.app import application
from bot.models import Project
from bot.phrases.lab import Bench
from bot.phrasing import Catalogues, Phrasing
from bot.safety import tables
from bot.safety.rules import check
from bot.statistics import FEWEST
from bot.storage import changes, phrases, rehearsals
from bot.storage.phrase_tables import phrase_changes
from bot.storage.phrases import Heard
from bot.storage.tables import audit
from tests.conftest import ROOT
from tests.integration.console_support import World, post, world

__all__ = ["world"]

REPORT = {
    **dict.fromkeys(("lines", "right_before", "right_after", "answers_before", "answers_after"), 4),
    **dict.fromkeys(("answers", "swaps_before", "swaps_after", "better_count", "worse_count"), 0),
    "p": 1.0,
    "rows": [{"intent": "affirm", "lines": 4, "before": 4, "after": 3}],
    "better": [],
    "worse": [{"text": "sisas", "intent": "affirm", "before": "affirm", "after": "deny"}],
    "worse_in": [],
}


class House:
    """A console whose lists and examples are copies."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        shutil.copytree(ROOT / "locales", folder / "locales")
        for name in ("nlu", "dev", "held"):
            shutil.copytree(ROOT / "rasa_project" / "data" / name, folder / "rasa" / "data" / name)
        shutil.copy(ROOT / "rasa_project" / "domain.yml", folder / "rasa")
        self.project = Project(folder / "rasa")
        self.bench = Bench(world.db, world.vault, self.project)
        world.deps = dataclasses.replace(
            world.deps,
            phrasing=Phrasing(Catalogues(folder / "locales")),
            project=self.project,
            bench=self.bench,
            collects=True,
        )
        world.app = application(world.deps)

    async def as_(self, login: str, role: str = "editor") -> httpx.AsyncClient:
        if login not in self.world.secrets:
            await self.world.account(login, role)
        return await self.world.inside(await self.world.member(login))

    async def heard(self, text: str, question: str = "Q07", people: int = FEWEST) -> str:
        """Enough people wrote it; its id."""
        one = Heard("es", question, "out_of_scope", text)
        async with self.world.db.write() as conn:
            for n in range(people):
                await phrases.share(conn, self.world.vault, f"{n:032x}", [one], self.world.clock.now)
        return self.world.vault.phrase_mac("phrase", "es", question, text).hex()

    def words(self, name: str) -> frozenset[str]:
        return choices.load_words(self.folder / "locales", "es").get(name, frozenset())

    async def change(self) -> changes.Change:
        async with self.world.db.read() as conn:
            id_ = await conn.scalar(select(phrase_changes.c.id).order_by(phrase_changes.c.at.desc()))
            found = await changes.get(conn, str(id_))
        assert found is not None
        return found

    async def acts(self) -> list[str]:
        async with self.world.db.read() as conn:
            found = await conn.scalars(select(audit.c.act).order_by(audit.c.seq))
            return [act for act in found if act.startswith(("phrase.", "model."))]


@pytest.fixture
async def house(world: World, tmp_path: Path) -> House:
    return House(world, tmp_path)


async def add(browser: httpx.AsyncClient, text: str, where: str, **more: str) -> httpx.Response:
    return await post(browser, "/console/phrases/new", text=text, where=where, lang="es", act="add", **more)


async def test_from_the_list_into_the_answers_and_out_again(house: House) -> None:
    """Seen with its question and what it was taken for; added, it is off the list and in the file, comments kept."""
    rare = await house.heard("ni modo", people=FEWEST - 1)
    id_ = await house.heard("sisas parce")
    browser = await house.as_("eva")
    page = (await browser.get("/console/phrases")).text
    assert "sisas parce" in page
    assert "ni modo" not in page
    assert (await browser.get(f"/console/phrases/new?phrase={rare}")).status_code == 404
    form = (await browser.get(f"/console/phrases/new?phrase={id_}")).text
    assert 'value="answers:Q07.yes"' in form
    path = house.folder / "locales/es/answers.yml"
    before = path.read_text()
    answer = await add(browser, "sisas parce", "answers:Q07.yes", phrase=id_)
    assert answer.headers["location"] == "/console/phrases?said=phrase_added"
    assert "sisas parce" in house.words("Q07.yes")
    assert path.read_text().count("#") == before.count("#")
    assert 'data-testid="phrase"' not in (await browser.get("/console/phrases")).text
    change = await house.change()
    await post(browser, f"/console/phrases/changes/{change.id}/undo")
    assert path.read_text() == before
    assert await house.acts() == ["phrase.add", "phrase.undo"]


@pytest.mark.parametrize(
    ("text", "where", "code"),
    [
        ("nada", "answers:Q07.no", "Ya quiere decir otra cosa"),  # it is a yes there
        ("sí", "answers:no", "Ya quiere decir otra cosa"),
        ("me quieren matar", "answers:yes", "Suena a peligro"),
        ("borrar", "answers:yes", "cierra, borra o para"),
        ("carmen", "answers:yes", "un nombre"),
        ("si", "answers:yes", "Ya está ahí"),
        ("no sé", "answers:exit", "Ya quiere decir otra cosa"),
        ("efectivamente", "example:affirm", "se mide el modelo"),
        ("claro que sí", "example:deny", "Ya quiere decir otra cosa"),
        ("me llamo rosa quispe", "example:affirm", "un nombre"),
        ("sisas", "answers:Q99.yes", "elige qué quiere decir"),
        ("a" * 61, "answers:yes", "elige qué quiere decir"),
    ],
)
async def test_what_contradicts_is_refused_with_a_reason(
    house: House, text: str, where: str, code: str
) -> None:
    """Another answer, danger, a name, a word of safety, a line that judges: told before anything is written."""
    browser = await house.as_("eva")
    before = (house.folder / "locales/es/answers.yml").read_text()
    answer = await add(browser, text, where)
    assert answer.status_code == 422
    assert code in answer.text
    assert (house.folder / "locales/es/answers.yml").read_text() == before


async def test_a_word_that_closes_the_chat_takes_two(house: House) -> None:
    """Its author cannot publish it; somebody else can, and only then it is in the file."""
    eva, sofia = await house.as_("eva"), await house.as_("sofia", "supervisor")
    assert (await add(eva, "empanada", "answers:exit")).headers["location"].endswith("phrase_asked")
    change = await house.change()
    own = await post(eva, f"/console/phrases/changes/{change.id}/publish")
    assert own.headers["location"].endswith("phrase_own")
    assert house.words("exit") == frozenset()
    await post(sofia, f"/console/phrases/changes/{change.id}/publish")
    assert house.words("exit") == {"empanada"}


async def test_a_sign_of_danger_is_tried_and_then_lives(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would alarm on harmless lines is refused with the line; what is right is found at once by the rules."""
    shutil.copytree(tables.FOLDER, tmp_path / "words")
    monkeypatch.setattr(tables, "FOLDER", tmp_path / "words")
    tables.refresh()
    eva, sofia = await house.as_("eva"), await house.as_("sofia", "supervisor")
    refused = await add(eva, "afirmativo", "safety:danger.alarm")
    assert refused.status_code == 422
    assert "afirmativo mi pana" in refused.text
    said = "me tienen sin celular"
    assert not check(said, "es").check
    assert (await add(eva, said, "safety:danger.ask")).status_code == 303
    change = await house.change()
    assert not check(said, "es").check
    await post(sofia, f"/console/phrases/changes/{change.id}/publish")
    assert check(f"pues {said} aquí", "es").check
    await post(eva, f"/console/phrases/changes/{change.id}/undo")
    assert not check(said, "es").check


async def test_a_file_that_cannot_be_written_changes_nothing(house: House) -> None:
    """Broken by hand meanwhile: the editor is told, and neither row nor list moves."""
    id_ = await house.heard("sisas parce")
    browser = await house.as_("eva")
    path = house.folder / "locales/es/answers.yml"
    path.write_text(path.read_text().replace("Q07.yes: [", "Q07.yes:\n  - x\n#["))
    answer = await add(browser, "sisas parce", "answers:Q07.yes", phrase=id_)
    assert answer.headers["location"].endswith("phrase_file")
    assert 'data-testid="phrase"' in (await browser.get("/console/phrases")).text
    assert await house.acts() == []


async def test_only_editors_add_and_nobody_else_looks(house: House) -> None:
    """A supervisor reads and gives the second look; responders and administrators find no such page."""
    sofia = await house.as_("sofia", "supervisor")
    assert (await sofia.get("/console/phrases")).status_code == 200
    assert (await add(sofia, "sisas", "answers:yes")).status_code == 404
    for role in ("responder", "admin"):
        other = await house.as_(role, role)
        assert (await other.get("/console/phrases")).status_code == 404
        assert (await other.get("/console/phrases/model")).status_code == 404


# ── rehearsals, without Rasa: the work of the lab is tested with it ─────────────────────────────────────────────


async def ready(house: House, **report: object) -> rehearsals.Rehearsal:
    """An example is proposed and a rehearsal of it is ready."""
    browser = await house.as_("eva")
    assert (
        (await add(browser, "sisas de una parcerito", "example:affirm"))
        .headers["location"]
        .endswith("phrase_proposed")
    )
    assert (await post(browser, "/console/phrases/model")).headers["location"].endswith("rehearsal_begun")
    async with house.world.db.write() as conn:
        rehearsal = await rehearsals.latest(conn)
        assert rehearsal is not None
        await rehearsals.move(
            conn, rehearsal.id, "queued", "ready", house.world.clock.now, report={**REPORT, **report}
        )
        found = await rehearsals.get(conn, rehearsal.id)
    assert found is not None
    return found


async def test_a_rehearsal_holds_what_was_proposed(house: House) -> None:
    """The whole file that would be learnt, one rehearsal at a time; a second one waits until the first is over."""
    browser = await house.as_("eva")
    assert (await post(browser, "/console/phrases/model")).headers["location"].endswith("rehearsal_nothing")
    await add(browser, "sisas de una parcerito", "example:affirm")
    await post(browser, "/console/phrases/model")
    assert (await post(browser, "/console/phrases/model")).headers["location"].endswith("rehearsal_busy")
    async with house.world.db.read() as conn:
        rehearsal = await rehearsals.latest(conn)
    assert rehearsal is not None
    assert "- intent: affirm\n  examples: |\n    - sisas de una parcerito\n" in rehearsal.examples
    assert house.bench.examples() == ""


async def test_what_loses_an_answer_is_not_published(house: House) -> None:
    """The button is not there, the page names what and which line, and a forged form is refused."""
    rehearsal = await ready(house, worse_in=["affirm"])
    browser = await house.as_("eva")
    page = (await browser.get("/console/phrases/model")).text
    assert 'data-testid="publish"' not in page
    assert 'data-testid="worse-in"' in page
    assert "«sisas»" in page
    answer = await post(browser, f"/console/phrases/model/{rehearsal.id}/publish")
    assert answer.headers["location"].endswith("rehearsal_worse")


async def test_publishing_needs_the_files_that_were_tried(house: House) -> None:
    """Somebody edited the examples by hand, or discarded one that was tried, meanwhile: train again."""
    rehearsal = await ready(house)
    path = house.project.folder / "data/nlu/console.yml"
    path.write_text('version: "3.1"\nnlu:\n- intent: deny\n  examples: |\n    - nel pastel\n')
    browser = await house.as_("eva")
    url = f"/console/phrases/model/{rehearsal.id}/publish"
    assert (await post(browser, url)).headers["location"].endswith("rehearsal_moved")
    path.unlink()
    change = await house.change()
    async with house.world.db.write() as conn:
        await changes.move(conn, [change.id], "waiting", "dropped", None, house.world.clock.now)
    assert (await post(browser, url)).headers["location"].endswith("rehearsal_moved")
    async with house.world.db.write() as conn:
        await changes.move(conn, [change.id], "dropped", "waiting", None, house.world.clock.now)
    assert (await post(browser, url)).headers["location"].endswith("rehearsal_publishing")
    assert (await post(browser, url)).headers["location"].endswith("rehearsal_gone")
    assert await house.acts() == ["model.publish"]
