"""What one claimed batch of messages will change: collected first, committed as a whole or not at all."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

Act = Mapping[str, Any]

URGENCIES = ("U0", "U1", "U2", "U3")


@dataclasses.dataclass(slots=True)
class Shown:
    """The choices a person has in front of them, and what the gateway itself asked.

    ``last``: ``{"id","title","value"}`` in the order of their numbers; ``issued``: every choice ever shown,
    so that a tap on an old message still says what it answers. ``pending`` is a question of the gateway's own
    ("erase"); ``named``: choices that may be named in words though they are not shown; ``at`` when the last turn
    was processed; ``checked`` that "are you in danger?" was asked since the last long silence. ``put``: the open
    question, its texts as they were first shown and the version of the last; ``answered``: answer → version of the words it was given to
    (both ``bot/wordings.py``). ``read``: texts of questions that were counted as read by this person.
    ``tried``: trial of two wordings → which half this person is in, and what they were asked until it is counted.
    ``recording`` is the one of the question in front of them; ``aloud`` that they asked to hear the questions.
    ``unheard``: what was not understood, until they say whether it may be kept; ``sharing``: empty, "asked", "yes" or
    "no" (``bot/unheard.py``).
    """

    last: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    multi: bool = False
    named: dict[str, Any] = dataclasses.field(default_factory=dict)
    issued: dict[str, Any] = dataclasses.field(default_factory=dict)
    pending: str = ""
    at: float | None = None
    checked: bool = False
    lock_asked: bool = False
    put: dict[str, Any] = dataclasses.field(default_factory=dict)
    answered: dict[str, str] = dataclasses.field(default_factory=dict)
    read: list[str] = dataclasses.field(default_factory=list)
    tried: dict[str, Any] = dataclasses.field(default_factory=dict)
    recording: str = ""
    aloud: bool = False
    unheard: list[dict[str, str]] = dataclasses.field(default_factory=list)
    sharing: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Shown:
        return cls(**data) if data else cls()

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True)
class Say:
    """One act to phrase. ``even_if_silent``: the one line that may leave a locked or stopped conversation."""

    act: Act
    even_if_silent: bool = False


@dataclasses.dataclass(slots=True)
class Draft:
    """The conversation as it will be after the batch, and everything that happens with it."""

    conversation_id: str
    channel: str
    locale: str
    phase: str
    phase_before: str
    state: dict[str, Any] | None
    shown: Shown
    consented: bool
    private_word_mac: bytes | None
    has_case: bool
    breath: str = dataclasses.field(
        default="", repr=False
    )  # what they wrote just before, and was answered by itself
    closed_at: float | None = None  # when a person, having looked at the latest case, closed it
    says: list[Say] = dataclasses.field(default_factory=list)
    origin: str = ""  # why a case must be open: emergency person minor outcome bot_failed
    floor: str = "U0"  # the case's urgency is at least this
    erase: bool = False
    hold: bool = False  # what is queued must wait: the person locked or stopped
    acts_seen: list[str] = dataclasses.field(default_factory=list)
    # texts of questions, now read for the first time: catalogue, key
    read: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    share: list[Any] = dataclasses.field(default_factory=list)  # ``Heard``: what the person agreed to give
    unshare: bool = False  # the person takes back what was given
    worded: list[Any] = dataclasses.field(default_factory=list)  # the ``Wording`` of each question put
    tallies: list[Any] = dataclasses.field(default_factory=list)  # what the trials of wordings count now

    def say(self, key: str, *, even_if_silent: bool = False, **params: object) -> None:
        self.says.append(Say({"say": key, "params": params}, even_if_silent=even_if_silent))

    def add(self, act: Act, *, even_if_silent: bool = False) -> None:
        self.says.append(Say(act, even_if_silent=even_if_silent))

    def tell_before_question(self, acts: Sequence[Act]) -> None:
        """Say something, but keep what says how to go on (the question, else the last line) at the end."""
        asked = (n for n, say in enumerate(self.says) if say.act.get("choices"))
        at = max(asked, default=max(len(self.says) - 1, 0))
        self.says[at:at] = [Say(act) for act in acts]

    def need_case(self, origin: str, urgency: str) -> None:
        """A case must be open after this turn; the gravest reason names it."""
        if not self.origin or URGENCIES.index(urgency) > URGENCIES.index(self.floor):
            self.origin = origin
        self.floor = max(self.floor, urgency, key=URGENCIES.index)

    def lock(self) -> None:
        """Covered; who was speaking is remembered, also through a silence that was asked for before."""
        if self.phase in ("bot", "human"):
            self.phase_before = self.phase
        self.phase = "locked"
        self._hush()
        self.says.clear()  # one harmless line and no other, also when a stop came in the same breath
        self.shown.lock_asked = False

    def stop(self) -> None:
        """Nothing unasked any more; who was speaking is remembered for when the person writes again."""
        if self.phase != "stopped":
            self.phase_before, self.phase = self.phase, "stopped"
        self._hush()

    def _hush(self) -> None:
        """What was about to be said is dropped: it must not show when the person comes back."""
        self.hold = True
        self.shown.aloud = False  # the phone may be in other hands
        self.shown.unheard = []
        self.says = [say for say in self.says if say.even_if_silent]

    def unlock(self) -> None:
        self.phase = self.phase_before if self.phase_before in ("bot", "human") else "bot"
        self.hold = False
