"""No Spanish is left on an English page but what is said to be Spanish: names, and what people read and wrote."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from bot.storage.tables import cases, staff
from bot.texts import po
from tests.browser.house import furnish
from tests.conftest import ROOT
from tests.integration.console_support import World, world
from tests.integration.test_console_access import every_route, filled
from tests.integration.test_console_language import busy, speaks

__all__ = ["world"]

WORD = re.compile(r"(?<!\w)[^\W\d_]+(?!\w)")
QUOTED = re.compile(r"“[^”]*”")  # what somebody wrote, named in a sentence of ours
OWN = {"own", "said"}  # a note of the team, an editor's text: in whatever language they were written
FREE = {"script", "style", "code"}
SPEAKING = ("title", "aria-label", "placeholder", "alt")
EMPTY = {"meta", "link", "input", "br", "img", "hr", "source", "path", "rect", "circle", "line", "use"}


def words(locale: str) -> set[str]:
    """Every word of a language's catalogues."""
    folder = ROOT / "locales" / locale / "LC_MESSAGES"
    texts = (one.text for path in folder.glob("*.po") for one in po.parse(path.read_text(encoding="utf-8")))
    return {word.casefold() for text in texts for word in WORD.findall(text)}


SPANISH = words("es") - words("en")


class Spoken(HTMLParser):
    """What a page says in English: its words, and those that only readers of screens hear."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = [("", True)]
        self.said: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        english = self.open[-1][1] if "lang" not in given else given["lang"] == "en"
        english = english and not OWN & set((given.get("class") or "").split())
        if english:
            self.said += [value for name in SPEAKING if (value := given.get(name))]
        if tag not in EMPTY:
            self.open.append((tag, english and tag not in FREE))

    def handle_endtag(self, tag: str) -> None:
        while len(self.open) > 1 and tag in [name for name, _ in self.open]:
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if self.open[-1][1]:
            self.said.append(data)


def spanish(page: str, names: set[str]) -> list[str]:
    """The stretches with a Spanish word that is no name."""
    found = []
    for said in Spoken(page).said:
        told = {word.casefold() for word in WORD.findall(QUOTED.sub("", said))}
        if bad := sorted((told & SPANISH) - names):
            found.append(f"{bad}: {said.strip()[:120]}")
    return found


async def named(world: World) -> set[str]:
    """What people and cases are called: Spanish words, and names in every language."""
    async with world.db.read() as conn:
        found = [*await conn.scalars(select(cases.c.codename)), *await conn.scalars(select(staff.c.alias))]
    return {word.casefold() for name in found for word in WORD.findall(name)}


@pytest.mark.parametrize("login", ["ana", "sofia", "eva", "olga"])
async def test_an_english_page_holds_no_spanish(world: World, login: str) -> None:
    """Every page, for whoever may see it, with cases in every state, a closed drill and a year of figures."""
    house = await furnish(world)
    theirs = {"ana": house.held, "sofia": await busy(world, house.cast["sofia"])}
    names = await named(world)
    member = house.cast[login]
    browser = await speaks(world, member, "en")
    read, wrong = set(), []
    for case in dict.fromkeys((theirs.get(login, house.held), house.closed, house.waiting)):
        for method, path in every_route(world):
            if method != "GET" or path.endswith("/live") or "static" in path:
                continue
            here = filled(path.replace("{drill}", house.drill), case, house.cast["olga"].id)
            world.clock.now += 1
            answer = await browser.get(here)
            if '<html lang="en">' in answer.text and answer.status_code == 200:
                read.add(path)
                wrong += [f"{path} {one}" for one in spanish(answer.text, names)]
    assert sorted(set(wrong)) == []
    assert len(read) >= {"ana": 9, "sofia": 14, "eva": 6, "olga": 4}[login], sorted(read)


def test_what_is_looked_for_is_found() -> None:
    """In words, in what is only heard, in a part that turned English again; not in what says that it is Spanish."""
    page = '<html lang="en"><p>Urgent case</p><p title="{}">x</p><div lang="es">{}<b lang="en">{}</b></div></html>'
    assert spanish(page.format("Open", "Orienta y recibe", "Open"), set()) == []
    assert len(spanish(page.format("Orienta y recibe", "", ""), set())) == 1
    assert len(spanish(page.format("", "", "Orienta y recibe"), set())) == 1
    assert len(spanish("<p>Por confirmar</p>", set())) == 1
    assert spanish("<p>Mar Azul</p>", {"mar", "azul"}) == []
