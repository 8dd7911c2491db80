"""Every page of the console, read from the table of rules, so that a new one is looked at and measured too."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.console import access

FILES = frozenset(
    {"/console/static/{name}", "/console/texts/export", "/console/live", "/console/cases/{case}/voice/{note}"}
)  # no pages
# Half a session; a first login; a part of every page; the way to a partner and back.
UNFIT = frozenset(
    {
        "/console/login/code",
        "/console/login/first",
        "/console/login/authenticator",
        "/console/alerts",
        "/console/login/partner",
        "/console/login/partner/back",
    }
)


def addresses(
    known: Mapping[str, str], leave_out: frozenset[str] = frozenset()
) -> list[tuple[str, str, str]]:
    """Rule, template and address of every page. Raises ``LookupError`` for one that nobody said how to fill."""
    found = []
    for name, rule in access.RULES.items():
        method, path = name.split(" ")
        if method != "GET" or path in FILES or path in leave_out:
            continue
        if unknown := set(re.findall(r"{(\w+)}", path)) - known.keys():
            raise LookupError(f"say in tests/browser/pages.py how to fill {sorted(unknown)} of {path}")
        found.append((rule, path, path.format(**known)))
    return found


def may(role: str, rule: str) -> bool:
    """Whether somebody of this role, signed in, finds a page behind the rule."""
    return rule == "staff" or (rule in access.PERMISSIONS and role in access.PERMISSIONS[rule])
