"""What the console is given by the composition root; it builds and opens nothing itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import structlog

from bot import referrals
from bot.handoff.desk import Desk
from bot.handoff.reveal import Reveals
from bot.models import HERE, Project
from bot.outbox import Outbox
from bot.phrases.desk import PhraseDesk
from bot.phrases.lab import Bench
from bot.phrasing import MissingTextError, Phrasing
from bot.referrals import Line
from bot.storage.database import Database
from bot.storage.queue import Pulse
from bot.texts.check import Checker
from bot.texts.desk import TextDesk
from bot.trying import Trying
from bot.vault import Vault
from connectors.base import Limits, SignIn, WebPush

log = structlog.get_logger()


@dataclasses.dataclass(frozen=True, slots=True)
class ConsoleDeps:
    """Everything a page may use. The only way from here to an address is ``reveals``.

    ``secure``: people reach the console over https; its cookies then are ``__Host-`` and ``Secure``.
    ``locale`` is the language of the pages where nobody asks for another; what a visit has holds that of its
    visitor (``bot.console.language``). Times are in seconds: a session ends ``idle`` after the last thing
    a person did, and ``longest`` after it began; ``half`` is the time between password and code, ``enrol`` that for
    setting up an authenticator at a first login. ``looks`` are the
    telephones on which a text is shown and judged, whatever channels are in use; the channels when it is empty.
    ``trying`` puts a text on the simulator's phones, where it runs.
    ``sign_in`` is a partner's single sign-on, where there is one; ``push`` tells browsers of alerts, where it can.
    ``bench`` is where models are tried, where Rasa is ours; ``collects``: people are asked for their phrases.
    ``stream`` is how long a stream of events lasts until the browser asks anew and its session is looked at.
    """

    db: Database
    vault: Vault
    clock: Callable[[], float]
    outbox: Outbox
    phrasing: Phrasing
    limits: Mapping[str, Limits]
    secure: bool
    locale: str = "es"
    lines: Mapping[str, Line] = dataclasses.field(default_factory=referrals.load)
    idle: float = 15 * 60
    longest: float = 10 * 60 * 60
    looks: Mapping[str, Limits] = dataclasses.field(default_factory=dict)
    half: float = 5 * 60
    enrol: float = 30 * 60
    sign_in: SignIn | None = None
    trying: Trying | None = None
    push: WebPush | None = None
    bench: Bench | None = None
    project: Project = HERE
    collects: bool = False
    stream: float = 25.0
    pulse: Pulse = dataclasses.field(default_factory=Pulse)

    @property
    def desk(self) -> Desk:
        """What staff do to a case, each act one transaction."""
        return Desk(self.db, self.vault, self.outbox, self.phrasing, self.limits)

    @property
    def reveals(self) -> Reveals:
        """How a number comes to be shown: the one exception, by two people."""
        return Reveals(self.db, self.vault, self.outbox, self.phrasing, self.limits)

    @property
    def texts(self) -> TextDesk:
        """What editors do to a text."""
        return TextDesk(self.db, self.vault, self.phrasing.catalogues, Checker(self.looks or self.limits))

    @property
    def phrases(self) -> PhraseDesk:
        """What editors do with the words that people use."""
        return PhraseDesk(self.db, self.vault, self.phrasing.catalogues, self.project.folder)

    def text(self, key: str, **params: object) -> str:
        """The words of ``key`` in the console's language."""
        return self.phrasing.catalogues.text(key, self.locale, **params)

    def label(self, prefix: str, code: object) -> str:
        """The words for a code. A code without words shows as itself: a summary must stay readable."""
        try:
            return self.text(f"{prefix}.{code}")
        except MissingTextError:
            log.warning("label_missing", code=f"{prefix}.{code}")
            return str(code)
