"""Lines and services: what is unverified is said to be, two options always, the police never first nor alone."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import referrals
from bot.phrasing import Catalogues, Phrasing, read_catalogue
from bot.referrals import FRESH_DAYS, Line
from bot.referrals.shelf import Shelf
from bot.review.check import lines_by_schema, named_lines
from bot.screening import model
from connectors.base import Limits
from tests.conftest import ROOT

LINES = referrals.load()
TEXT = read_catalogue(ROOT / "locales/es/LC_MESSAGES/messages.po")
TEAM = read_catalogue(ROOT / "locales/es/LC_MESSAGES/console.po")
TODAY = date(2026, 11, 26)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()
NAMED = named_lines(model.load().flow)


def changed(folder: Path, **changes: dict[str, Any]) -> Path:
    """A copy of ``lines.yml`` with some fields of some lines changed."""
    data = yaml.safe_load(referrals.FILE.read_text(encoding="utf-8"))
    data["lines"] = [row | changes.get(row["id"], {}) for row in data["lines"]]
    file = folder / "lines.yml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return file


def rung(days_ago: int) -> dict[str, Any]:
    return {"status": "verified", "verified_on": TODAY - timedelta(days=days_ago), "verified_by": "ana"}


def shelf(folder: Path, policy: str = "national", **changes: dict[str, Any]) -> Shelf:
    return Shelf(referrals.load(changed(folder, **changes)), policy, lambda: NOW)


def about(line: str) -> dict[str, str]:
    return referrals.about(line, lambda key: TEAM.get(key, ""))


def test_what_the_team_reads_of_a_line_belongs_to_one() -> None:
    """No words are left of a line that went, and none has a part that no page shows."""
    known = {f"console.service.{line}.{part}" for line in LINES for part in referrals.ABOUT}
    assert {key for key in TEAM if key.startswith("console.service.")} <= known


def test_the_table_keeps_its_schema_and_names_everything() -> None:
    """Every entry says whose it is, what it does, for whom, when, at what cost, and where that comes from."""
    assert lines_by_schema(referrals.FILE) == []
    for line in LINES.values():
        assert line.name
        assert about(line.id)["does"]
        assert line.source
        assert line.key in ("", f"referral.{line.id}")
    assert {
        "1818",
        "100",
        "1810",
        "113",
        "105",
        "106",
        "116",
        "1884",
        "fiscalia",
        "defensoria",
    } <= LINES.keys()
    assert {
        "sunafil",
        "cem",
        "sau",
        "hrt",
        "upe",
        "demuna",
        "udavit",
        "fistrap",
        "mre",
        "eri",
    } <= LINES.keys()


def test_nothing_passes_for_verified_that_nobody_rang() -> None:
    """No shipped line claims a call; whoever verifies leaves a day and a name."""
    assert {line.standing(TODAY) for line in LINES.values()} == {"unverified", "obsolete"}


@pytest.mark.parametrize(
    ("days", "standing"),
    [(0, "verified"), (FRESH_DAYS, "verified"), (FRESH_DAYS + 1, "stale"), (2000, "stale")],
)
def test_a_call_counts_for_180_days(tmp_path: Path, days: int, standing: str) -> None:
    """After half a year a number may be somebody else's."""
    lines = referrals.load(changed(tmp_path, **{"100": rung(days)}))
    assert lines["100"].standing(TODAY) == standing


def test_verified_without_a_caller_or_a_day_is_refused(tmp_path: Path) -> None:
    """A tick in a table is no call."""
    with pytest.raises(referrals.ReferralError, match=r"1810: verified needs verified_on"):
        referrals.load(changed(tmp_path, **{"1810": {"status": "verified"}}))


# ── what the bot may offer ──────────────────────────────────────────────────────────────────────────────────


def test_unverified_local_entries_are_never_offered_and_national_ones_come_with_a_note(
    tmp_path: Path,
) -> None:
    """The default: the whole country's lines with the note, a named office of one department not."""
    here = shelf(tmp_path)
    among = ["100", "sau", "1884"]
    assert here.offered(among) == ["100", "1884"]
    assert not here.shows({"say": "referral.sau", "among": among})
    assert here.shows({"say": "referral.100", "among": among})
    assert here.shows({"say": "lines.note", "among": among})
    assert here.shows({"say": "end.bye"})


def test_what_was_rung_is_offered_and_needs_no_note(tmp_path: Path) -> None:
    """All of a group verified lately: the note is left out, local ones are in."""
    here = shelf(tmp_path, "none", **{"100": rung(3), "sau": rung(3), "1884": rung(3)})
    among = ["100", "sau", "1884"]
    assert here.offered(among) == among
    assert not here.shows({"say": "lines.note", "among": among})
    stale = shelf(tmp_path, "national", **{"100": rung(3), "1884": rung(FRESH_DAYS + 1)})
    assert stale.shows({"say": "lines.note", "among": ["100", "1884"]})


def test_the_setting_keeps_unverified_ones_back_as_long_as_two_are_left(tmp_path: Path) -> None:
    """``none``: only what was rung; but nobody is left with one line or none."""
    two = shelf(tmp_path, "none", **{"100": rung(1), "113": rung(1)})
    assert two.offered(["100", "1884", "113"]) == ["100", "113"]
    one = shelf(tmp_path, "none", **{"100": rung(1)})
    assert one.offered(["100", "1884", "sau"]) == ["100", "1884"]
    assert shelf(tmp_path, "none").offered(["sunafil", "1884"]) == ["sunafil", "1884"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(NAMED), min_size=2, max_size=5, unique=True), st.sets(st.sampled_from(NAMED)),
       st.sets(st.sampled_from(NAMED)), st.sampled_from(["national", "none"]))  # fmt: skip
def test_whatever_is_verified_two_options_are_left(
    among: list[str], fresh: set[str], stale: set[str], policy: str
) -> None:
    """For any state of verification and either setting: as many as were named nationally, two at least."""
    lines = {
        id_: _with(line, "verified" if id_ in fresh | stale else line.status, 1 if id_ in fresh else 999)
        for id_, line in LINES.items()
    }
    offered = Shelf(lines, policy, lambda: NOW).offered(among)
    national = [id_ for id_ in among if LINES[id_].scope == "national"]
    assert len(offered) >= min(2, len(national))
    assert [id_ for id_ in among if id_ in offered] == offered


def _with(line: Line, status: str, days: int) -> Line:
    on = TODAY - timedelta(days=days) if status == "verified" else None
    return Line(
        **{**{name: getattr(line, name) for name in line.__slots__}, "status": status, "verified_on": on}
    )


def test_a_line_that_may_not_be_offered_is_no_message(tmp_path: Path) -> None:
    """The renderer leaves it out, and the rest is said."""
    here = Phrasing(Catalogues(ROOT / "locales"), shelf(tmp_path).shows)
    limits = Limits(1600, 1024, 3, 20, 10, 24, window_hours=24)
    among = ["100", "sau", "1884"]
    said = [here.render({"say": f"referral.{id_}", "among": among}, "es", limits) for id_ in among]
    assert [len(messages) for messages in said] == [1, 0, 1]


# ── the words ───────────────────────────────────────────────────────────────────────────────────────────────


def test_every_line_that_the_flow_names_has_words_with_its_number() -> None:
    """A line that can be named is in the table, is not obsolete, and its number stands in its text."""
    for id_ in NAMED:
        assert LINES[id_].status != "obsolete"
        assert LINES[id_].show == "referral", "the police is never a referral"
        assert LINES[id_].number in TEXT[LINES[id_].key]


def test_only_numbers_of_the_table_are_printed() -> None:
    """A number that is not in the table, or is obsolete, is in no text."""
    known = " ".join(line.number for line in LINES.values() if line.status != "obsolete")
    for key, text in TEXT.items():
        for number in re.findall(r"\b(?:0800[ -][\d -]+\d|1\d{2,3})\b", text):
            assert number in known, (key, number)


def test_the_police_is_never_the_default_and_never_alone() -> None:
    """105 stands only where there is danger now, and never without another line; not at the end."""
    for key, text in TEXT.items():
        if "105" in text and key != "referral.105":
            assert re.search(r"\b(100|106|1810|113)\b", text), key
            assert key.startswith(("emergency.", "fallback.", "handoff.emergency", "faq.other_person")), key
    assert "105" not in NAMED


def test_1818_says_whose_it_is() -> None:
    """Who fears expulsion must know that it belongs to the interior ministry."""
    assert [k for k, t in TEXT.items() if "1818" in t and "Ministerio del Interior" not in t] == []


def test_udavit_is_not_the_door_for_children() -> None:
    """UPE and 1810 are; the team is told so, and chatters never hear of UDAVIT."""
    assert "no la UDAVIT" in about("1810")["does"]
    assert LINES["udavit"].audience == "adults"
    assert not any("UDAVIT" in text for text in TEXT.values())
    assert "UPE" in TEXT["referral.1810"]


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_lists_what_must_be_rung(tmp_path: Path) -> None:
    """Unverified and old ones by name, with what is open; exit 1 while there is any."""
    file = changed(tmp_path, **{"100": rung(0), "113": rung(FRESH_DAYS + 40)})
    # the command asks the machine for the day: a call of today is fresh, one of long ago is old, whatever the day
    text = file.read_text(encoding="utf-8").replace(str(TODAY), str(datetime.now(UTC).date()))
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "referrals", "check", "--file", str(file)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    rows = [re.split(r"  +", line) for line in done.stdout.splitlines()]
    listed = {row[0]: row[1] for row in rows if len(row) > 2}
    assert done.returncode == 1
    assert "100" not in listed
    assert (listed["113"], listed["1818"]) == ("stale", "unverified")
    assert "0800-2-3232" not in listed
    assert "Si hoy funciona igual" in done.stdout


def test_the_command_is_content_when_all_were_rung(tmp_path: Path) -> None:
    """Nothing to ring: exit 0."""
    today = datetime.now(UTC).date()
    done_today = {"status": "verified", "verified_on": today, "verified_by": "ana"}
    file = changed(tmp_path, **{id_: done_today for id_, line in LINES.items() if line.status != "obsolete"})
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "referrals", "check", "--file", str(file)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_departments_are_those_that_people_can_choose() -> None:
    """An entry for a department that nobody can name would never be found."""
    known = set(model.load().flow["questions"]["W3"]["choices"])
    named = set(itertools.chain.from_iterable(line.departments for line in LINES.values()))
    assert named <= known
