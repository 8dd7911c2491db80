"""The composition root: settings in, a running service out. The only place that builds things."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text as sql
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot import outgoing, referrals, retention
from bot.config import Settings, UnsafeSettingsError
from bot.console.app import ConsoleDeps
from bot.console.app import build as build_console
from bot.dialogue import Dialogue, Parts
from bot.handoff.escalation import Escalation
from bot.inbox import Inbox
from bot.outbox import Outbox
from bot.phrases.lab import Bench, Lab
from bot.phrases.live import follow
from bot.phrasing import Catalogues, Phrasing
from bot.rasa import RasaClient, RasaProcess, RasaUnavailable
from bot.reconciliation import Sweep
from bot.recordings import ROUTE, SUFFIX, Recordings
from bot.redaction import redact
from bot.referrals.shelf import Shelf
from bot.safety.rules import check
from bot.screening import age, engine, texts
from bot.screening.model import load
from bot.screening.rows import InstrumentError
from bot.storage import cases
from bot.storage.contents import Contents
from bot.storage.database import Database, require_head
from bot.texts import trialdesk
from bot.texts.check import Checker
from bot.texts.files import Gate
from bot.texts.rules import is_safety
from bot.trying import Trying
from bot.turn import Tools
from bot.vault import KeyRing, Vault, VaultError
from bot.voice_notes import VoiceNotes
from bot.webhook import Door
from bot.wordlists import WordLists
from connectors import simulator, telegram, whatsapp
from connectors.alerts import AlertAddressError, Alerts
from connectors.base import Channel, Event, Hearing, Listing
from connectors.oidc import Oidc
from connectors.push import Push, contact_of
from connectors.simulator import Simulator
from connectors.sms import Sms
from connectors.telegram import Telegram
from connectors.whatsapp import WhatsApp

log = structlog.get_logger()

LEASE_SWEEP_SECONDS = 30.0
PURGE_SECONDS = 24 * 3600.0
STOP_SECONDS = 10.0
RECORDING_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


class Service:
    """Everything of one process, built but not yet running; ``running()`` starts and stops it.

    It listens (webhooks, polling, console), works (turns, sending, jobs), or both: with PostgreSQL any number
    of processes may do either, and the database keeps them apart. ``FARO_WORKERS=0`` only listens.
    """

    def __init__(self, settings: Settings, *, listens: bool = True) -> None:
        self.settings = settings
        self.listens = listens
        self.works = settings.workers > 0
        self.clock = time.time
        self.vault = Vault(KeyRing.load(settings.keys_file))
        self.db = Database(settings.database_url)
        self.checker = Checker({"whatsapp": whatsapp.LIMITS, "telegram": telegram.LIMITS})
        self.recordings = Recordings(settings.locales, self.vault.public_name, settings.public_url)
        self.phrasing = self._words()
        self.words = WordLists(settings.locales)
        self.channels = self._channels()
        copies = [name for name, channel in self.channels.items() if channel.limits.copies]
        self.inbox = Inbox(self.db, self.vault, self.clock, locale=settings.locale, copies=copies)
        self.outbox = Outbox(
            self.db, self.vault, self.channels, self.clock, random.random, self.phrasing.catalogues.text
        )
        self.door = Door(
            self.channels,
            self.inbox,
            self.outbox,
            self.clock,
            say=self.phrasing.catalogues.text,
            campaigns=frozenset(settings.campaigns.replace(",", " ").split()),
        )
        hearing = {name: one for name, one in self.channels.items() if isinstance(one, Hearing)}
        self.voice_notes = VoiceNotes(self.db, self.vault, hearing, self.clock, copies)
        listing = [channel for channel in self.channels.values() if isinstance(channel, Listing)]
        self.sweep = Sweep(self.db, listing, self.door.deliver, self.clock)
        self.rasa_process = None if settings.rasa_url else RasaProcess()
        self.rasa = (
            RasaClient(settings.rasa_url, settings.rasa_token.get_secret_value())
            if self.rasa_process is None
            else self.rasa_process.client
        )
        self.bench = Bench(self.db, self.vault)
        self.dialogue = Dialogue(self._parts())
        self.push = self._web_push()
        self.escalation = self._escalation()
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[Any]] = []

    def _sign_in(self) -> Oidc | None:
        """A partner's single sign-on, where the settings name one."""
        s = self.settings
        if not s.oidc_issuer:
            return None
        back = f"{s.public_url.rstrip('/') or f'http://{s.host}:{s.port}'}/console/login/partner/back"
        return Oidc(
            s.oidc_issuer, s.oidc_client_id, s.oidc_client_secret.get_secret_value(), back, self.clock
        )

    def _escalation(self) -> Escalation:
        """Alerts to staff; refuses to start with an address that leads nowhere."""
        sender, common = Alerts(), self.settings.alerts.get_secret_value().split()
        try:
            sender.check(common)
        except AlertAddressError as error:
            raise UnsafeSettingsError(f"FARO_ALERTS: {error}.") from None
        say, locale = self.phrasing.catalogues.text, self.settings.locale
        return Escalation(self.db, self.vault, sender, self.clock, say, locale, common, self.push)

    def _web_push(self) -> Push | None:
        """Lines to the browsers of the staff, once the keys file has a key for it."""
        if not self.vault.push:
            return None
        return Push(self.vault.push, contact_of(self.settings.public_url), self.clock)

    def _words(self) -> Phrasing:
        """The catalogues; refuses to start when a question could not be said in some language.

        What a language lacks is said in the fallback's words: only what that one lacks nobody can say.
        """
        catalogues = Catalogues(
            self.settings.locales,
            served=self.settings.served,
            held_back=is_safety,
            gate=Gate(self.checker, self.settings.served, self.settings.home),
            home=self.settings.home,
        )
        lacking = texts.missing(load(), {texts.FALLBACK: catalogues.keys(texts.FALLBACK)})
        if lacking:
            raise InstrumentError(tuple(lacking))
        self.lines = referrals.load()
        shelf = Shelf(self.lines, self.settings.unverified_lines, self.clock)
        heard, aloud = self.settings.recordings != "never", self.settings.recordings == "always"
        return Phrasing(catalogues, shelf.shows, self.recordings if heard else None, aloud=aloud)

    def _channels(self) -> dict[str, Channel]:
        """Every channel that the settings name: one line each."""
        s = self.settings
        found: list[Channel] = []
        if s.whatsapp:
            found.append(
                WhatsApp(
                    *_twilio(s),
                    s.twilio_from,
                    s.public_url,
                    s.twilio_api_url or None,
                    Contents(self.db, self.clock),
                    template=s.twilio_template,
                    recordings=self.recordings,
                )
            )
        if s.sms:
            found.append(Sms(*_twilio(s), s.twilio_sms_from, s.public_url, s.twilio_api_url or None))
        if s.telegram:
            found.append(
                Telegram(
                    s.telegram_token.get_secret_value(),
                    s.telegram_secret.get_secret_value(),
                    s.telegram_api_url or None,
                    s.public_url or None,
                    self._deliver,
                    silent=s.silent,
                    protect=s.protect,
                    recordings=self.recordings,
                )
            )
        if s.simulator:
            found += [Simulator(look, recordings=self.recordings) for look in ("whatsapp", "telegram")]
        return {channel.name: channel for channel in found}

    async def _deliver(self, events: Sequence[Event]) -> None:
        await self.door.deliver(events)

    def _parts(self) -> Parts:
        return Parts(
            db=self.db,
            vault=self.vault,
            inbox=self.inbox,
            outbox=self.outbox,
            phrasing=self.phrasing,
            tools=Tools(
                rasa=self.rasa,
                instruments=load,
                words=self.words,
                word_mac=self.vault.word_mac,
                collects=self.settings.collect_phrases,
            ),
            limits={name: channel.limits for name, channel in self.channels.items()},
            clock=self.clock,
        )

    def _trying(self) -> Trying | None:
        """Texts are tried where there are phones to try them on."""
        phones = {name: one.limits for name, one in self.channels.items() if isinstance(one, Simulator)}
        if not phones:
            return None
        return Trying(self.db, self.vault, self.outbox, self.phrasing, phones, self.clock)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start Rasa, channels, workers and jobs; stop them in the reverse order, finishing turns under way."""
        await require_head(self.db)
        self._warm()
        if self.works and self.db.dialect == "sqlite":  # one process at a time: whoever held anything is dead
            async with self.db.write() as conn:
                await self.inbox.take_over(conn)
                await self.outbox.take_over(conn, self.clock())
        if self.works and self.rasa_process is not None:
            await self.rasa_process.start()
        for channel in self.channels.values():
            await channel.start(listen=self.listens)
        self._tasks = [asyncio.create_task(work) for work in self._work()] if self.works else []
        try:
            yield
        finally:
            await self._shut()

    def _work(self) -> list[Coroutine[Any, Any, None]]:
        """What handles messages, as opposed to taking them in."""
        here = secrets.token_hex(4)  # two processes must not pass for the same worker
        turns = [self.dialogue.run(f"{here}-{n}", self._stop) for n in range(self.settings.workers)]
        loops = (self.outbox.run, self.sweep.run, self.voice_notes.run, self.escalation.run)
        lab = [Lab(self.bench, self.rasa_process, self.clock).run(self._stop)] if self.rasa_process else []
        return [*turns, *(run(self._stop) for run in loops), *lab, self._jobs(), follow(self._stop)]

    async def work(self, stop: asyncio.Event, ready: Callable[[], None]) -> bool:
        """Work until ``stop``. False when a part of it ended by itself: start the process again."""
        async with self.running():
            ready()
            asked = asyncio.create_task(stop.wait())
            ended, _ = await asyncio.wait([asked, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
        return asked in ended

    def _warm(self) -> None:
        """Read the data files before the first message: parsing them would hold up every webhook meanwhile."""
        for locale in self.phrasing.catalogues.locales:
            check("hola", locale)
            self.words(locale)
            for channel in self.channels.values():
                self.phrasing.render({"say": "start.hello"}, locale, channel.limits)
        engine.turn(load(), None, engine.Input("event", event="unsupported"), {})
        age.band("hola")
        redact("hola")
        outgoing.check("hola")
        gc.collect()
        gc.freeze()  # what is read once stays: looking through it all again held a webhook up for a tenth of a second

    async def _shut(self) -> None:
        self._stop.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for channel in self.channels.values():  # after the sends under way, or they would be sent again
            await channel.close()
        await self.door.close()
        await self.rasa.close()
        if self.rasa_process is not None:
            await self.rasa_process.stop()
        await self.db.close()

    async def _jobs(self) -> None:
        """What time alone brings about: leases lapse, old data goes."""
        purged = 0.0
        while not self._stop.is_set():
            try:
                if self.vault.refresh():
                    log.info("keys_changed")
                async with self.db.write() as conn:
                    await cases.lapse_leases(conn, self.clock())
                await trialdesk.settle(self.db, self.phrasing.catalogues, self.clock())
                if self.clock() - purged >= PURGE_SECONDS:
                    await retention.purge(self.db, self.clock())
                    purged = self.clock()
            except (SQLAlchemyError, VaultError):
                log.exception("job_failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), LEASE_SWEEP_SECONDS)

    def web(self) -> Starlette:
        """The gateway's routes; starting the app starts the service."""
        routes: list[BaseRoute] = [
            *self.door.routes(),
            Route(f"{ROUTE}/{{name}}{SUFFIX}", self._recording),
            Route("/healthz", _healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", _metrics),
            *build_console(
                ConsoleDeps(
                    db=self.db,
                    vault=self.vault,
                    clock=self.clock,
                    outbox=self.outbox,
                    phrasing=self.phrasing,
                    limits={name: channel.limits for name, channel in self.channels.items()},
                    secure=self.settings.public_url.startswith("https://"),
                    locale=self.settings.locale,
                    looks=self.checker.limits,
                    lines=self.lines,
                    sign_in=self._sign_in(),
                    trying=self._trying(),
                    push=self.push,
                    bench=self.bench if self.settings.rasa_url == "" else None,
                    collects=self.settings.collect_phrases,
                )
            ),
        ]
        phones = [channel for channel in self.channels.values() if isinstance(channel, Simulator)]
        if phones:
            routes += simulator.routes(phones, self.door.deliver)

        @contextlib.asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with self.running():
                yield

        return Starlette(routes=routes, lifespan=lifespan)

    async def _readyz(self, _: Request) -> Response:
        """200 when database, Rasa and workers do their part; else 503 naming what does not."""
        state = {"database": await self._database_answers()}
        if self.works:
            state["rasa"] = await self._rasa_answers()
            state["workers"] = bool(self._tasks) and not any(task.done() for task in self._tasks)
        return JSONResponse(state, status_code=200 if all(state.values()) else 503)

    async def _recording(self, request: Request) -> Response:
        """A recorded question, for the provider that is to send it; it says nothing of anybody."""
        content = await asyncio.to_thread(self.recordings.at, request.path_params["name"])
        if content is None:
            return Response(status_code=404)
        return Response(content, media_type="audio/ogg", headers=RECORDING_HEADERS)

    async def _database_answers(self) -> bool:
        try:
            async with self.db.read() as conn:
                await conn.execute(sql("SELECT 1"))
        except (SQLAlchemyError, OSError):
            return False
        return True

    async def _rasa_answers(self) -> bool:
        try:
            await self.rasa.health()
        except RasaUnavailable:
            return False
        return True


def _twilio(settings: Settings) -> tuple[str, str]:
    return settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()


async def _healthz(_: Request) -> Response:
    return JSONResponse({"alive": True, "at": datetime.now(UTC).isoformat()})


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
