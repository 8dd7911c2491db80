"""Which model fits: the fingerprint of what is learnt from, as it is or as it would be."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import models
from bot.models import Project

PATH = "data/nlu/console.yml"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "data/nlu").mkdir(parents=True)
    (tmp_path / "data/dev").mkdir()
    (tmp_path / "data/nlu/affirm.yml").write_text("sí")
    return Project(tmp_path)


def test_what_would_stand_there_counts_as_if_it_did(project: Project) -> None:
    """A file more, another content, no file: the same digest before and after it is really so; dev never counts."""
    plain = models.fingerprint(project)
    with_more, with_other = (models.fingerprint(project, {PATH: text}) for text in ("sisas", "nel"))
    assert len({plain, with_more, with_other}) == 3
    (project.folder / PATH).write_text("sisas")
    assert models.fingerprint(project) == with_more
    assert models.fingerprint(project, {PATH: "nel"}) == with_other
    assert models.fingerprint(project, {PATH: ""}) == plain
    (project.folder / "data/dev/x.yml").write_text("x")
    assert models.fingerprint(project) == with_more


def test_a_model_tried_out_is_kept_with_the_newest(project: Project) -> None:
    """Adopted, it is among those in use with its record, and of the older ones only the newest stays."""
    rehearsal = project.models / "rehearsal"
    rehearsal.mkdir(parents=True)
    for n in range(2):
        (project.models / f"faro-{n}.tar.gz").write_text(str(n))
        (project.models / f"faro-{n}.sha256").write_text("x")
    (rehearsal / "faro-new.tar.gz").write_text("new")
    (rehearsal / "faro-new.sha256").write_text("x")
    final = models.adopt(rehearsal / "faro-new.tar.gz", project)
    assert final.read_text() == "new"
    assert len(list(project.models.glob("faro-*.tar.gz"))) == len(list(project.models.glob("*.sha256"))) == 2
    assert list(rehearsal.iterdir()) == []
