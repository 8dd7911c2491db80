"""Guessing is slowed, nobody is locked out: the delay grows per account and source, known devices have their own.

A try is written down before it is checked, so that parallel guesses count; a complete log-in ends the count.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import math

from bot.console.deps import ConsoleDeps
from bot.storage import staff as accounts
from bot.vault import Vault

WINDOW = 3600.0  # what is older does not count
FREE = 5  # tries without any delay
LONGEST = 60.0  # the delay never grows beyond what a person can wait
PER_ACCOUNT = 80  # tries an hour on one account from all unknown devices together (promised: at most 100)


@dataclasses.dataclass(frozen=True, slots=True)
class Subjects:
    """Who tries what. ``pair`` is account and source, or account and known device.

    ``account`` stands for all unknown devices together; it is empty for a known one, so that others cannot
    shut its owner out.
    """

    pair: str
    account: str

    @classmethod
    def of(cls, login: str, source: str, device: str = "") -> Subjects:
        if device:
            return cls(pair=f"device\n{login}\n{device}", account="")
        return cls(pair=f"source\n{login}\n{network(source)}", account=f"account\n{login}")


def network(source: str) -> str:
    """The address of a source; of IPv6 the /64, which is what one household or machine holds."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return source
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


def wait(tries: int, latest: float, now: float) -> float:
    """Seconds until the next try of a pair is taken, after ``tries`` within the window.

    >>> wait(0, 0.0, 0.0), wait(4, 0.0, 1.0), wait(5, 0.0, 1.0), wait(40, 0.0, 10.0)
    (0.0, 0.0, 1.0, 50.0)
    """
    if tries < FREE:
        return 0.0
    delay = min(LONGEST, 2.0 ** min(tries - FREE + 1, 10))
    return max(0.0, latest + delay - now)


async def take(deps: ConsoleDeps, subjects: Subjects, now: float) -> int:
    """Write down one try, or say how many whole seconds to wait before it would be taken."""
    async with deps.db.write() as conn:
        count, latest = await accounts.attempts_since(conn, _mac(deps.vault, subjects.pair), now - WINDOW)
        pause = wait(count, latest, now)
        if subjects.account:
            whole, _ = await accounts.attempts_since(conn, _mac(deps.vault, subjects.account), now - WINDOW)
            if whole >= PER_ACCOUNT:
                pause = max(pause, LONGEST)
        if pause > 0:
            return math.ceil(pause)
        for subject in filter(None, (subjects.pair, subjects.account)):
            await accounts.note_attempt(conn, _mac(deps.vault, subject), now)
    return 0


async def forget(deps: ConsoleDeps, subjects: Subjects) -> None:
    """Both factors were right: the pair begins anew."""
    async with deps.db.write() as conn:
        await accounts.forget_attempts(conn, _mac(deps.vault, subjects.pair))


def _mac(vault: Vault, subject: str) -> bytes:
    return vault.staff_mac("attempt", subject)[:16]
