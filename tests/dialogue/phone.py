"""A phone of the simulator, and the person who acts a script on it: what is typed, tapped, waited for, and heard."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from typing import Any

import httpx

from bot.texts import rules
from tests.dialogue.backstage import Backstage
from tests.dialogue.script import KEYS, Script, Step, fits, name_of, pattern, seconds

POLL_SECONDS = (0.1, 0.15, 0.2, 0.3, 0.5, 0.8)
PATIENCE_SECONDS = 40.0
QUIET_SECONDS = 3.0  # longer than a fragment is waited for
LONGEST = {"whatsapp": 1600, "telegram": 4096}
ANSWERS = {
    "P0": "yes", "P1": "yes", "P2": "18", "P3": "no", "P4": "now", "P5": "full", "B4": "go",
    "M0": "yes", "M1": "no", "M2": "family", "X_person": "no",
}  # fmt: skip
LEAK = re.compile(r"\b[a-z]+\.[A-Za-z][\w.]*\b|\{\w+\}")


class DialogueError(AssertionError):
    """The dialogue went another way than its script."""


class Actor:
    """Plays one script on one channel and raises ``DialogueError`` with what was heard until then."""

    def __init__(self, http: httpx.AsyncClient, backstage: Backstage, script: Script, channel: str) -> None:
        self._http, self._backstage, self._script, self._channel = http, backstage, script, channel
        self.name = f"{script.name}-{channel[:2]}"[:32]
        self._path = f"/simulator/api/{channel}/{self.name}/messages"
        self._seen, self._locale, self.posts = 0, "es", 0
        self._fresh: list[dict[str, Any]] = []  # arrived, and not yet looked at by a step
        self.messages: list[dict[str, Any]] = []
        self._story: list[str | list[dict[str, Any]]] = []  # messages are named only if it must be told

    async def play(self) -> None:
        """The whole script, and what must stand at its end."""
        for step in self._script.steps:
            self._story.append(f"- {step.act}: {str(step.what)[:70]}")
            await self._act(step)
            if step.hear is not None:
                await self._hear(step.hear)
        await self._quiet()
        if self._fresh:
            self._fail("nobody expected", self._fresh)
        self._never()
        await self._ends()

    # ── acting ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _act(self, step: Step) -> None:
        if step.act == "say":
            await self._post({"text": str(step.what)})
        elif step.act == "long":
            await self._post({"text": str(step.what) * (10_000 // len(step.what))})
        elif step.act == "send":
            await self._post({"kind": step.what})
        elif step.act == "burst":
            for text in step.what:
                await self._post({"text": text})
        elif step.act == "tap":
            await self._tap(step.what)
        elif step.act == "go":
            await self._go(step.what, step.more)
        elif step.act == "language":
            self._locale = step.what
        elif step.act == "wait":
            await self._quiet()
            await self._backstage.wait(self._channel, self.name, seconds(step.what))
        else:
            await self._quiet()
            await self._backstage.staff(self._channel, self.name, step.what)

    async def _post(self, message: dict[str, Any]) -> None:
        self.posts += 1
        answer = await self._http.post(self._path, json=message)
        if answer.status_code != httpx.codes.ACCEPTED:
            self._fail(f"refused: {answer.text}", [])

    async def _tap(self, choice: str) -> None:
        """A button; the one that shows the rest first, where three buttons could not hold it."""
        if not self._offers(choice) and self._offers(f"{choice.partition('.')[0]}.more"):
            await self._post({"choice": f"{choice.partition('.')[0]}.more"})
            await self._hear(("say.more_answers",))
        await self._post({"choice": choice})

    def _offers(self, choice: str) -> bool:
        return any(c["id"] == choice for m in self.messages for c in m["choices"])

    async def _go(self, target: str, answers: dict[str, str]) -> None:
        """Answer whatever is asked as somebody without any sign would, until ``target`` is asked."""
        if not self.messages:
            await self._post({"text": "hola"})
        done = ""
        for _ in range(60):
            question = await self._asked(done)
            if question == target:
                self._fresh.clear()
                return
            self._fresh.clear()
            value = answers.get(question, ANSWERS.get(question, "unsure" if "which" in question else "no"))
            await self._tap(f"{question}.{value}")
            done = self.messages[-1]["id"]
        self._fail(f"{target} was never asked", [])

    async def _asked(self, after: str) -> str:
        """The question under the newest buttons, once it has come."""

        def found() -> str:
            new = [m for m in self.messages if m["choices"] and m["id"] != after and m["id"] >= (after or 0)]
            return str(new[-1]["choices"][0]["id"].partition(".")[0]) if new else ""

        await self._until(lambda: bool(found()), "no question came")
        return found()

    # ── hearing ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _hear(self, expected: tuple[str, ...]) -> None:
        if not expected:
            await self._quiet()
        else:
            await self._until(lambda: self._heard(expected), f"expected {', '.join(expected)}")
        if self._fresh and not expected:
            self._fail("should have stayed silent", self._fresh)
        self._story.append(self._fresh)
        self._fresh = []

    def _heard(self, expected: tuple[str, ...]) -> bool:
        return fits(expected, [m["text"] for m in self._fresh], self._locale)

    async def _until(self, holds: Any, otherwise: str) -> None:
        started = time.monotonic()
        for pause in itertools.chain(POLL_SECONDS, itertools.repeat(POLL_SECONDS[-1])):
            await asyncio.sleep(pause)
            await self._look()
            if holds():
                return
            if time.monotonic() - started > PATIENCE_SECONDS:
                self._fail(otherwise, self._fresh)

    async def _quiet(self) -> None:
        """Nothing has come for a while."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_SECONDS:
            if await self._look():
                quiet_since = time.monotonic()
            await asyncio.sleep(POLL_SECONDS[-2])

    async def _look(self) -> bool:
        answer = await self._http.get(self._path, params={"after": self._seen})
        new = answer.json()
        if new:
            self._seen = new[-1]["id"]
        theirs = [m for m in new if m["from"] != "me"]
        for message in theirs:
            self._check(message)
        self._fresh += theirs
        self.messages += theirs
        return bool(theirs)

    # ── judging ─────────────────────────────────────────────────────────────────────────────────────────────

    def _check(self, message: dict[str, Any]) -> None:
        """Every message of every script: words, no keys; within the limits of the channel."""
        for text in (message["text"], *(c["title"] for c in message["choices"])):
            if LEAK.search(text) and set(re.findall(r"[a-z]+\.[\w.]+", text)) & KEYS:
                self._fail("shows a key", [message])
            if re.search(r"\{\w+\}", text):
                self._fail("shows a placeholder", [message])
        word = rules.alarms(message["text"].split("\n")[0], self._locale)
        if word and message["from"] == "bot":
            self._fail(f"would show “{word}” on a locked screen", [message])
        most = 1024 if message["choices"] and self._channel == "whatsapp" else LONGEST[self._channel]
        if not 0 < len(message["text"]) <= most:
            self._fail("is empty or too long", [message])

    def _never(self) -> None:
        for key in self._script.never:
            told = [m for m in self.messages if pattern(key, self._locale).fullmatch(m["text"])]
            if told:
                self._fail(f"must never say {key}", told)

    async def _ends(self) -> None:
        for name, wanted in self._script.end.items():
            for pause in POLL_SECONDS:
                found = await self._backstage.found(self._channel, self.name, name, wanted)
                if found == wanted:
                    break
                await asyncio.sleep(pause)
            else:
                self._fail(f"{name} at the end is {found}, not {wanted}", [])

    def _told(self, entry: str | list[dict[str, Any]]) -> str:
        if isinstance(entry, str):
            return entry
        return f"  hear: [{', '.join(name_of(m['text'], self._locale) for m in entry)}]"

    def _fail(self, why: str, messages: list[dict[str, Any]]) -> None:
        story = [self._told(entry) for entry in (*self._story, messages) if entry]
        raise DialogueError(f"{self.name}: {why}\n" + "\n".join(story))
