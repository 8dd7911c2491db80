"""Phrases that people use: what was not understood, and the words that editors add. Nothing here touches a case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from bot.console import pages
from bot.console.access import Visit
from bot.phrases.desk import ANYWHERE, CLOSES, LEVELS, Verdict
from bot.phrases.judge import LONGEST_EXAMPLE
from bot.safety import tables
from bot.safety.lexicon import KINDS
from bot.storage import changes, phrases
from bot.storage.changes import Change
from bot.storage.phrases import Phrase

WORTH_WARNING = 8  # lines of the development set that are shown


async def home(visit: Visit) -> Response:
    """What many people wrote and was not understood, what waits for a second look, what was added."""
    async with visit.deps.db.read() as conn:
        found = await phrases.open_ones(conn, visit.deps.vault)
        waiting = [one for one in await changes.waiting(conn) if one.kind != "example"]
        done = [one for one in await changes.history(conn) if one.kind != "example"]
    return await visit.page(
        "phrases.html",
        "phrases",
        phrases=[_row(visit, one) for one in found],
        collects=visit.deps.collects,
        waiting=[_change(visit, one) for one in waiting],
        history=[_change(visit, one) for one in done],
        may_edit=visit.may("phrases.edit"),
        may_publish=visit.may("phrases.publish"),
    )


def _row(visit: Visit, one: Phrase) -> dict[str, Any]:
    return {
        "id": one.id,
        "text": one.text,
        "locale": one.locale,
        "people": pages.number(visit.deps, one.people),
        "question": _asked(visit, one.question, one.locale),
        "code": one.question,
        "intent": visit.deps.label("console.intent", one.intent),
    }


def _asked(visit: Visit, code: str, locale: str) -> str:
    question = visit.deps.phrases.questions().get(code)
    return visit.deps.phrases.title(question.text, locale) if question else code


def _change(visit: Visit, one: Change) -> dict[str, Any]:
    return {
        "id": one.id,
        "text": one.text,
        "locale": one.locale,
        "place": _named(visit, one.kind, one.place, one.locale),
        "state": one.state,
        "alias": one.alias,
        "mine": one.author == visit.staff.id,
        "at": pages.clock(visit.deps, one.decided_at or one.at, visit.now),
    }


def _named(visit: Visit, kind: str, place: str, locale: str) -> str:
    """A place as editors call it."""
    deps = visit.deps
    if kind == "safety":
        what, _, level = place.partition(".")
        return deps.text(
            "console.phrases.place.safety",
            kind=deps.label("console.phrases.kind", what),
            level=deps.label("console.phrases.level", level),
        )
    if kind == "example":
        return deps.text("console.phrases.place.example", intent=deps.label("console.intent", place))
    code, _, value = place.rpartition(".")
    if not code:
        return deps.label("console.phrases.list", place)
    question = deps.phrases.questions().get(code)
    title = deps.phrases.title(question.key(value), locale) if question else value
    return deps.text("console.phrases.place.answer", answer=title or value, question=code)


async def form(visit: Visit) -> Response:
    """Where a phrase, or a word that an editor thought of, should go."""
    return await _form(visit, visit.request.query_params.get("phrase", ""))


async def _form(
    visit: Visit, phrase_id: str, text: str = "", where: str = "", verdict: Verdict | None = None
) -> Response:
    phrase = await _phrase(visit, phrase_id) if phrase_id else None
    locale = await _locale(visit, phrase)
    return await visit.page(
        "phrase.html",
        "phrases",
        phrase=_row(visit, phrase) if phrase else None,
        text=phrase.text if phrase and not text else text,
        where=where,
        locale=locale,
        locales=_locales(visit),
        groups=_groups(visit, phrase.question if phrase else "", locale),
        longest=LONGEST_EXAMPLE,
        found=_findings(visit, verdict, locale) if verdict else None,
        effect=verdict.effect if verdict else None,
        wrong=verdict.wrong if verdict else False,
        status=422 if verdict and verdict.wrong else 200,
    )


def _locales(visit: Visit) -> list[str]:
    folder = visit.deps.phrasing.catalogues.folder
    known = set(tables.languages())
    return [
        name
        for name in visit.deps.texts.locales("messages")
        if name in known and (folder / name / "answers.yml").exists()
    ]


async def _locale(visit: Visit, phrase: Phrase | None) -> str:
    if phrase:
        return phrase.locale
    name = visit.request.query_params.get("lang", "es")
    if visit.request.method == "POST":
        name = await visit.field("lang", 16) or "es"
    if name not in _locales(visit):
        raise HTTPException(404)
    return name


async def _phrase(visit: Visit, id_: str) -> Phrase:
    async with visit.deps.db.read() as conn:
        found = await phrases.get(conn, visit.deps.vault, id_)
    if found is None:
        raise HTTPException(404)
    return found


def _groups(visit: Visit, question: str, locale: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every place, the open question's answers first."""
    deps, desk = visit.deps, visit.deps.phrases
    asked = desk.questions()
    here = [question] if question in asked else []
    found = [
        (
            _asked(visit, code, locale),
            [
                (f"answers:{code}.{v}", desk.title(asked[code].key(v), locale) or v)
                for v in asked[code].values
            ],
        )
        for code in here
    ]
    common = [(f"answers:{name}", deps.label("console.phrases.list", name)) for name in ANYWHERE]
    found.append((deps.text("console.phrases.group.anywhere"), common))
    found.append(
        (
            deps.text("console.phrases.group.closes"),
            [(f"answers:{CLOSES}", deps.label("console.phrases.list", CLOSES))],
        )
    )
    signs = [f"{kind}.{level}" for kind in KINDS for level in LEVELS]
    found.append(
        (
            deps.text("console.phrases.group.safety"),
            [(f"safety:{name}", _named(visit, "safety", name, locale)) for name in signs],
        )
    )
    intents = [place for kind, place in desk.places() if kind == "example"]
    labelled = sorted((deps.label("console.intent", name), name) for name in intents)
    found.append(
        (deps.text("console.phrases.group.example"), [(f"example:{name}", label) for label, name in labelled])
    )
    rest = [code for code in asked if code not in here]
    found += [
        (
            f"{code} · {_asked(visit, code, locale)[:60]}",
            [
                (f"answers:{code}.{v}", desk.title(asked[code].key(v), locale) or v)
                for v in asked[code].values
            ],
        )
        for code in rest
        if _asked(visit, code, locale)
    ]
    return found


def _findings(visit: Visit, verdict: Verdict, locale: str) -> list[tuple[str, str]]:
    ordered: Sequence[Any] = sorted(verdict.found, key=lambda one: one.level != "error")
    lines = [one for one in ordered if one.code in ("false_alarm", "false_question")]
    shown = [one for one in ordered if one not in lines[WORTH_WARNING:]]
    return [
        (one.level, visit.deps.text(f"console.phrases.found.{one.code}", about=_about(visit, one, locale)))
        for one in shown
    ]


def _about(visit: Visit, one: Any, locale: str) -> str:
    if one.code != "other" or not one.about:
        return str(one.about)
    kind = "answers" if one.about.rpartition(".")[0] or one.about in (*ANYWHERE, CLOSES) else "example"
    return _named(visit, kind, one.about, locale)


async def add(visit: Visit) -> Response:
    """See what would change (``act`` is look), or add it."""
    text, where = await visit.field("text", LONGEST_EXAMPLE), await visit.field("where", 100)
    phrase_id, act = await visit.field("phrase", 32), await visit.field("act", 10)
    phrase = await _phrase(visit, phrase_id) if phrase_id else None
    locale = await _locale(visit, phrase)
    kind, _, place = where.partition(":")
    verdict = await visit.deps.phrases.judge(kind, place, text, locale)
    if act != "add" or verdict.wrong:
        return await _form(visit, phrase_id, text, where, verdict)
    said = await visit.deps.phrases.add(kind, place, text, locale, visit.staff, visit.now, phrase_id)
    here = "/console/phrases/model" if said == "proposed" else "/console/phrases"
    return RedirectResponse(f"{here}?said=phrase_{said}", 303)


async def dismiss(visit: Visit) -> Response:
    """Nothing to learn from it."""
    said = await visit.deps.phrases.dismiss(await visit.field("phrase", 32))
    return _back(said)


async def publish(visit: Visit) -> Response:
    """The second look."""
    return _back(await visit.deps.phrases.approve(visit.id("change"), visit.staff, visit.now))


async def drop(visit: Visit) -> Response:
    """Throw away what waits."""
    said = await visit.deps.phrases.drop(visit.id("change"), visit.staff, visit.now)
    to_model = await visit.field("from", 10) == "model"
    return _back(said, "/console/phrases/model" if to_model else "/console/phrases")


async def undo(visit: Visit) -> Response:
    """Take a word out of its list again."""
    return _back(await visit.deps.phrases.undo(visit.id("change"), visit.staff, visit.now))


def _back(said: str, here: str = "/console/phrases") -> Response:
    return RedirectResponse(f"{here}?said=phrase_{said}", 303)
