"""A mail server on loopback that records what it is given, and can refuse it."""

from __future__ import annotations

import asyncio
from email import message_from_bytes
from email.message import Message
from typing import Self


class MailServer:
    """Speaks as much SMTP as a client needs to hand over one message at a time."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.mails: list[tuple[list[str], Message]] = []
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to: list[str] = []

        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 peer")
        while line := (await reader.readline()).decode().strip():
            word = line.split(":")[0].split(" ")[0].upper()
            if word in ("EHLO", "HELO"):
                await say("250 peer")
            elif word == "RCPT":
                to.append(line.partition(":")[2].strip(" <>"))
                await say("550 no such person" if self.refuses else "250 ok")
            elif word == "DATA":
                await say("354 go on")
                body = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append((to, message_from_bytes(body)))
                to = []
                await say("250 ok")
            elif word == "QUIT":
                await say("221 bye")
                break
            else:
                await say("250 ok")
        writer.close()
