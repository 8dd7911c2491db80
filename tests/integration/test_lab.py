"""With the real Rasa: an example is proposed, its effect seen, published; the running Rasa understands it, and back.

A project of its own, so that nothing here is learnt by the one that people work with. One training.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot import models
from bot.models import Project
from bot.phrases.lab import Bench, Lab
from bot.rasa import RasaProcess
from bot.storage import changes, rehearsals
from bot.storage import staff as accounts
from bot.storage.database import Database
from bot.storage.rehearsals import Rehearsal
from bot.storage.staff import Staff
from bot.vault import Vault
from tests.conftest import ROOT
from tests.integration.conftest import NOW
from tests.integration.test_storage_cases import member

pytestmark = pytest.mark.rasa

SAID = "zarandunga pichanga"  # what no model knows
TRAINED_SECONDS = 400.0


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The rows are tested on both databases in test_phrases.py."""
    return f"sqlite:///{tmp_path / 'faro.db'}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of Rasa's project, with the environment and the model of the real one."""
    real = models.HERE
    model = models.train_if_needed()
    skipped = shutil.ignore_patterns(".venv", "models", "full", ".rasa", "__pycache__")
    shutil.copytree(real.folder, tmp_path / "rasa_project", ignore=skipped)
    (tmp_path / "rasa_project" / ".venv").symlink_to(real.folder / ".venv")
    (tmp_path / "bot").symlink_to(ROOT / "bot")
    own = Project(tmp_path / "rasa_project")
    own.models.mkdir()
    for path in (model, model.with_name(model.name.removesuffix(".tar.gz") + ".sha256")):
        shutil.copy(path, own.models)
    return own


@pytest.fixture
async def rasa(project: Project) -> AsyncIterator[RasaProcess]:
    process = RasaProcess(project=project)
    await process.start()
    yield process
    await process.stop()
    await process.client.close()


async def editor(database: Database, vault: Vault) -> Staff:
    id_ = await member(database, vault, "eva")
    async with database.read() as conn:
        found = await accounts.get(conn, vault, id_)
    assert found is not None
    return found


async def propose(database: Database, eva: Staff, intent: str, text: str) -> None:
    async with database.write() as conn:
        await changes.write(conn, "example", "es", intent, text, "waiting", eva.id, NOW)


async def until(database: Database, wanted: Callable[[Rehearsal], bool], seconds: float = 60.0) -> Rehearsal:
    end, rehearsal = time.monotonic() + seconds, None
    while time.monotonic() < end:
        async with database.read() as conn:
            rehearsal = await rehearsals.latest(conn)
        if rehearsal is not None and wanted(rehearsal):
            return rehearsal
        await asyncio.sleep(0.2)
    raise AssertionError(f"the rehearsal stands at {rehearsal and (rehearsal.state, rehearsal.reason)}")


async def test_from_proposal_to_the_running_service_and_back(
    database: Database, vault: Vault, project: Project, rasa: RasaProcess
) -> None:
    """While it trains and takes over, no message goes unanswered; afterwards the phrase is a yes, then again not."""
    eva, bench = await editor(database, vault), Bench(database, vault, project)
    lab, stop = Lab(bench, rasa, time.time, gently=False), asyncio.Event()
    before = rasa.model
    assert (await rasa.client.parse(SAID))["intent"] != "affirm"
    for text in (SAID, "zarandunga", "pichanga zarandunga", "zarandunga pues"):
        await propose(database, eva, "affirm", text)
    assert await bench.begin(eva, NOW) == "begun"

    answered, asking = [0], True

    async def people() -> None:
        while asking:
            found = await rasa.client.parse("claro que sí")
            assert found["intent"] == "affirm"
            answered[0] += 1
            await asyncio.sleep(0.1)

    talk, work = asyncio.create_task(people()), asyncio.create_task(lab.run(stop))
    try:
        rehearsal = await until(database, lambda t: t.state in ("ready", "failed"), TRAINED_SECONDS)
        assert rehearsal.state == "ready", rehearsal.reason
        assert rehearsal.report["lines"] > 700
        assert rehearsal.report["worse_in"] == [], rehearsal.report["worse"]
        assert rasa.model == before
        assert bench.examples() == ""
        assert await bench.publish(rehearsal.id, eva, NOW) == "publishing"
        await until(database, lambda t: t.state == "published")
        assert (await rasa.client.parse(SAID))["intent"] == "affirm"
        assert SAID in bench.examples()
        assert models.model_path(project) == project.models / rasa.model
        async with database.read() as conn:
            assert {one.state for one in await changes.history(conn)} == {"published"}
        assert await bench.undo(rehearsal.id, eva, NOW) == "undoing"
        await until(database, lambda t: t.state == "undone")
        assert rasa.model == before
        assert (await rasa.client.parse(SAID))["intent"] != "affirm"
        assert bench.examples() == ""
    finally:
        asking = False
        stop.set()
        await asyncio.gather(talk, work)
    assert answered[0] > 20


async def test_a_training_that_fails_leaves_the_model_and_says_why(
    database: Database, vault: Vault, project: Project, rasa: RasaProcess
) -> None:
    """An intent that no domain knows (edited into the row): the reason is Rasa's own; people are answered as before."""
    eva, bench = await editor(database, vault), Bench(database, vault, project)
    await propose(database, eva, "affirm", SAID)
    broken = 'version: "3.1"\nnlu:\n- intent: affirm\n  examples: nothing with a dash\n'
    async with database.write() as conn:
        assert await rehearsals.begin(conn, broken, "", [], eva.id, NOW)
    await Lab(bench, rasa, time.time, gently=False).step()
    rehearsal = await until(database, lambda t: t.state == "failed")
    assert "console.yml" in rehearsal.reason
    assert bench.examples() == ""
    assert (await rasa.client.parse("claro que sí"))["intent"] == "affirm"
    assert list((project.models / "rehearsal").iterdir()) == []
