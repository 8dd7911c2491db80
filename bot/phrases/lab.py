"""Models on rehearsal: what editors propose is learnt on the side, judged beside the model in use, and then takes over.

Stage: a loop of the service that has the Rasa. Promises: people are answered by the model in use all the while; a
rehearsal that fails leaves it in force and says why; what was left in the middle is taken up after a restart; nothing is
published whose effect was not seen, or by which an answer or a cry for help is understood less often.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import structlog

from bot import audit, models
from bot.evaluation.effect import effect
from bot.evaluation.understanding import Reading
from bot.phrases import examples
from bot.rasa import RasaProcess, RasaUnavailable
from bot.storage import changes, rehearsals
from bot.storage.database import Database
from bot.storage.rehearsals import Rehearsal
from bot.storage.staff import Staff
from bot.texts import po
from bot.vault import Vault

log = structlog.get_logger()

Said = Literal["begun", "busy", "nothing", "publishing", "worse", "moved", "undoing", "gone", "file"]
POLL_SECONDS = 1.0
TRIES = 10  # of a line
LOST_SECONDS = 2 * models.TRAIN_SECONDS  # a training that nobody touched for so long was left
PATH = f"data/nlu/{examples.NAME}"


@dataclasses.dataclass(frozen=True, slots=True)
class Bench:
    """What editors do with rehearsals: rows only, the work is the lab's."""

    db: Database
    vault: Vault
    project: models.Project = models.HERE

    def examples(self) -> str:
        """The file of editors' examples as it is now; empty when there is none."""
        path = examples.file(self.project.folder)
        return path.read_text(encoding="utf-8") if path.exists() else ""

    async def begin(self, author: Staff, now: float) -> Said:
        """Have everything that was proposed learnt and judged."""
        before = self.examples()
        async with self.db.write() as conn:
            proposed = [one for one in await changes.waiting(conn) if one.kind == "example"]
            if not proposed:
                return "nothing"
            try:
                told = examples.read(before) if before else []
            except ValueError:
                return "file"
            text = examples.written([*told, *((one.place, one.text) for one in proposed)])
            id_ = await rehearsals.begin(conn, text, before, [one.id for one in proposed], author.id, now)
        return "begun" if id_ else "busy"

    async def publish(self, id_: str, by: Staff, now: float) -> Said:
        """Let the model take over: only one whose effect is known, and is not worse where it matters most."""
        async with self.db.write() as conn:
            rehearsal = await rehearsals.get(conn, id_)
            if rehearsal is None or rehearsal.state != "ready":
                return "gone"
            if rehearsal.report["worse_in"]:
                return "worse"
            waiting = {one.id for one in await changes.waiting(conn)}
            if self.examples() != rehearsal.before or not waiting.issuperset(rehearsal.changes):
                return "moved"
            done = await rehearsals.move(
                conn, id_, "ready", "publishing", now, decided_by=by.id, decided_at=now
            )
            if done:
                await audit.append(conn, self.vault, by.id, "model.publish", id_, now)
        return "publishing" if done else "gone"

    async def undo(self, id_: str, by: Staff, now: float) -> Said:
        """Back to the examples and the model before; only the newest can be undone."""
        async with self.db.write() as conn:
            rehearsal = await rehearsals.latest(conn, "published")
            if rehearsal is None or rehearsal.id != id_:
                return "gone"
            if self.examples() != rehearsal.examples:
                return "moved"
            done = await rehearsals.move(
                conn, id_, "published", "undoing", now, decided_by=by.id, decided_at=now
            )
            if done:
                await audit.append(conn, self.vault, by.id, "model.undo", id_, now)
        return "undoing" if done else "gone"


class Lab:
    """The work on rehearsals, in the process that runs Rasa; several may, the rows keep them apart."""

    def __init__(
        self, bench: Bench, rasa: RasaProcess, clock: Callable[[], float], *, gently: bool = True
    ) -> None:
        self._bench, self._db, self._rasa, self._clock = bench, bench.db, rasa, clock
        self._project, self._gently = rasa.project, gently
        self._served = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``: rehearsals are worked on, and this process's Rasa follows the examples."""
        self._served = await asyncio.to_thread(self._bench.examples)
        alone = self._db.dialect == "sqlite"  # one process: whoever held anything is dead
        async with self._db.write() as conn:
            await rehearsals.take_over(conn, self._clock() - (0 if alone else LOST_SECONDS), self._clock())
        while not stop.is_set():
            try:
                await self.step()
            except Exception:
                log.exception("rehearsal_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_SECONDS)

    async def step(self) -> None:
        """Take up what waits, if anything."""
        async with self._db.read() as conn:
            rehearsal = await rehearsals.latest(conn, *rehearsals.WORK)
        if rehearsal is None:
            await self._follow()
        elif rehearsal.state == "queued":
            await self._try(rehearsal)
        else:
            await self._take_over(rehearsal)

    async def _follow(self) -> None:
        """Another process published, or somebody edited the file: this Rasa learns it too."""
        now = await asyncio.to_thread(self._bench.examples)
        if now != self._served:
            self._served = now
            await self._rasa.replace()

    async def _try(self, rehearsal: Rehearsal) -> None:
        if not await self._move(rehearsal.id, "queued", "training"):
            return
        told: list[str] = []
        try:
            model = await asyncio.to_thread(self._trained, rehearsal.examples, told.append)
            report = await self._judge(model)
        except Exception as error:
            log.exception("rehearsal_failed")
            reason = "\n".join([*told, str(error)])[-4000:]
            await self._move(rehearsal.id, "training", "failed", reason=reason)
            return
        await self._move(rehearsal.id, "training", "ready", report=report)

    def _trained(self, text: str, tell: models.Tell) -> Path:
        return models.try_out(PATH, text, tell, self._project, gently=self._gently)

    async def _judge(self, model: Path) -> dict[str, Any]:
        """Both models read the development set: the one in use where it serves, the other in a process of its own."""
        lines = await asyncio.to_thread(examples.labelled, self._project.folder)
        beside = RasaProcess(project=self._project, model=model, gently=self._gently)
        try:
            await beside.start()
            after = [await _ask(beside, intent, text) for intent, text in lines]
        finally:
            await beside.stop()
            await beside.client.close()
        before = [await _ask(self._rasa, intent, text) for intent, text in lines]
        return effect([text for _, text in lines], before, after).as_json()

    async def _take_over(self, rehearsal: Rehearsal) -> None:
        """The other examples, with their model, from now on; what cannot be started is taken back."""
        forward = rehearsal.state == "publishing"
        wanted, kept = (
            (rehearsal.examples, rehearsal.before) if forward else (rehearsal.before, rehearsal.examples)
        )
        try:
            model = await asyncio.to_thread(self._trained, wanted, lambda _: None)
            await asyncio.to_thread(models.adopt, model, self._project)
            await asyncio.to_thread(self._write, wanted)
            self._served = wanted
            await self._rasa.replace()
        except Exception as error:
            log.exception("rehearsal_failed")
            await asyncio.to_thread(self._write, kept)
            self._served = kept
            await self._move(
                rehearsal.id, rehearsal.state, "failed" if forward else "published", reason=str(error)
            )
            return
        done = ("waiting", "published") if forward else ("published", "undone")
        now = self._clock()
        async with self._db.write() as conn:
            await rehearsals.move(conn, rehearsal.id, rehearsal.state, done[1], now, reason="")
            await changes.move(conn, rehearsal.changes, *done, None, now)

    def _write(self, text: str) -> None:
        path = examples.file(self._project.folder)
        if text:
            po.save(path, text)
        else:
            path.unlink(missing_ok=True)

    async def _move(self, id_: str, before: str, state: str, **more: Any) -> bool:
        async with self._db.write() as conn:
            return await rehearsals.move(conn, id_, before, state, self._clock(), **more)


async def _ask(rasa: RasaProcess, intent: str, text: str) -> Reading:
    """One line; on a busy machine whoever has the lowest priority may be late."""
    for _ in range(TRIES):
        with contextlib.suppress(RasaUnavailable):
            found = await rasa.client.parse(text)
            return Reading(intent, str(found["intent"]), float(found["confidence"]), 1.0)
        await asyncio.sleep(POLL_SECONDS)
    raise RasaUnavailable(
        "Rasa gave no answer while the models were compared: try again when less is going on."
    )
