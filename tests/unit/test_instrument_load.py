"""An instrument that is wrong does not load, and says everything that is wrong with it: file, line, question."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.rasa import RasaClient
from bot.screening import facts, flowcodes, model
from bot.screening.model import FOLDER
from bot.screening.rows import InstrumentError

Broken = Callable[..., list[str]]
# file, what stands there, what stands there instead, and the problem as it is said (line numbers left out)
WRONG = [
    # questions
    ("adult.yml", "follow_up: Q03a", "follow_up: Q33a", "Q03: follow_up names Q33a, which is no question"),
    ("adult.yml", "marks: [CD S D5.2]", "marks: [CD S D5.99]", "Q11: marks names D5.99, which is no indicator of indicators.yml"),
    ("adult.yml", "marks: [CD S D5.3]", "marks: [CD M D5.3]", "Q12: marks: D5.3 weighs S in AL, not M"),
    ("adult.yml", "marks: [EX M D4.3]", "marks: [EX M D5.14]", "Q08: marks: D5.14 belongs to CD, not EX"),
    ("adult.yml", "marks: [CD M D5.11]", "marks: [DR S D1.1]", "Q14: marks: DR is nothing of destination"),
    ("adult.yml", "marks: [VD M D6.2]", "marks: [VD M]", "Q19: marks: 'VD M' is no mark: dimension, strength, indicator, as in 'DR S D1.1'"),
    ("adult.yml", "also: [D4.6]", "also: [D9.9]", "Q09: also names D9.9, which is no indicator"),
    ("adult.yml", "sources: [RAFT, TVIT, AHTST]", "sources: [RAFT, TVTI]", "Q15: sources names TVTI, which sources.yml does not have"),
    ("adult.yml", "ILO11/11, listA", "ILO11/12, listA", "Q06: sources names ILO11/12, which sources.yml does not have"),
    ("adult.yml", "discloses: {disclose_sexual: [sexual]}", "discloses: {disclose_sexual: [sex]}", "Q16: disclose_sexual ticks sex, which its list does not have"),
    ("adult.yml", "sensitivity: high\n    list", "sensitivity: extreme\n    list", "Q16: sensitivity must be one of low, medium, high, not 'extreme'"),
    ("adult.yml", "  - code: Q20\n", "  - code: Q19\n", "Q19: the code Q19 stands 2 times"),
    ("adult.yml", "afraid: [Q13, Q15]", "afraid: [Q13, Q51]", "groups: afraid names Q51, which is no question"),
    ("minor.yml", "  - code: M5\n    phase: destination\n    sensitivity: low\n    needs: M3", "  - code: M5\n    phase: destination\n    sensitivity: low\n    needs: M33", "M5: needs M33, which is no question"),
    ("minor.yml", "carries: [{code: Q06}]", "carries: [{code: Q66}]", "M4: carries names Q66, which does not exist"),
    ("minor.yml", "gate: true", "gates: true", "M0: there is no field gates"),
    # the flow
    ("flow.yml", '{every: [Q10, Q12, Q15], are: ["no"]}', '{every: [Q10, Q12, Q55], are: ["no"]}', "rules: when names Q55, which is no question and no fact"),
    ("flow.yml", "when: {some: [B4], are: [skip]}", "when: {some: [B4], are: [skipped]}", "rules: when: none of B4 can be skipped"),
    ("flow.yml", "when: {every: [age_band], are: [u14]}", 'when: {all: [{every: [age_band], are: [u14]}, {every: [age_band], are: ["18"]}]}', "rules: when can never hold"),
    ("flow.yml", "when: {declined_in_a_row: 2, block: 4}", "when: {declined_in_a_row: 9, block: 4}", "rules: when can never hold: only 3 questions can be declined there"),
    ("flow.yml", 'when: {every: [M3], are: ["no"]}', 'when: {any: [{every: [M3], are: ["no"]}, {not: {every: [M3], are: ["no"]}}]}', "rules: when always holds: the questions would never be asked"),
    ("flow.yml", "when: {every: [pace], are: [short]}\n  - skip", 'when: {every: [Q01], are: ["yes"]}\n  - skip', "rules: when asks what was answered to Q01, which the same rule leaves out"),
    ("flow.yml", "{stage: screen, block: 2,", "{stage: screen, block: 7,", "sequence: block: there is no block 7"),
    ("flow.yml", "{stage: gate, ask: P3,", "{stage: gate, ask: P33,", "sequence: ask: ask names P33, which does not exist"),
    ("flow.yml", "unless: [now, short, strong]", "unless: [now, shot, strong]", "sequence: offer: unless names shot, which does not exist"),
    ("flow.yml", "  - disclose_debt\n", "", "disclosures: disclose_debt of adult.yml is missing"),
    ("flow.yml", "  - name: unclear\n", "  - {name: unclear, when: {every: [result], are: [T6]}}\n", "situations: the last one, and only it, holds without a condition"),
    ("flow.yml", 'P0: {choices: ["yes", "no"]', "P0: {choices: [yes, no]", 'P0: choices must hold words; write "yes" and "no" in quotes'),
    # what they refer to
    ("indicators.yml", 'id: D4.2, sets: "M M? M M?"', 'id: D4.2, sets: "M M? M"', "D4.2: sets must hold 4 of S M W - (AL AS CL CS), ? where unconfirmed"),
    ("sources.yml", 'read: secondary\n    open: "Redacción exacta; especificidad', 'read: hearsay\n    open: "Redacción exacta; especificidad', "RAFT: read must be one of full, partial, secondary, none, not 'hearsay'"),
    ("htcds.yml", "answers: [Q14]", "answers: [Q14_which/me]", "control: threats_law: answers names Q14_which/me, which nobody can give"),
    ("htcds.yml", "possible: [T1,", "possible: [T9,", "possible names T9, which is no result"),
]  # fmt: skip


def _break(folder: Path, *changes: tuple[str, str, str]) -> Path:
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    for file, old, new in changes:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, (file, old)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def _problems(folder: Path) -> list[str]:
    with pytest.raises(InstrumentError) as error:
        model.load(folder)
    return list(error.value.problems)


def test_the_shipped_instrument_is_whole() -> None:
    """Nothing is wrong with what we ship."""
    assert list(model.read(FOLDER)[1]) == []


@pytest.mark.parametrize(("file", "old", "new", "said"), WRONG, ids=[w[3][:60] for w in WRONG])
def test_each_error_is_said_with_file_and_line(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    """A dangling follow-up, an unknown indicator, an impossible condition …: named where it stands."""
    problems = _problems(_break(tmp_path / "one", (file, old, new)))
    places = {re.sub(r"^(\S+\.yml):\d+: ", r"\1: ", problem) for problem in problems}
    assert f"{file}: {said}" in places, problems
    lines = [int(p.split(":")[1]) for p in problems if p.endswith(said)]
    written = (tmp_path / "one" / file).read_text(encoding="utf-8").splitlines()
    assert all(0 < line <= len(written) for line in lines)


def test_the_line_is_the_one_that_is_wrong(tmp_path: Path) -> None:
    """Whoever mends the file is led to the very line."""
    folder = _break(tmp_path / "one", ("adult.yml", "marks: [CD S D5.2]", "marks: [CD S D5.99]"))
    (problem,) = _problems(folder)
    line = int(problem.split(":")[1])
    assert "D5.99" in (folder / "adult.yml").read_text(encoding="utf-8").splitlines()[line - 1]


def test_all_errors_come_at_once(tmp_path: Path) -> None:
    """Everything of the table that can stand beside the rest is wrong at the same time, and all of it is said."""
    apart = ("when always holds", "the code Q19", "no field gates", "sensitivity must be", "D4.2: sets must")
    together = [wrong for wrong in WRONG if not any(name in wrong[3] for name in apart)]
    problems = _problems(_break(tmp_path / "all", *(wrong[:3] for wrong in together)))
    places = {re.sub(r"^(\S+\.yml):\d+: ", r"\1: ", problem) for problem in problems}
    assert {f"{file}: {said}" for file, _, _, said in together} - places == set()
    assert len(together) >= 25


def test_a_file_that_is_no_yaml_does_not_hide_the_others(tmp_path: Path) -> None:
    """An open bracket in one file, a wrong name in another: both are said."""
    folder = _break(
        tmp_path / "one",
        ("flow.yml", "languages: [es,", "languages: [es, ["),
        ("adult.yml", "follow_up: Q07a", "follow_up: Q77a"),
        ("htcds.yml", "possible: [T1,", "possible: [T9,"),
    )
    said = " ".join(_problems(folder))
    assert "flow.yml" in said
    assert "not YAML" in said
    assert "Q77a" in said
    assert "T9" in said


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Nothing else is complained about because of it."""
    folder = _break(tmp_path / "one")
    (folder / "indicators.yml").unlink()
    assert _problems(folder) == ["indicators.yml: there is no such file"]


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """PyYAML would let the second win, and a mark could get lost that way."""
    folder = _break(
        tmp_path / "one", ("adult.yml", "marks: [CD S D5.1]", "marks: [CD S D5.1]\n    marks: []")
    )
    assert any("marks stands twice" in problem for problem in _problems(folder))


def test_a_hard_question_must_be_skippable_as_a_block(tmp_path: Path) -> None:
    """High sensitivity without a way round it is refused; to a minor nothing is asked after it."""
    folder = _break(
        tmp_path / "one",
        ("adult.yml", "sensitivity: medium\n    marks: [CD M D5.11]", "sensitivity: high\n    marks: [CD M D5.11]"),
        ("minor.yml", "sensitivity: medium\n    list:\n      code: M7_which", "sensitivity: high\n    list:\n      code: M7_which"),
    )  # fmt: skip
    said = " ".join(_problems(folder))
    assert "Q14: is of high sensitivity, and no rule lets a person skip its block" in said
    assert "M7: nothing is asked after a question of high sensitivity to a minor" in said


def test_facts_of_the_check_are_those_of_the_dialogue() -> None:
    """A condition that the check lets pass can be answered by the dialogue, and the other way round."""
    assert {*flowcodes.FACTS, "situation", flowcodes.READ} == set(facts._FACTS)


def test_files_that_another_process_works_with_are_taken_up(tmp_path: Path) -> None:
    """Rasa reads changed files at once and says their hash: the gateway assesses with the same, or stays."""
    folder = _break(tmp_path / "one")
    before = model.load(folder)
    model.renew(before.hash, folder)
    assert model.load(folder) is before
    path = folder / "adult.yml"
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert model.load(folder) is before, "nobody said anything yet"
    model.renew("somebody else's files", folder)
    assert model.load(folder) is before
    now = model.read(folder)[0].hash
    model.renew(now, folder)
    assert model.load(folder).hash == now
    path.write_text(path.read_text(encoding="utf-8").replace("Q03a", "Q33a", 1), encoding="utf-8")
    model.renew(model.read(folder)[0].hash, folder)
    assert model.load(folder).hash == now, "files that are wrong change nothing"


async def test_the_gateway_hears_which_files_rasa_works_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer to a turn carries the hash, and the gateway looks at it before it assesses."""
    client, heard = RasaClient("http://127.0.0.1:1", "x" * 16), []

    async def answer(*_: object) -> dict[str, object]:
        return {"acts": [], "state": {}, "instrument": "other files"}

    monkeypatch.setattr(client, "_ask", answer)
    monkeypatch.setattr("bot.rasa.renew", heard.append)
    await client.turn({})
    await client.close()
    assert heard == ["other files"]
