"""``faro locales extract|update|check|preview``: the catalogues for whoever writes and translates them."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot import config, recordings
from bot.commands.common import tell
from bot.config import ROOT
from bot.phrasing import DOMAINS, STAFF, Catalogues
from bot.texts import files, look, sayable, spelling, template, variants
from bot.texts.check import SPANISH, Checker, Finding
from bot.texts.po import Entry, LineError, parse, save
from bot.texts.wording import Wording
from connectors import telegram, whatsapp

app = typer.Typer(no_args_is_help=True, help="The words of Faro: for editors and translators.")
LIMITS = {"whatsapp": whatsapp.LIMITS, "telegram": telegram.LIMITS}
Folder = Annotated[Path | None, typer.Option("--folder", help="The catalogues; else FARO_LOCALES.")]


def folder_of(given: Path | None) -> Path:
    return given or config.load().locales


def entries(path: Path) -> list[Entry]:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except LineError as error:
        tell(f"{path}:{error.line}: not a line of a PO file; is a quote missing?")
        raise typer.Exit(1) from None


@app.command()
def extract(folder: Folder = None) -> None:
    """Write messages.pot and console.pot: every key that can be said, with context, limits and samples."""
    here = folder_of(folder)
    for domain in DOMAINS:
        path = here / f"{domain}.pot"
        save(path, template.template(entries(files.catalogue(here, SPANISH, domain)), domain))
        tell(f"wrote {path}")


@app.command()
def update(folder: Folder = None) -> None:
    """Bring every catalogue up to what can be said: texts stay, new keys are empty, changed ones are fuzzy."""
    here = folder_of(folder)
    for domain in DOMAINS:
        path = files.catalogue(here, SPANISH, domain)
        source = path.read_text(encoding="utf-8")
        whole = template.completed(source, entries(path), sorted(sayable.wanted(domain)[0]))
        if whole != source:
            save(path, whole)
        spanish = [entry for entry in parse(whole) if sayable.is_said(entry.key, domain)]
        for locale in files.locales(here, domain)[1:]:
            mine = files.catalogue(here, locale, domain)
            have = {entry.key: entry for entry in entries(mine)}
            without = files.source(here, locale, domain)
            made_from = [dataclasses.replace(entry, text=without[entry.key]) for entry in spanish]
            save(mine, template.translation(made_from, have, locale, domain))
            now = entries(mine)
            empty = sum(not entry.text for entry in now)
            tell(f"{locale}, {domain}: {len(now)} texts, {empty} without words")


@app.command()
def check(
    folder: Folder = None,
    warnings: Annotated[bool, typer.Option(help="Also what only should be looked at.")] = True,
) -> None:
    """Judge every catalogue; exit 1 when a text may not be said. Each line: file, line, key, what to change."""
    here = folder_of(folder)
    found = [*files.check(Checker(LIMITS), here), *files.recorded(here)]
    wording = Wording(here)
    if warnings:  # spelling only ever warns
        found += files.spelt(here)
        without = [name for name in files.locales(here, "messages") if not spelling.speaks(name)]
        for name in without:
            tell(wording.text("console.check.no_dictionary", language=name))
    for one in sorted(found, key=lambda one: (one.file, one.line, one.key)):
        if warnings or one.level == "error":
            print(f"{here / one.file}:{one.line}: {wording.sentence(one)}")
    errors = sum(one.level == "error" for one in found)
    total = sum(
        len(files.texts(files.catalogue(here, lc, d))) for d in DOMAINS for lc in files.locales(here, d)
    )
    print(wording.total(total, errors, len(found) - errors))
    raise typer.Exit(1 if errors else 0)


@app.command()
def recorded(locale: str, keys: list[str], folder: Folder = None) -> None:
    """Write down that the recordings of these keys speak the texts as they are now; else they are never played."""
    here = folder_of(folder)
    texts = files.texts(files.catalogue(here, locale))
    found = {one.key: one for one in recordings.found(here) if one.locale == locale}
    for key in keys:
        if key not in found:
            tell(f"{here / locale / recordings.FOLDER / key}{recordings.SUFFIX} is not there")
            raise typer.Exit(1)
        if fault := found[key].unfit(texts.get(key)):
            tell(Wording(here).told(fault, {}))
            raise typer.Exit(1)
        recordings.spoken_now(found[key].path.parent, key, texts[key])
        tell(f"{found[key].name}: {texts[key]}")


@app.command()
def preview(
    folder: Folder = None,
    out: Annotated[Path, typer.Option(help="The folder for the pages.")] = Path("preview"),
) -> None:
    """Write one page for each language with everything that Faro can say there, as telephones show it."""
    here = folder_of(folder)
    out.mkdir(parents=True, exist_ok=True)
    found = list(files.check(Checker(LIMITS), here))
    for locale in files.locales(here):
        path = out / f"{locale}.html"
        save(path, _page(here, locale, [f for f in found if f.file.startswith(f"{locale}/")]))
        tell(f"wrote {path}")


def _page(here: Path, locale: str, found: list[Finding]) -> str:
    """Everything said in one language, and what its console says; what is in Spanish instead is marked, what is wrong
    stands beside it.
    """
    folders = [ROOT / "bot/texts", ROOT / "bot/console/templates"]
    shelf = Environment(loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined)
    catalogues, wording = Catalogues(here), Wording(here)
    keys = [entry.key for entry in entries(files.catalogue(here, SPANISH)) if entry.text]
    staff: list[str] = []
    if locale in files.locales(here, STAFF):
        staff = [entry.key for entry in entries(files.catalogue(here, SPANISH, STAFF)) if entry.text]
    domains = [domain for domain in DOMAINS if locale in files.locales(here, domain)]
    read = [entry for domain in domains for entry in entries(files.catalogue(here, locale, domain))]
    mine = {entry.key: entry for entry in read if entry.text}
    wrong: dict[str, list[str]] = defaultdict(list)
    for one in found:
        if one.code != "unreviewed":
            wrong[one.key].append(wording.sentence(one))
    return shelf.get_template("preview.html").render(
        lang=locale,
        spoken=variants.tag(locale),
        t=wording.text,
        count=len(keys),
        places=look.conversation(catalogues, locale, keys, LIMITS),
        staff=[(key, catalogues.text(key, locale)) for key in staff],
        spanish=frozenset((*keys, *staff)) - frozenset(mine)
        if not variants.is_variant(locale)
        else frozenset(),
        fuzzy=frozenset(key for key, entry in mine.items() if entry.fuzzy),
        wrong=wrong,
        phones_css=(ROOT / "bot/console/static/phones.css").read_text(encoding="utf-8"),
    )
