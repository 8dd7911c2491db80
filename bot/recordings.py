"""Recorded questions: ``locales/<lang>/audio/<key>.ogg``, offered only while the text is the one that was spoken.

``audio/spoken.yml`` holds, by key, the words that each recording speaks. A text that was changed afterwards makes its
recording stale: it would ask something else than what is answered. Changes count within a second.
"""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import structlog
import yaml

log = structlog.get_logger()

FOLDER, SPOKEN, SUFFIX = "audio", "spoken.yml", ".ogg"
LARGEST = 2**20  # four minutes; people pay for their data
RECHECK_SECONDS = 1.0
ROUTE = "/recordings"


@dataclasses.dataclass(frozen=True, slots=True)
class Recording:
    """One file, and the words that it speaks; None where nobody wrote them down."""

    locale: str
    key: str
    path: Path
    spoken: str | None

    @property
    def name(self) -> str:
        return f"{self.locale}/{self.key}"

    def fault(self, text: str | None) -> str:
        """Why it may not be played, as a code of ``console.check``; empty when it may. ``text`` is what is said today."""
        return self.unfit(text) or ("" if self.spoken == text else "recording_stale")

    def unfit(self, text: str | None) -> str:
        """Why no recording like this could speak ``text``."""
        content = self.path.read_bytes()
        if len(content) > LARGEST:
            return "recording_large"
        if not content.startswith(b"OggS") or b"OpusHead" not in content[:64]:
            return "recording_broken"
        if text is None or "{" in text:
            return "recording_lost"
        return ""


def spoken_now(audio: Path, key: str, text: str) -> None:
    """Write down that the recording of ``key`` speaks ``text``."""
    words = {**read_spoken(audio), key: text}
    file = audio / SPOKEN
    fresh = file.with_suffix(".new")
    fresh.write_text(yaml.safe_dump(words, allow_unicode=True, sort_keys=True, width=110), encoding="utf-8")
    fresh.replace(file)


def found(folder: Path) -> Iterator[Recording]:
    """Every recording of every language. A manifest that cannot be read makes all of its language stale."""
    for path in sorted(folder.glob(f"*/{FOLDER}/*{SUFFIX}")):
        spoken = read_spoken(path.parent)
        key = path.name.removesuffix(SUFFIX)
        yield Recording(path.parent.parent.name, key, path, spoken.get(key))


def read_spoken(audio: Path) -> dict[str, str]:
    """Key → spoken words of one language."""
    try:
        read = yaml.safe_load((audio / SPOKEN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        log.warning("recordings_unread", locale=audio.parent.name, error=type(error).__name__)
        return {}
    return {str(key): str(text) for key, text in read.items()} if isinstance(read, Mapping) else {}


class Recordings:
    """All recordings in use. ``public`` turns what a recording is into its name on the way to WhatsApp."""

    def __init__(
        self,
        folder: Path,
        public: Callable[[str], str] = lambda what: hashlib.sha256(what.encode()).hexdigest(),
        public_url: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._public = public
        self._url = public_url.rstrip("/")
        self._clock = clock
        self._checked = clock()
        self._stamp = self._stamped()
        self._read()

    def of(self, locale: str, key: str, text: str) -> str:
        """The name of the recording that speaks this text; empty when there is none."""
        self._refresh()
        one = self._known.get(f"{locale}/{key}")
        return one.name if one is not None and one.spoken == text else ""

    def content(self, name: str) -> bytes | None:
        """The recording; None when it is gone."""
        self._refresh()
        one = self._known.get(name)
        try:
            return None if one is None else one.path.read_bytes()
        except OSError:
            return None

    def url(self, name: str) -> str:
        """Where WhatsApp's provider fetches it: nobody can guess it, and it says nothing of anybody."""
        self._refresh()
        token = next((token for token, known in self._tokens.items() if known == name), "")
        return f"{self._url}{ROUTE}/{token}{SUFFIX}" if token else ""

    def at(self, token: str) -> bytes | None:
        """The recording behind such an address."""
        self._refresh()
        name = self._tokens.get(token)
        return None if name is None else self.content(name)

    def _refresh(self) -> None:
        now = self._clock()
        if now - self._checked < RECHECK_SECONDS:
            return
        self._checked = now
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            self._read()

    def _read(self) -> None:
        self._known: dict[str, Recording] = {}
        self._tokens: dict[str, str] = {}
        for one in found(self._folder):
            if one.spoken is None or one.fault(one.spoken):
                log.warning("recording_unfit", locale=one.locale, key=one.key)
            else:
                digest = hashlib.sha256(one.path.read_bytes()).hexdigest()
                self._known[one.name] = one
                self._tokens[self._public(f"{one.name}:{digest}")] = one.name

    def _stamped(self) -> tuple[tuple[str, int, int], ...]:
        files = sorted(path for path in self._folder.glob(f"*/{FOLDER}/*") if path.is_file())
        return tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in files)
