"""An editor at work in another process: adds words with the one desk, says which act went how, and ends.

``python -m tests.integration.editor_elsewhere DATABASE KEYS LOCALES SIGNS`` with eva and sofia in the database.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from bot.phrases.desk import PhraseDesk
from bot.phrasing import Catalogues
from bot.safety import tables
from bot.storage import changes, staff
from bot.storage.database import Database
from bot.vault import KeyRing, Vault
from tests.conftest import ROOT

WORDS = {
    "answers/Q07.yes": "sisas parce",
    "answers/exit": "empanada",
    "safety/danger.ask": "me tienen sin celular",
}


async def main(url: str, keys: str, locales: str, signs: str) -> None:
    tables.FOLDER = Path(signs)
    db, vault = Database(url), Vault(KeyRing.load(Path(keys)))
    desk = PhraseDesk(db, vault, Catalogues(Path(locales)), ROOT / "rasa_project")
    async with db.read() as conn:
        eva, sofia = [await staff.by_login(conn, vault, login) for login in ("eva", "sofia")]
    assert eva is not None
    assert sofia is not None
    said = {}
    for now, (where, word) in enumerate(WORDS.items(), 1):
        kind, _, place = where.partition("/")
        said[where] = await desk.add(kind, place, word, "es", eva, float(now))
    async with db.read() as conn:
        waiting = [change.id for change in await changes.waiting(conn)]
    for id_ in waiting:
        said[id_] = await desk.approve(id_, sofia, 9.0)
    await db.close()
    print(json.dumps(sorted(said.values())))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
