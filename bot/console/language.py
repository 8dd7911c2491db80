"""In which language somebody reads the console: their account's choice, else what their browser asks for, else Spanish.

A language can be chosen as soon as it has a catalogue ``console.po``; its text ``console.nav.language`` names it.
"""

from __future__ import annotations

import dataclasses
import re

from babel import negotiate_locale
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.access import Visit
from bot.console.deps import ConsoleDeps
from bot.storage import staff
from bot.storage.staff import Staff

QUALITY = re.compile(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*")
PAGE = re.compile(r"/console(?:[/?][A-Za-z0-9/_.?=&%+,:@-]*)?")
