"""Every dimension against the rule said another way: options as multisets, reachability by trying every completion."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from bot.screening.assess import assess
from tests.unit.assess_support import LISTS, adult, minor

# The four options of the ILO rule: what a dimension must at least hold. "any" is medium or weak.
OPTIONS = [("S", "S"), ("S", "any"), ("M", "M", "M"), ("M", "M", "W")]
TRI = ["yes", "no", "unsure"]


@cache
def holds(strengths: tuple[str, ...]) -> bool:
    """Whether some option can be served, each of its places by a mark of its own."""
    serves = {"S": "S", "M": "M", "W": "W", "any": "MW"}
    return any(
        all(mark in serves[place] for mark, place in zip(chosen, option, strict=True))
        for option in OPTIONS
        for chosen in itertools.permutations(strengths, len(option))
    )


def _subsets(names: list[str]) -> list[list[str]]:
    return [list(s) for n in range(len(names) + 1) for s in itertools.combinations(names, n)]


def _dr(a: dict[str, Any]) -> dict[str, str]:
    table = {"pay": "D1.2", "hours": "D1.3", "housing": "D1.5", "travel": "D1.7", "papers": "D1.6"}
    marks = {"D1.1": "S"} if a["Q01"] == "yes" else {}
    if a["Q02"] == "yes":
        ticked = (
            [name for name in table if name in a["Q02_which"]] if isinstance(a["Q02_which"], list) else []
        )
        marks |= {table[name]: "M" for name in ticked[:3]} if ticked else {"D1.x": "M"}
    return marks


def _cr(a: dict[str, Any]) -> dict[str, str]:
    marks = {}
    if a["Q03"] == "yes":
        marks["D2.2"] = "M"
        if a["Q03a"] == "yes":
            marks["D2.1"] = "S"
    if a["Q04"] == "yes":
        marks["D2.4"] = "M"
        if a["Q04a"] == "yes":
            marks["D2.5"] = "M"
    return marks


def _vr(a: dict[str, Any]) -> dict[str, str]:
    marks = {"D3.14": "M"} if a["Q04"] == "yes" else {}
    if a["Q05"] == "yes":
        marks["D3.6"] = "M"
        ticked = a["Q05_which"] if isinstance(a["Q05_which"], list) else []
        for name, indicator, strength in [
            ("family", "D3.1", "M"), ("no_papers", "D3.2", "M"), ("trust", "D3.11", "M"), ("danger", "D3.16", "W"),
        ]:  # fmt: skip
            if name in ticked:
                marks[indicator] = strength
                break
    return marks


def _ex(a: dict[str, Any]) -> dict[str, str]:
    table = {"Q06": ("D4.1", "S"), "Q07": ("D4.2", "M"), "Q08": ("D4.3", "M"), "Q09": ("D4.4", "M")}
    return {indicator: strength for code, (indicator, strength) in table.items() if a[code] == "yes"}


def _vd(a: dict[str, Any]) -> dict[str, str]:
    table = {"Q18": "D6.1", "Q19": "D6.2", "Q20": "D6.5"}
    return {indicator: "M" for code, indicator in table.items() if a[code] == "yes"}


def _cd(a: dict[str, Any]) -> dict[str, str]:
    single = {
        "Q07a": ("D5.14", "M"), "Q10": ("D5.1", "S"), "Q11": ("D5.2", "S"), "Q12": ("D5.3", "S"),
        "Q14": ("D5.11", "M"), "Q15": ("D5.8", "M"), "Q17": ("D5.4", "S"),
    }  # fmt: skip
    marks = {indicator: strength for code, (indicator, strength) in single.items() if a.get(code) == "yes"}
    if a.get("Q13") == "yes":
        who = a["Q13_which"] if isinstance(a["Q13_which"], list) else []
        marks |= {"D5.13": "M"} if "family" in who or "both" in who else {}
        marks |= {"D5.5": "M"} if "me" in who or "both" in who or not who else {}
    if a.get("Q16") == "yes":
        what = a["Q16_which"] if isinstance(a["Q16_which"], list) else []
        marks |= {"D5.6": "M"} if "illegal" in what else {}
        marks |= {"D5.10": "M"} if "lying" in what else {}
        if "sexual" in what:
            marks["D5.7"] = "S"
        elif "begging" in what or "other" in what or not what:
            marks["D5.7"] = "M"
    return marks


# dimension: what can be said about it, and its marks
SPACES: dict[str, tuple[dict[str, list[Any]], Any]] = {
    "DR": ({"Q01": TRI, "Q02": TRI, "Q02_which": [*_subsets(LISTS["Q02_which"]), "declined"]}, _dr),
    "CR": ({"Q03": TRI, "Q03a": TRI, "Q04": TRI, "Q04a": TRI}, _cr),
    "VR": ({"Q04": TRI, "Q05": TRI, "Q05_which": [*_subsets(LISTS["Q05_which"]), "declined"]}, _vr),
    "EX": ({"Q06": TRI, "Q07": TRI, "Q08": TRI, "Q09": TRI}, _ex),
    "VD": ({"Q18": TRI, "Q19": TRI, "Q20": TRI}, _vd),
}


def _consistent(answers: dict[str, Any]) -> bool:
    """Leave out follow-ups and lists that say something about a question which is not a yes: told elsewhere."""
    parents = {"Q03a": "Q03", "Q04a": "Q04", "Q02_which": "Q02", "Q05_which": "Q05"}
    return all(
        answers[parent] == "yes" or child not in answers or answers[child] in ("no", "unsure", "declined")
        for child, parent in parents.items()
        if parent in answers
    )


def _completions(answers: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything that the missing answers could still turn out to be."""
    choices = []
    for code, value in answers.items():
        if value not in ("unsure", "declined"):
            choices.append([value])
        elif code in LISTS:
            choices.append([value, *_subsets(LISTS[code])])
        else:
            choices.append(["no", "yes"])
    for values in itertools.product(*choices):
        yield dict(zip(answers, values, strict=True))


@pytest.mark.parametrize("dimension", sorted(SPACES))
def test_every_answer_to_a_dimension(dimension: str) -> None:
    """Positive, near, unknown and indicators are right for every combination of yes, no, missing and ticks."""
    space, marks_of = SPACES[dimension]
    seen = set()
    for values in itertools.product(*space.values()):
        answers = dict(zip(space, values, strict=True))
        if not _consistent(answers):
            continue
        marks = marks_of(answers)
        strengths = tuple(sorted(marks.values()))
        positive = holds(strengths)
        unknown = not positive and any(
            holds(tuple(sorted(marks_of(c).values()))) for c in _completions(answers)
        )
        near = not positive and (strengths.count("S") == 1 or strengths.count("M") == 2)
        found = assess(adult(**answers))["dimensions"][dimension]
        expected = {"positive": positive, "near": near, "unknown": unknown, "indicators": sorted(marks)}
        assert found == expected, answers
        seen.add((positive, near, unknown))
    assert {p for p, _, _ in seen} == {True, False}
    assert {u for _, _, u in seen} == {True, False}


def test_every_answer_to_coercion_at_destination() -> None:
    """The large dimension, complete: every yes and no, every list."""
    codes = ["Q10", "Q11", "Q12", "Q14", "Q15", "Q17"]
    threats: list[Any] = [None, [], ["me"], ["family"], ["both"], ["family", "me"]]
    forced: list[Any] = [None, *_subsets(LISTS["Q16_which"])]
    for bits in itertools.product(["yes", "no"], repeat=len(codes)):
        for threat, force in itertools.product(threats, forced):
            answers: dict[str, Any] = dict(zip(codes, bits, strict=True))
            if threat is not None:
                answers |= {"Q13": "yes", "Q13_which": threat}
            if force is not None:
                answers |= {"Q16": "yes", "Q16_which": force}
            marks = _cd(answers)
            strengths = tuple(sorted(marks.values()))
            found = assess(adult(**answers))["dimensions"]["CD"]
            assert found["indicators"] == sorted(marks), answers
            assert found["positive"] is holds(strengths), answers
            assert not found["unknown"], answers


@pytest.mark.parametrize("held", ["yes", "no", "unsure"])
@pytest.mark.parametrize("threat", ["no", "unsure", ["me"], "declined list"])
@pytest.mark.parametrize("force", ["no", "unsure", ["other"], "declined list"])
@pytest.mark.parametrize("wages", ["no", "unsure", "yes", "unsure follow-up"])
def test_what_is_missing_of_coercion_at_destination(held: str, threat: Any, force: Any, wages: str) -> None:
    """Unknown is exactly what some completion of the missing answers would make positive."""
    answers: dict[str, Any] = {"Q10": held, "Q13": "no", "Q13_which": [], "Q16": "no", "Q16_which": []}
    for code, said in (("Q13", threat), ("Q16", force)):
        if said == "unsure":
            answers |= {code: "unsure", f"{code}_which": "unsure"}
        elif said == "declined list":
            answers |= {code: "yes", f"{code}_which": "declined"}
        elif said != "no":
            answers |= {code: "yes", f"{code}_which": said}
    answers |= {"Q07a": "unsure" if "unsure" in wages else wages}
    answers["Q07"] = {"no": "no", "unsure": "unsure"}.get(wages, "yes")
    reachable = [
        {**done, "Q07a": done["Q07a"] if done["Q07"] == "yes" else "no"} for done in _completions(answers)
    ]
    positive = holds(tuple(sorted(_cd(answers).values())))
    found = assess(adult(**answers))["dimensions"]["CD"]
    assert found["positive"] is positive
    assert found["unknown"] is (
        not positive and any(holds(tuple(sorted(_cd(d).values()))) for d in reachable)
    )


def _ticked(code: str) -> list[dict[str, Any]]:
    """All that can be said to a question with a list: no, not known, and a yes with every choice of ticks."""
    which = f"{code}_which"
    ticks: list[Any] = ["declined", *_subsets(LISTS[which])]
    silent = [{code: "no", which: []}, {code: "unsure", which: "unsure"}]
    return silent + [{code: "yes", which: chosen} for chosen in ticks]


# What each question of the dimension can be answered, apart from the others: no two share an indicator.
COERCION = [
    *([{code: said} for said in TRI] for code in ("Q10", "Q11", "Q12", "Q14", "Q15", "Q17")),
    [{"Q07": "no", "Q07a": "no"}, {"Q07": "unsure", "Q07a": "unsure"}]
    + [{"Q07": "yes", "Q07a": said} for said in TRI],
    _ticked("Q13"),
    _ticked("Q16"),
]


def _reachable(said: dict[str, Any]) -> frozenset[tuple[str, ...]]:
    """The strengths that some completion of one question's answers leads to."""
    done = list(_completions(said))
    for answers in done:
        if answers.get("Q07") == "no":
            answers["Q07a"] = "no"
    return frozenset(tuple(sorted(_cd(answers).values())) for answers in done)


@cache
def _together(
    one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]
) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(sorted(a + b)) for a, b in itertools.product(one, other))


@pytest.mark.nightly
def test_everything_that_can_be_said_of_coercion_at_destination() -> None:
    """The whole table, missing answers and all: about 1.4 million rows."""
    seen = set()
    ways = {id(said): _reachable(said) for said in itertools.chain(*COERCION)}
    for rest in itertools.product(*COERCION[-3:]):
        base = {code: value for said in rest for code, value in said.items()}
        reached = functools.reduce(_together, (ways[id(said)] for said in rest))
        for six in itertools.product(*COERCION[:-3]):
            answers = base | {code: value for said in six for code, value in said.items()}
            marks = _cd(answers)
            positive = holds(tuple(sorted(marks.values())))
            all_of_it = functools.reduce(_together, (ways[id(said)] for said in six), reached)
            unknown = not positive and any(map(holds, all_of_it))
            found = assess(adult(**answers))["dimensions"]["CD"]
            told = (found["indicators"], found["positive"], found["unknown"])
            assert told == (sorted(marks), positive, unknown), answers
            seen.add((positive, unknown))
    assert seen == {(True, False), (False, True), (False, False)}


@pytest.mark.parametrize("q03", TRI)
@pytest.mark.parametrize("q03a", ["yes", "no"])
@pytest.mark.parametrize("q04", TRI)
@pytest.mark.parametrize("q04a", ["yes", "no"])
@pytest.mark.parametrize("q10", TRI)
def test_papers_in_an_offer_are_coercion_at_recruitment(
    q03: str, q03a: str, q04: str, q04a: str, q10: str
) -> None:
    """Q10 marks CR D2.5 in an offer, once with Q04a, and CD D5.1 as soon as something is happening."""
    said: dict[str, Any] = {"Q03": q03, "Q04": q04, "Q10": q10}
    said |= {"Q03a": "yes"} if q03 == q03a == "yes" else {}
    said |= {"Q04a": "yes"} if q04 == q04a == "yes" else {}
    marks = _cr({"Q03a": "no", "Q04a": "no", **said}) | ({"D2.5": "M"} if q10 == "yes" else {})
    offer = assess(adult("", {"phase": "offer"}, **said))["dimensions"]
    assert offer["CR"]["indicators"] == sorted(marks)
    assert offer["CR"]["positive"] is holds(tuple(sorted(marks.values())))
    assert offer["CD"]["indicators"] == []
    happening = assess(adult("Q08", {"phase": "offer"}, **said))["dimensions"]
    assert happening["CD"]["indicators"] == (["D5.1"] if q10 == "yes" else [])


def test_minors_dimensions() -> None:
    """Every yes, no and missing answer of a minor, every list, every home."""
    for m4, m5, m6 in itertools.product(TRI, repeat=3):
        found = assess(minor("M3", M4=m4, M5=m5, M6=m6))["dimensions"]
        marks = (["D4.1"] if m4 == "yes" else []) + (["D4.2"] if m5 == "yes" else [])
        assert found["EX"] == {
            "positive": m4 == m5 == "yes",
            "near": m4 == "yes" != m5,
            "unknown": "no" not in (m4, m5) and not m4 == m5 == "yes",
            "indicators": marks,
        }
        assert found["DR"]["indicators"] == (["D1.1"] if m6 == "yes" else [])
        assert not found["DR"]["positive"]
        assert not found["DR"]["unknown"]
    for m7, m8, m9, m10 in itertools.product(
        [None, "unsure", "declined list", *_subsets(LISTS["M7_which"])], *[TRI] * 3
    ):
        answers: dict[str, Any] = {"M8": m8, "M9": m9, "M10": m10}
        own: set[str] = set()
        if m7 == "unsure":
            answers |= {"M7": "unsure", "M7_which": None}
        elif m7 is not None:
            answers |= {"M7": "yes", "M7_which": "declined" if m7 == "declined list" else m7}
            own = {"D5.1" if name != "confined" else "D5.3" for name in m7} if isinstance(m7, list) else set()
            own = own or {"D5.3"}
        for code, indicator in (("M8", "D5.7"), ("M9", "D5.6"), ("M10", "D5.4")):
            own |= {indicator} if answers[code] == "yes" else set()
        most = len(own) + [m8, m9, m10].count("unsure") + {"unsure": 2, "declined list": 1}.get(str(m7), 0)
        cd = assess(minor(**answers))["dimensions"]["CD"]
        assert cd["indicators"] == sorted(own), answers
        assert cd["positive"] is (len(own) >= 2), answers
        assert cd["unknown"] is (len(own) < 2 <= most), answers
    for home, indicators in {"family": [], "relatives": [], "other_adult": ["D6.1"], "partner": ["D6.1"],
                             "boss": ["D6.1"], "alone": ["D6.2"], "unsure": []}.items():  # fmt: skip
        assert assess(minor(M2=home))["dimensions"]["VD"]["indicators"] == indicators
