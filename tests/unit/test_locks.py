"""Each lock fits its pyproject.toml, is hashed, and names no place to download from."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

LINE = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
FOLDERS = [ROOT, ROOT / "rasa_project", ROOT / "rasa_project" / "full"]
NAMES = ["gateway", "rasa", "rasa-full"]


def _locked(folder: Path) -> dict[str, str]:
    lines = (folder / "requirements.lock").read_text().splitlines()
    return {canonicalize_name(m[1]): m[2] for line in lines if (m := LINE.match(line))}


def _direct(folder: Path, project: str) -> set[str]:
    """Names that the lock itself says came from the pyproject.toml."""
    found, name = set(), ""
    for line in (folder / "requirements.lock").read_text().splitlines():
        if m := LINE.match(line):
            name = canonicalize_name(m[1])
        elif line.lstrip().startswith("#") and f"{project} (pyproject.toml" in line:
            found.add(name)
    return found


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_the_lock_fits_its_project(folder: Path) -> None:
    """Editing a requirement without `make lock` fails here, in both directions."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    extras = [r for rs in project.get("optional-dependencies", {}).values() for r in rs]
    wanted = {canonicalize_name(r.name): r for r in map(Requirement, [*project["dependencies"], *extras])}
    locked = _locked(folder)
    assert {name for name, r in wanted.items() if not r.specifier.contains(locked[name])} == set()
    assert _direct(folder, project["name"]) == set(wanted)


@pytest.mark.parametrize("folder", FOLDERS, ids=NAMES)
def test_the_lock_is_hashed_and_holds_no_address(folder: Path) -> None:
    """Every pin has its hashes; no line says where to get it."""
    text = (folder / "requirements.lock").read_text()
    pins = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert all("--hash=sha256:" in pin for pin in pins)
    assert "://" not in text
    assert "--index" not in text
    assert not (folder / "uv.lock").exists()


def test_the_lock_of_the_outside_judges() -> None:
    """Everything that npm installs is pinned and hashed, and its lock names no place to download from either."""
    text = (ROOT / "tests/outside/package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    pinned = {name: one for name, one in packages.items() if name and not one.get("inBundle")}
    assert all(one["integrity"].startswith("sha512-") and one["version"] for one in pinned.values())
    assert '"resolved"' not in text
