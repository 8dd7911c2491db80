"""What the two stand-ins for the platforms share: a server on a free port that records and can fail.

They check what reaches them against the platforms' own descriptions. A strict peer raises when it is
left and something wrong has reached it, so no unchecked call leaves a test.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Self

from aiohttp import web


@dataclasses.dataclass(frozen=True)
class Call:
    """One request that reached the peer: HTTP method, path or method name, decoded parameters."""

    verb: str
    name: str
    data: Mapping[str, Any]


@dataclasses.dataclass
class Fault:
    """An answer given instead of the right one; with ``late`` the work is done first."""

    on: str
    status: int
    body: object
    delay: float
    times: int
    late: bool


class Peer:
    """A loopback server; ``url`` is known once it is entered."""

    def __init__(self, *, strict: bool = True) -> None:
        self.strict = strict
        self.url = ""
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self._faults: list[Fault] = []

    def fault(
        self,
        on: str,
        status: int = 0,
        body: object = None,
        *,
        delay: float = 0.0,
        times: int = 1,
        late: bool = False,
    ) -> None:
        """The next ``times`` calls whose name holds ``on`` end so; status 0 cuts the line.

        With a ``delay`` and status 200 the right answer comes, only late.
        """
        self._faults.append(Fault(on, status, body, delay, times, late))

    def called(self, name: str) -> list[Call]:
        """The calls whose name holds ``name``, in order."""
        return [call for call in self.calls if name in call.name]

    def wrong(self, what: str) -> None:
        """Remember that something reached the peer which the platform would refuse."""
        self.violations.append(what)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**22)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        await self._runner.cleanup()
        if self.strict and self.violations and kind is None:
            raise AssertionError("the platform would have refused: " + "; ".join(self.violations))

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._answered(request)
        except ConnectionResetError:
            raise  # who called was killed in the middle of it: nothing wrong has reached the peer
        except Exception as error:
            self.wrong(f"the peer itself failed: {error!r}")
            raise

    async def _answered(self, request: web.Request) -> web.StreamResponse:
        name = self.name_of(request)
        fault = self._take(name)
        if fault is None:
            return await self.answer(request)
        if fault.late or fault.status == 200:
            right = await self.answer(request)
            await asyncio.sleep(fault.delay)
            if fault.status == 200 and fault.body is None:
                return right
        else:
            self.calls.append(Call(request.method, name, {}))
            await asyncio.sleep(fault.delay)
        if not fault.status:
            assert request.transport is not None
            request.transport.close()
            return web.Response(status=500)
        raw = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
        return web.Response(status=fault.status, text=raw, content_type="application/json")

    def _take(self, name: str) -> Fault | None:
        for fault in self._faults:
            if fault.on in name and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def name_of(self, request: web.Request) -> str:
        return request.path

    async def answer(self, request: web.Request) -> web.StreamResponse:
        raise NotImplementedError
