"""The data standard's values: derived from answers, each naming them; the status never more than "possible"."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from bot.handoff import summary
from bot.phrasing import read_catalogue
from bot.screening import htcds, model
from bot.screening.assess import assess
from tests.conftest import ROOT
from tests.unit.assess_support import Payload, adult, minor, payloads

INSTRUMENTS = model.load()
CONSOLE = read_catalogue(ROOT / "locales/es/LC_MESSAGES/console.po")


def derived(payload: Payload) -> dict[str, Any]:
    return htcds.derive(INSTRUMENTS, payload, assess(payload))


def values(payload: Payload, field: str) -> dict[str, list[str]]:
    """Value → the answers it rests on."""
    return {each["value"]: each["answers"] for each in derived(payload)[field]}


@pytest.mark.parametrize(
    ("payload", "control"),
    [
        (adult("Q10 Q11 Q12"), {"debt_bondage": ["Q11"], "restricts_movement": ["Q12"], "withholds_documents": ["Q10"]}),
        (adult("Q04 Q04a"), {"debt_bondage": ["Q04"], "restricts_money": ["Q04a"]}),
        (adult("Q13", Q13_which=["both"]), {"threats": ["Q13_which"], "threats_family": ["Q13_which"]}),
        (adult("Q13", Q13_which="family"), {"threats_family": ["Q13_which"]}),
        (adult("Q16", Q16_which=["sexual"]), {"sexual": ["Q16_which"]}),
        (adult("Q14 Q17"), {"threats_law": ["Q14"], "physical": ["Q17"]}),
        (adult(Q12="partly", Q06="unsure"), {"restricts_movement": ["Q12"]}),  # partly is a yes, unsure is none
        (minor("M7 M8", M7_which=["papers", "confined"]),
         {"sexual": ["M8"], "restricts_movement": ["M7_which"], "withholds_documents": ["M7_which"]}),
    ],
)  # fmt: skip
def test_methods_of_control(payload: Payload, control: dict[str, list[str]]) -> None:
    """Each value of the list, from the yes or the tick that gives it."""
    assert values(payload, "control") == control


@pytest.mark.parametrize(
    ("payload", "exploitation"),
    [
        (adult("Q06 Q08"), {"forced_labour": ["Q06", "Q08"]}),  # only once the dimension is positive
        (adult("Q06"), {}),
        (adult("Q16", Q16_which=["sexual", "begging", "illegal"]),
         {"sexual": ["Q16_which"], "begging": ["Q16_which"], "other": ["Q16_which"]}),
        (minor("M3 M4 M5"), {"child_labour": ["M4", "M5"]}),
        (minor("M8 M9"), {"sexual": ["M8"], "other": ["M9"]}),
    ],
)  # fmt: skip
def test_types_of_exploitation(payload: Payload, exploitation: dict[str, list[str]]) -> None:
    """Forced labour only where the rule says exploitation; the rest from what was named."""
    assert values(payload, "exploitation") == exploitation


def test_means_of_the_criminal_code() -> None:
    """Deceit, threat, violence, liberty, abuse of need: the means of article 129-A."""
    told = adult("Q01 Q03 Q03a Q05 Q12 Q14 Q17")
    assert list(values(told, "means")) == [
        "violence",
        "threat",
        "deprivation_of_liberty",
        "deceit",
        "vulnerability",
    ]
    assert values(adult(), "means") == {}


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        (adult("Q01 Q02 Q06 Q07 Q10 Q11", Q02_which=["pay"]), "possible"),  # T1
        (adult("Q06 Q08 Q10 Q14"), "possible"),  # T2
        (adult("Q06 Q08"), ""),  # T4: labour exploitation is not said to be trafficking
        (adult("Q10"), ""),
        (adult(), ""),
        (minor("M8"), "possible"),
        (minor("M3"), ""),
    ],
)
def test_the_status_is_possible_or_empty(payload: Payload, status: str) -> None:
    """A program never writes that somebody is a victim, nor that somebody is none."""
    assert derived(payload)["status"] == status


@settings(max_examples=300, deadline=None)
@given(payloads())
def test_every_value_rests_on_answers_that_were_given(payload: Payload) -> None:
    """No value without a yes or a tick behind it, none that the standard does not have, order kept."""
    found = derived(payload)
    assert found["status"] in ("", "possible")
    for field, known in INSTRUMENTS.standard.fields.items():
        names = [each["value"] for each in found[field]]
        assert names == [value.value for value in known if value.value in names]
        for each in found[field]:
            assert each["answers"]
            for code in each["answers"]:
                assert payload["answers"][code] not in ("no", "na", "unsure", "declined", [])


def test_every_value_of_every_list_has_words_for_the_team() -> None:
    """Also those that nothing gives: a person may add them."""
    for field, known in INSTRUMENTS.standard.fields.items():
        assert f"console.htcds.{field}" in CONSOLE
        assert {f"console.htcds.{field}.{value.value}" for value in known} <= CONSOLE.keys()


def test_the_summary_carries_them_and_nothing_else() -> None:
    """Closed values in the summary; a summary made without them is as it was."""
    payload = adult("Q10 Q12")
    result = assess(payload)
    order = INSTRUMENTS.adult.codes
    built = summary.build(payload, result, {}, order, {}, htcds.derive(INSTRUMENTS, payload, result))
    assert [each["value"] for each in built["htcds"]["control"]] == [
        "restricts_movement",
        "withholds_documents",
    ]
    assert summary.build(payload, result, {}, order, {})["htcds"] == {}
