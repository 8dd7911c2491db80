"""The worked examples, and cases named after the sentence of the rule that they stand for."""

from __future__ import annotations

from typing import Any

import pytest

from bot.screening.assess import assess
from tests.unit.assess_support import Payload, adult, minor

WAITRESS = "Q01 Q02 Q04 Q06 Q07 Q08 Q10 Q11 Q15 Q18 Q19 Q20"
CARER = "Q05 Q06 Q07 Q12 Q18 Q19 Q20"


def _codes(result: dict[str, Any]) -> set[str]:
    return {reason["code"] for reason in result["reasons"]}


WORKED = [
    ("A", adult(WAITRESS), "DR EX CD VD", "T1", "U2"),
    ("B", adult("Q02 Q06 Q07 Q07a"), "EX", "T4", "U1"),
    ("C", adult(CARER, Q05_which=["trust"]), "EX VD", "T3", "U2"),
    ("D", adult("Q11 Q13 Q15 Q20", Q13_which=["both"]), "CD", "T5", "U2"),
    ("E", adult("Q02 Q04 Q05", {"phase": "offer"}, Q02_which=["pay"]), "", "T6", "U0"),
    ("F", adult("Q10"), "", "T6", "U2"),
    ("G", adult(WAITRESS, {"phase": "past"}), "DR EX CD VD", "T1", "U1"),
    ("G fear", adult(WAITRESS, {"phase": "past", "fear_today": "yes"}), "DR EX CD VD", "T1", "U2"),
    ("G danger", adult(WAITRESS, {"phase": "past", "danger_today": "yes"}), "DR EX CD VD", "T1", "U3"),
]


@pytest.mark.parametrize(
    ("name", "payload", "positive", "kind", "urgency"), WORKED, ids=[w[0] for w in WORKED]
)
def test_worked_examples(name: str, payload: Payload, positive: str, kind: str, urgency: str) -> None:
    """Each worked example of the rule gives exactly the dimensions, type and urgency written there."""
    result = assess(payload)
    found = [dimension for dimension, each in result["dimensions"].items() if each["positive"]]
    assert (found, result["type"], result["urgency"]) == (positive.split(), kind, urgency)
    assert result["flag"] is (urgency != "U0")


OFFER = {"phase": "offer"}
OFFERED = {"Q01": "no", "Q02": "no", "Q04": "no", "Q05": "no", "Q10": "no"}
ADULTS = [
    ("no signs at all", adult(), "T0", "U0", ""),
    ("one labour complaint", adult("Q07"), "T0-L", "U0", "labour"),
    ("a labour complaint and a modifier", adult("Q07", {"modifiers": ["alone"]}), "T0-L", "U0", "labour"),
    ("no signs and a modifier", adult("", {"modifiers": ["pregnant"]}), "T0", "U0", ""),
    ("no signs, wants a person", adult("", {"wants_person": True}), "T0", "U1", "wants_person"),
    ("no signs, afraid", adult("", {"fear_today": "partly"}), "T0", "U1", "fear_today"),
    ("no signs, danger unsure", adult("", {"danger_today": "unsure"}), "T0", "U1", "danger_unsure"),
    ("no signs, danger declined", adult("", {"danger_today": "declined"}), "T0", "U0", ""),
    ("no signs, danger", adult("", {"danger_today": "yes"}), "T0", "U3", "danger_today"),
    ("no signs, emergency", adult("", {"emergency": "medical"}), "T0", "U3", "emergency"),
    ("one labour complaint, strong", adult("Q06"), "T6", "U0", "near"),
    ("one open question", adult(Q15="declined"), "T6", "U0", "open"),
    ("one closed question missing", adult(Q14="unsure"), "T0", "U0", ""),
    ("na is a no", adult(Q15="na", Q01="na"), "T0", "U0", ""),
    ("one mark of deceit", adult("Q02"), "T6", "U0", "sign"),
    ("one mark of deceit and a modifier", adult("Q02", {"modifiers": ["child"]}), "T6", "U1", "sign modifier"),
    ("need alone is no sign", adult("Q05"), "T0", "U0", ""),
    ("need and trust are near", adult("Q05", Q05_which=["trust"]), "T6", "U0", "near"),
    ("fear of leaving", adult("Q15"), "T6", "U1", "sign core"),
    ("fear of leaving and a modifier", adult("Q15", {"modifiers": ["child"]}), "T6", "U2", "sign core modifier"),
    ("a modifier within U2", adult("Q10", {"modifiers": ["child"]}), "T6", "U2", "near sign strong_control"),
    ("only VD", adult("Q18 Q19 Q20"), "T6", "U0", "vulnerability_destination"),
    ("begging is exploitation", adult("Q16", Q16_which=["begging"]), "T4", "U1", "purpose"),
    ("forced sex", adult("Q16", Q16_which=["sexual"]), "T4", "U2", "purpose strong_control"),
    ("a list without its question", adult(Q16="no", Q16_which=["sexual"]), "T4", "U2", "purpose strong_control"),
    ("what he is forced to is not said", adult("Q16", Q16_which="declined"), "T6", "U1", "sign core open unknown"),
    ("forced to lie", adult("Q16", Q16_which=["lying"]), "T6", "U1", "sign core"),
    ("family threatened", adult("Q13", Q13_which=["family"]), "T6", "U2", "sign family_threat"),
    ("threatened himself", adult("Q13", Q13_which=["me"]), "T6", "U0", "sign"),
    ("family threatened in the past", adult("Q13", {"phase": "past"}, Q13_which="family"), "T6", "U1",
     "sign family_threat"),
    ("control in the past", adult("Q12", {"phase": "past"}), "T6", "U1", "near sign strong_control"),
    ("held and threatened", adult("Q12 Q13"), "T5", "U3", "control_destination violence_now"),
    ("hit and afraid", adult("Q17 Q15"), "T5", "U3", "control_destination violence_now"),
    ("hit and afraid in the past", adult("Q17 Q15", {"phase": "past"}), "T5", "U1",
     "control_destination strong_control"),
    ("exploited and controlled", adult("Q06 Q08 Q10 Q14"), "T2", "U2",
     "exploitation control_destination strong_control"),
    ("past, capped", adult("Q06 Q08 Q10 Q14", {"phase": "past"}), "T2", "U1",
     "exploitation control_destination strong_control past_cap"),
    ("past, a modifier cut off by the cap", adult("Q06 Q08", {"phase": "past", "modifiers": ["child"]}), "T4", "U1",
     "exploitation past_cap"),
    ("past, a modifier that fear lets through",
     adult("Q06 Q08", {"phase": "past", "fear_today": "yes", "modifiers": ["child"]}), "T4", "U2",
     "exploitation modifier fear_today"),
    ("papers asked for in an offer", adult("Q10", OFFER), "T6", "U0", "sign"),
    ("an offer, all else absent", {"instrument": "adult", "answers": OFFERED, "context": OFFER}, "T0", "U0", ""),
    ("an offer, one of its questions absent",
     {"instrument": "adult", "answers": {**OFFERED, "Q10": "unsure"}, "context": OFFER}, "T6", "U0", "open"),
    ("an offer where somebody is held already",
     {"instrument": "adult", "answers": {**OFFERED, "Q12": "yes"}, "context": OFFER}, "T6", "U2",
     "near sign strong_control unknown open"),
    ("a person in an offer who would rather not say whether she is locked in",
     {"instrument": "adult", "answers": {**OFFERED, "Q12": "declined"}, "context": OFFER}, "T6", "U0", "open"),
    ("a follow-up makes its question a yes", adult("Q07a"), "T6", "U0", "sign"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "payload", "kind", "urgency", "reasons"), ADULTS, ids=[a[0] for a in ADULTS]
)
def test_adults(name: str, payload: Payload, kind: str, urgency: str, reasons: str) -> None:
    """Each sentence of the adult's rule shows in a case of its own, with all its reasons and no other."""
    result = assess(payload)
    assert (result["type"], result["urgency"], _codes(result)) == (kind, urgency, set(reasons.split()))


WAS = {"was_adult": True}
U14 = {"age_band": "u14"}
MINORS = [
    ("nothing", minor(), "MR0", "U0", ""),
    ("the gate is no question", minor(M0=None), "MR0", "U0", ""),
    ("a modifier alone", minor("", {"modifiers": ["pregnant"]}), "MR0", "U0", ""),
    ("in danger", minor("M1"), "MR3", "U3", "minor_danger"),
    ("sexual", minor("M8"), "MR3", "U3", "minor_sexual"),
    ("hit or threatened", minor("M10"), "MR3", "U3", "minor_violence"),
    ("kept in", minor("M7", M7_which=["phone", "confined"]), "MR3", "U3", "minor_confined"),
    ("something of M7, not said what", minor("M7"), "MR3", "U3", "minor_confined"),
    ("something of M7, would not say what", minor("M7", M7_which="declined"), "MR3", "U3", "minor_confined"),
    ("papers taken", minor("M7", M7_which=["papers"]), "MR2", "U2", "minor_exploitation"),
    ("a tick without its question", minor(M7_which=["phone"]), "MR2", "U2", "minor_exploitation"),
    ("long hours", minor("M4"), "MR2", "U2", "minor_exploitation"),
    ("something forbidden", minor("M9"), "MR2", "U2", "minor_exploitation"),
    ("works and was lied to", minor("M3 M6"), "MR2", "U2", "minor_work minor_deceived"),
    ("works", minor("M3"), "MR1", "U1", "minor_work"),
    ("works, a modifier", minor("M3", {"modifiers": ["alone"]}), "MR1", "U2", "minor_work modifier"),
    ("was lied to", minor("M6"), "MR1", "U1", "minor_deceived"),
    ("lives with the boss", minor(M2="boss"), "MR1", "U1", "minor_home"),
    ("lives with relatives", minor(M2="relatives"), "MR0", "U0", ""),
    ("where he lives is missing", minor(M2=None), "MR1", "U1", "minor_incomplete"),
    ("one answer missing", minor(M9="unsure"), "MR1", "U1", "minor_incomplete"),
    ("not asked because there is no work", minor(M4=None, M5=None, M6=None), "MR0", "U0", ""),
    ("declined though there is no work", minor(M4="declined"), "MR1", "U1", "minor_incomplete"),
    ("work missing", minor(M3=None, M4=None, M5=None, M6=None), "MR1", "U1", "minor_incomplete"),
    ("under 14, nothing", minor("", U14, **dict.fromkeys(["M3", "M4", "M5", "M6", "M7", "M7_which", "M9", "M10"])), "MR0", "U0", ""),
    ("under 14, one question missing", minor("", U14, M8=None), "MR1", "U1", "minor_incomplete"),
    ("under 14, works", minor("M3", U14), "MR3", "U3", "minor_under14"),
    ("under 14, lives with the boss", minor("", U14, M2="boss"), "MR1", "U1", "minor_home"),
    ("under 14, danger", minor("M1", U14), "MR3", "U3", "minor_danger minor_under14"),
    ("past does not cap", minor("M8", {"phase": "past"}), "MR3", "U3", "minor_sexual"),
    ("wants a person", minor("", {"wants_person": True}), "MR0", "U1", "wants_person"),
    ("was adult, nothing", minor("", WAS), "MR1", "U1", "was_adult"),
    ("was adult, works", minor("M3", WAS), "MR2", "U2", "minor_work was_adult"),
    ("was adult, one missing", minor("", WAS, M9="declined"), "MR2", "U2", "minor_incomplete was_adult"),
    ("was adult, hours", minor("", WAS, Q06="yes"), "MR2", "U2", "minor_exploitation"),
    ("was adult, pay", minor("", WAS, Q08="partly"), "MR2", "U2", "minor_exploitation"),
    ("was adult, lies", minor("", WAS, Q02_which=["pay"]), "MR2", "U2", "minor_deceived was_adult"),
    ("was adult, papers", minor("", WAS, Q10="yes"), "MR2", "U2", "minor_exploitation"),
    ("was adult, locked in", minor("", WAS, Q12="yes"), "MR3", "U3", "minor_confined"),
    ("was adult, forced sex", minor("", WAS, Q16_which=["sexual"]), "MR3", "U3", "minor_sexual"),
    ("was adult, forced crime", minor("", WAS, Q16="yes", Q16_which=["illegal"]), "MR2", "U2", "minor_exploitation"),
    ("was adult, forced to beg", minor("", WAS, Q16_which=["begging"]), "MR1", "U1", "was_adult"),
    ("was adult, threats", minor("", WAS, Q13="yes"), "MR3", "U3", "minor_violence"),
    ("was adult, hit", minor("", WAS, Q17="yes"), "MR3", "U3", "minor_violence"),
    ("was adult, only a yes is carried over", minor("", WAS, Q17="unsure", Q06="no", Q18="yes"), "MR1", "U1",
     "was_adult"),
    ("papers carried over do not soften what was not named", minor("M7", WAS, Q10="yes"), "MR3", "U3",
     "minor_confined"),
    ("an adult's yes counts without the flag", minor("", Q17="yes"), "MR3", "U3", "minor_violence"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "payload", "kind", "urgency", "reasons"), MINORS, ids=[m[0] for m in MINORS]
)
def test_minors(name: str, payload: Payload, kind: str, urgency: str, reasons: str) -> None:
    """Each sentence of the minors' rule shows in a case of its own, with all its reasons and no other."""
    result = assess(payload)
    assert (result["type"], result["urgency"], _codes(result)) == (kind, urgency, set(reasons.split()))


def test_reasons_point_to_answers_and_marks() -> None:
    """A reason names the answers it rests on, what makes them a yes, and the marks; the missing ones for what is open."""
    result = assess(adult("Q07", Q07a="yes", Q16_which=["sexual", "lying"], Q12="unsure", Q18="declined"))
    reasons = {reason["code"]: reason for reason in result["reasons"]}
    assert result["type"] == "T2"
    assert reasons["purpose"] == {"code": "purpose", "indicators": ["D5.7"], "answers": ["Q16", "Q16_which"]}
    assert reasons["control_destination"] == {
        "code": "control_destination",
        "indicators": ["D5.10", "D5.14", "D5.7"],
        "answers": ["Q07a", "Q16", "Q16_which"],
    }
    open_ones = assess(adult("Q02", Q02_which="declined", Q01="unsure"))["reasons"]
    assert {reason["code"]: (reason["indicators"], reason["answers"]) for reason in open_ones} == {
        "sign": (["D1.x"], ["Q02"]),
        "unknown": ([], ["Q01", "Q02_which"]),
        "open": ([], ["Q01"]),
    }
    young = assess(minor("M7", WAS, M7_which=["papers"], Q12="yes", Q13_which=["both"]))["reasons"]
    assert [(reason["code"], reason["indicators"], reason["answers"]) for reason in young] == [
        ("minor_violence", ["D5.4"], ["Q13", "Q13_which"]),
        ("minor_confined", ["D5.3"], ["Q12"]),
    ]


def test_a_mark_counts_once_at_its_strongest() -> None:
    """Sex and begging are one indicator: one strong mark, near and not positive."""
    control = assess(adult("Q16", Q16_which=["sexual", "begging", "other"]))["dimensions"]["CD"]
    assert control == {"positive": False, "near": True, "unknown": False, "indicators": ["D5.7"]}
