"""A text tried on the phones of this machine's simulator: a made-up person stands where it is said, in the new words.

Promises that only new conversations on the simulator's channels are touched, that no case is opened and nobody counted
on the way there, and that from there the conversation goes on as any other on those phones.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

import anyio.to_thread

from bot.draft import Draft, Shown
from bot.effects import apply
from bot.outbox import Outbox
from bot.phrasing import Phrasing
from bot.showing import Shown as Message
from bot.showing import show
from bot.statistics import month_of
from bot.storage import conversations, wordings
from bot.storage.database import Database
from bot.texts import standing
from bot.texts.standing import Way
from bot.vault import Vault
from connectors.base import Limits

SIMULATED = "sim-"


class Trying:
    """Puts made-up people where a text is said. ``limits`` are those of the simulator's channels and no others."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        outbox: Outbox,
        phrasing: Phrasing,
        limits: Mapping[str, Limits],
        clock: Callable[[], float],
    ) -> None:
        if not all(name.startswith(SIMULATED) for name in limits):
            raise ValueError("texts are tried on the simulator's phones only")
        self._db, self._vault, self._outbox = db, vault, outbox
        self._phrasing, self._limits, self._clock = phrasing, limits, clock

    async def put(self, locale: str, key: str, text: str) -> dict[str, str] | None:
        """Channel → the name of the phone that shows ``text`` now; None when no conversation leads to it."""
        way = await anyio.to_thread.run_sync(standing.way, key)
        if way is None:
            return None
        name = f"prueba-{secrets.token_hex(4)}"
        for channel in self._limits:
            await self._stand(channel, name, locale, way, self._phrasing.with_text(locale, key, text))
        self._outbox.wake()
        return dict.fromkeys(self._limits, name)

    async def _stand(self, channel: str, name: str, locale: str, way: Way, trial: Phrasing) -> None:
        """A new conversation as it is after ``way``, and what the last step says on its way to the phone."""
        now = self._clock()
        async with self._db.write() as conn:
            id_ = await conversations.find_or_create(conn, self._vault, channel, name, locale, now)
            draft = Draft(id_, channel, locale, "bot", "bot", None, Shown(), False, None, False)
            said = self._walked(draft, way, trial)
            draft.shown.at = now
            await wordings.remember(conn, draft.worded, "{}-{:02}".format(*month_of(now)))
            await conversations.save_turn(
                conn,
                self._vault,
                id_,
                expected_version=0,
                state=draft.state,
                shown=draft.shown.as_json(),
                phase=draft.phase,
                phase_before=draft.phase_before,
                locale=draft.locale,
                consented=draft.consented,
            )
            for n, (key, silent, message) in enumerate(said):
                await self._outbox.enqueue(
                    conn, id_, f"{id_}:try{n}", "bot", key, message, now, even_if_silent=silent
                )

    def _walked(self, draft: Draft, way: Way, trial: Phrasing) -> list[Message]:
        """Every step of the way as a turn would take it, unheard; what the last one says, in the words on trial."""
        limits, context = self._limits[draft.channel], {**standing.CONTEXT, "next_shift": None}
        said: list[Message] = []
        for n, message in enumerate(way, 1):
            draft.says, draft.worded = [], []
            apply(draft, standing.step(draft.state, message), (), context, self._vault.word_mac)
            said = show(trial if n == len(way) else self._phrasing, draft, limits)
        return said


def address(phones: Mapping[str, str]) -> str:
    """Where the simulator shows these phones."""
    names = [f"{channel.removeprefix(SIMULATED)}={name}" for channel, name in phones.items()]
    return f"/simulator?{'&'.join(names)}"
