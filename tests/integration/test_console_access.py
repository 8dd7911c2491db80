"""Every route against every role, every unsafe route against every foreign page, every answer's headers."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from bot.console import access, app, protection
from bot.console.app import build, routes
from bot.storage.staff import Staff
from tests.integration.console_support import Page, World, post, world

__all__ = ["world"]

UNKNOWN = "0" * 32
ROLES = access.ROLES
OPEN = {"anyone", "half", "enrol"}
HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}


def every_route(world: World) -> list[tuple[str, str]]:
    """Method and path of everything that the console serves, read from its routes."""
    return [
        (method, route.path)
        for route in routes(world.deps)
        for method in sorted(set(route.methods or ()) - {"HEAD"})
    ]


def filled(path: str, case: str = UNKNOWN, member: str = UNKNOWN) -> str:
    ids = dict.fromkeys(
        ("shift", "reveal", "note", "view", "drill", "device", "change", "rehearsal"), UNKNOWN
    )
    return path.format(case=case, member=member, **ids, name="console.css", locale="es", key="say.hello")


@pytest.fixture
async def crew(world: World) -> dict[str, Staff]:
    """One account of each role."""
    return {role: await world.account(f"{role}1", role) for role in ROLES}


def test_the_table_is_whole(world: World) -> None:
    """Every route has a rule, every rule a page, every permission a role that has it, and nobody has all."""
    named = {f"{method} {path}" for method, path in every_route(world)}
    assert named == set(access.RULES)
    used = set(access.RULES.values()) - set(access.STEPS) | {rule for _, _, rule in access.PAGES}
    assert used == set(access.PERMISSIONS)
    for holders in access.PERMISSIONS.values():
        assert holders
        assert holders < set(ROLES)
    for name, holders in access.PERMISSIONS.items():
        if name.startswith(("case.", "queue.")):
            assert not holders & {"editor", "admin"}, "who runs the place never sees a case"


async def _view(_: Any) -> Any:
    raise AssertionError


@pytest.mark.parametrize("change", ["page without rule", "rule without page", "unknown permission"])
def test_a_route_without_a_rule_does_not_start(
    world: World, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Forgetting the table is an error at start, not an open page."""
    if change == "page without rule":
        monkeypatch.setitem(app.VIEWS, "GET /console/new", _view)
    elif change == "rule without page":
        monkeypatch.setitem(access.RULES, "GET /console/new", "anyone")
    else:
        monkeypatch.setitem(app.VIEWS, "GET /console/new", _view)
        monkeypatch.setitem(access.RULES, "GET /console/new", "everything")
    with pytest.raises(LookupError):
        routes(world.deps)


async def test_every_route_opens_for_the_roles_of_its_rule_only(world: World, crew: dict[str, Staff]) -> None:
    """Read from the table: with the permission anything but a refusal, without it the unknown page's answer."""
    case = await world.case()
    victim = await world.account("victim")
    unknown = (await (await world.inside(crew["admin"])).get("/console/nothing")).text
    checked = 0
    for (method, path), role in itertools.product(every_route(world), ROLES):
        rule = access.RULES[f"{method} {path}"]
        if rule in OPEN or path == "/console/logout":
            continue
        browser = await world.inside(crew[role])
        world.clock.now += 1
        answer = await browser.request(method, filled(path, case, victim.id))
        here = f"{method} {path} as {role}"
        if rule == "staff" or role in access.PERMISSIONS[rule]:
            assert "location" not in answer.headers or "login" not in answer.headers["location"], here
            # The conversation is open to whoever holds the case; everything else that is theirs answers.
            mine_only = path.endswith(("/thread", "/voice/{note}")) or "{drill}" in path
            assert answer.status_code != 404 or mine_only, here
        else:
            assert (answer.status_code, answer.text) == (404, unknown), here
        checked += 1
        await _as_it_was(world, case)
    asked = [rule for name, rule in access.RULES.items() if rule not in OPEN and not name.endswith("/logout")]
    assert checked == len(asked) * len(ROLES)


async def _as_it_was(world: World, case: str) -> None:
    found = await world.standing(case)
    if found.state == "claimed" and found.claimed_by:
        async with world.db.write() as conn:
            await app.case.cases.release(conn, case, found.claimed_by, world.clock.now)


async def test_without_a_session_nothing_opens(world: World) -> None:
    """Everybody unknown is sent to the login form, from every page and every act."""
    case = await world.case()
    for method, path in every_route(world):
        if access.RULES[f"{method} {path}"] == "anyone":
            continue
        answer = await world.browser().request(method, filled(path, case))
        assert (answer.status_code, answer.headers.get("location")) == (303, "/console/login"), path


async def test_half_a_session_opens_only_the_code(world: World, crew: dict[str, Staff]) -> None:
    """The password alone leads to the code and nowhere else."""
    browser = world.browser()
    made = world.secrets["supervisor1"]
    await post(browser, "/console/login", login=made["login"], password=made["password"])
    for method, path in every_route(world):
        if access.RULES[f"{method} {path}"] in OPEN:
            continue
        answer = await browser.request(method, filled(path))
        assert (answer.status_code, answer.headers.get("location")) == (303, "/console/login/code"), path


@pytest.mark.parametrize("role", ["responder", "supervisor"])
async def test_unknown_foreign_and_impossible_cases_look_the_same(
    world: World, crew: dict[str, Staff], role: str
) -> None:
    """Who guesses ids learns nothing; ids are 128 random bits."""
    case = await world.case()
    assert len(case) == 32
    assert await world.deps.desk.claim(case, crew["supervisor"], world.clock.now)
    browser = await world.inside(crew[role])
    bodies: dict[tuple[str, str], set[str]] = {}
    ids = [UNKNOWN, secrets.token_hex(16), "x", "%00", "a" * 400, case.upper()]
    for one in [*ids, case] if role == "responder" else ids:
        for method, path in every_route(world):
            if "{case}" not in path or (one == case and path.endswith("/claim")):
                continue
            answer = await browser.request(method, filled(path, one), data={"text": "x", "outcome": "other"})
            assert answer.status_code == 404, (method, path, one)
            bodies.setdefault((method, path), set()).add(answer.text)
    assert {len(one) for one in bodies.values()} == {1}
    assert len({body for one in bodies.values() for body in one}) <= 3, "words that were sent are given back"


FOREIGN: dict[str, dict[str, str]] = {
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "same-site": {"Sec-Fetch-Site": "same-site"},
    "typed": {"Sec-Fetch-Site": "none"},
    "nothing": {},
    "odd": {"Sec-Fetch-Site": "Same-Origin"},
    "other origin": {"Origin": "https://evil.example"},
    "other scheme": {"Origin": "https://faro.test"},
    "other port": {"Origin": "http://faro.test:8080"},
    "null alone": {"Origin": "null"},
    "lying": {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
}
OURS: dict[str, dict[str, str]] = {
    "site": {"Sec-Fetch-Site": "same-origin"},
    "origin": {"Origin": "http://faro.test"},
    "both": {"Sec-Fetch-Site": "same-origin", "Origin": "http://faro.test"},
    "form of a page that says no-referrer": {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
}


async def _from(world: World, member: Staff, headers: dict[str, str]) -> httpx.AsyncClient:
    browser = await world.inside(member)
    del browser.headers["Sec-Fetch-Site"]
    browser.headers.update(headers)
    return browser


@pytest.mark.parametrize("name", sorted(FOREIGN))
async def test_foreign_pages_can_do_nothing(world: World, crew: dict[str, Staff], name: str) -> None:
    """Every unsafe route refuses every request that does not come from our own page, and nothing changes."""
    case = await world.case()
    before = await world.standing(case)
    browser = await _from(world, crew["supervisor"], FOREIGN[name])
    unsafe = [(m, p) for m, p in every_route(world) if m != "GET"]
    assert len(unsafe) >= 12
    for method, path in [*unsafe, ("DELETE", "/console"), ("PUT", "/console/nothing")]:
        assert (await browser.request(method, filled(path, case))).status_code == 403, path
    assert await world.standing(case) == before
    assert (await browser.get("/console")).status_code == 200, "the session is untouched"


@pytest.mark.parametrize("name", sorted(OURS))
async def test_our_own_pages_can(world: World, crew: dict[str, Staff], name: str) -> None:
    """Whatever of the two headers a browser sends, its own form works."""
    browser = await _from(world, crew["responder"], OURS[name])
    assert (await post(browser, f"/console/cases/{await world.case()}/claim")).status_code == 303


async def test_behind_a_proxy_the_origin_is_https(world: World) -> None:
    """TLS ends at the proxy; the browser's https origin is ours all the same, an http one is not."""
    here = World(world.db, world.vault, secure=True)
    browser = httpx.AsyncClient(transport=httpx.ASGITransport(here.app), base_url="http://faro.test")
    good = await browser.post("/console/logout", headers={"Origin": "https://faro.test"})
    bad = await browser.post("/console/logout", headers={"Origin": "http://faro.test"})
    assert (good.status_code, bad.status_code) == (303, 403)


def _safe(answer: httpx.Response) -> None:
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, (answer.request.url, name)
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy.pop("default-src") == "'none'"
    assert policy.pop("base-uri") == policy.pop("frame-ancestors") == "'none'"
    ours = ("style", "script", "img", "media", "connect", "font")
    assert set(policy) == {*(f"{kind}-src" for kind in ours), "form-action"}
    assert set(policy.values()) == {"'self'"}


async def test_every_answer_carries_the_safe_headers(world: World, crew: dict[str, Staff]) -> None:
    """Every route for every role and for strangers, also 303, 403, 404, 405 and 413."""
    case = await world.case()
    visitors = [world.browser(), *[await world.inside(member) for member in crew.values()]]
    statuses = set()
    for browser, (method, path) in itertools.product(visitors, every_route(world)):
        if path == "/console/logout":
            continue
        answer = await browser.request(method, filled(path, case))
        _safe(answer)
        statuses.add(answer.status_code)
    browser = visitors[1]
    for method, path, extra in [
        ("GET", "/console/nothing", {}),
        ("GET", "/console/static/../app.py", {}),
        ("POST", "/console", {}),
        ("PATCH", "/console/stats", {}),
        ("POST", "/console/login", {"content": b"login=" + b"a" * 70_000}),
        ("POST", "/console/login", {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}),
        ("POST", "/console/login", {"headers": {"Sec-Fetch-Site": "cross-site"}}),
    ]:
        answer = await browser.request(method, path, **extra)
        _safe(answer)
        statuses.add(answer.status_code)
    assert {200, 303, 400, 403, 404, 405, 413} <= statuses
    assert not [status for status in statuses if status >= 500]


@pytest.mark.parametrize(
    ("error", "status"),
    [(RuntimeError("+51987654321"), 500), (OperationalError("s", {}, Exception()), 503), (OSError(), 503)],
)
async def test_an_error_is_a_safe_page(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    """500 and 503 carry the headers, say nothing of the error, and are logged without its words."""

    async def broken(*_: Any) -> Any:
        raise error

    logged: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(access.sessions, "resume", broken)
    monkeypatch.setattr(protection.log, "exception", lambda event, **more: logged.append((event, more)))
    answer = await world.browser().get("/console")
    _safe(answer)
    assert answer.status_code == status
    assert "987654321" not in answer.text
    assert logged == [("console_failed", {"reason": type(error).__name__})]


async def test_it_stands_in_the_gateway(world: World) -> None:
    """Mounted, it answers for everything below /console and for nothing else."""
    gateway = Starlette(routes=build(world.deps))
    browser = httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://faro.test")
    assert (await browser.get("/console")).headers["location"] == "/console/login"
    for path in ("/console/", "/console/nothing/at/all"):
        lost = await browser.get(path)
        _safe(lost)
        assert lost.status_code == 404
    assert "content-security-policy" not in (await browser.get("/consoles")).headers


async def test_static_files_are_ours_alone(world: World) -> None:
    """Style, script and picture are served; nothing else of the folder, and nothing outside it."""
    browser = world.browser()
    kinds = {"console.css": "text/css", "console.js": "text/javascript", "htmx.min.js": "text/javascript"}
    for name, kind in {**kinds, "faro.svg": "image/svg+xml"}.items():
        answer = await browser.get(f"/console/static/{name}")
        assert answer.headers["content-type"].startswith(kind)
    for name in ("README.md", "..%2fapp.py", "x.css"):
        assert (await browser.get(f"/console/static/{name}")).status_code == 404


@pytest.fixture
async def pages(world: World, crew: dict[str, Staff]) -> list[str]:
    """Every page that a supervisor can see."""
    case = await world.case()
    await world.deps.desk.claim(case, crew["supervisor"], world.clock.now)
    browser = await world.inside(crew["supervisor"])
    paths = [
        "",
        "?view=closed",
        "/stats",
        "/staff",
        "/login",
        f"/cases/{case}",
        f"/cases/{case}/thread",
        "/x",
    ]
    return [(await browser.get(f"/console{path}")).text for path in paths]


async def test_pages_hold_nothing_inline(pages: list[str]) -> None:
    """No inline script, style or handler; every link stays here."""
    for text in pages:
        assert Page(text).active == []
