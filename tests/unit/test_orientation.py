"""What is said at the end: per result, per wish, per age and department; with what to mind, never an order."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bot import referrals
from bot.phrasing import read_catalogue
from bot.referrals.shelf import Shelf
from bot.screening import facts
from bot.screening.script import compile_script
from tests.conftest import ROOT
from tests.unit.engine_chat import INSTRUMENTS, Chat

SCRIPT = compile_script(INSTRUMENTS)
TEXT = read_catalogue(ROOT / "locales/es/LC_MESSAGES/messages.po")
UNVERIFIED = Shelf(referrals.load(), "national", lambda: 1_795_000_000.0)
SITUATIONS = [name for name, _ in SCRIPT.situations]
ADULT_SITUATIONS = [name for name in SITUATIONS if name not in ("minor", "offer")]

# What somebody answers with yes, and what the end is about then.
PEOPLE: list[tuple[str, dict[str, Any], str]] = [
    ("domestic violence only", {"Q12": "yes", "Q17": "yes"}, "home"),
    ("a jealous partner, fear only", {"Q15": "yes"}, "home"),
    ("smuggling only: a debt for the journey", {"Q04": "yes"}, "journey"),
    ("labour rights only", {"Q06": "yes", "Q08": "yes"}, "labour"),
    ("one unpaid wage", {"Q07": "yes"}, "labour"),
    ("nothing found", {}, "nothing"),
    ("papers held, nothing else", {"Q10": "yes"}, "unclear"),
    ("extortion", {"Q11": "yes", "Q13": "yes", "Q13_which": "both", "Q15": "yes"}, "pressure"),
    ("deceived, no work yet", {"Q01": "yes", "Q02": "yes", "Q02_which": ["pay", "done"]}, "pressure"),
    ("forced sex", {"Q16": "yes", "Q16_which": ["sexual", "done"]}, "serious"),
    ("exploited and locked in", {"Q06": "yes", "Q07": "yes", "Q12": "yes"}, "serious"),
    ("exploited, deceived, in debt", {"Q01": "yes", "Q02": "yes", "Q02_which": ["pay", "done"], "Q06": "yes",
                                     "Q07": "yes", "Q11": "yes", "Q15": "yes"}, "serious"),
    ("an offer with the journey paid", {"P4": "offer", "Q04": "yes"}, "offer"),
]  # fmt: skip


def lines(chat: Chat) -> list[str]:
    """The lines named, in their order."""
    return [
        act["say"].removeprefix("referral.")
        for act in chat.all
        if str(act.get("say")).startswith("referral.")
    ]


def through(
    answers: dict[str, Any], wish: str, department: str = "other", read: tuple[str, ...] = ()
) -> Chat:
    """A whole conversation to its end."""
    chat = Chat().until("W1", X_person="no", X_tired="go", **answers)
    chat.taps(wish)
    for topic in read:
        if topic in chat.choices:
            chat.taps(topic)
    for _ in range(8):
        if chat.state and chat.state["step"] == "END":
            return chat
        chat.taps(
            {"W1o": "done", "W2": "no", "W2_word": "no", "W3": department, "X_meanwhile": "no"}[chat.open]
        )
    raise AssertionError(f"no end; open is {chat.open}")


@pytest.mark.parametrize(("name", "answers", "situation"), PEOPLE, ids=[p[0] for p in PEOPLE])
def test_each_kind_of_trouble_has_its_own_orientation(
    name: str, answers: dict[str, Any], situation: str
) -> None:
    """Domestic violence, smuggling, labour rights, nothing found …: told apart, and told what fits."""
    for wish in ("options", "info"):
        chat = through(answers, wish)
        assert facts.situation(SCRIPT, chat.state or {}) == situation
        said = [act["say"] for act in chat.all if "say" in act]
        told = [key for key in said if key.startswith("orient.")]
        assert told == ([] if situation == "offer" else [f"orient.{situation}"])
        assert ("offer.advice" in said) is (situation == "offer")


@pytest.mark.parametrize("wish", ["nothing", "person"])
def test_who_wants_nothing_or_a_person_is_not_lectured(wish: str) -> None:
    """The wish comes first: no orientation where it was not asked for."""
    chat = through({"Q07": "yes"}, wish)
    assert not [act for act in chat.all if str(act.get("say")).startswith(("orient.", "options.", "info."))]
    assert bool(lines(chat)) is (wish == "person")


@pytest.mark.parametrize(
    ("answers", "first", "also", "never"),
    [
        ({"Q12": "yes", "Q17": "yes"}, "100", {"cem", "1884"}, {"1818", "sunafil"}),  # domestic violence only
        ({"Q07": "yes"}, "sunafil", {"1884"}, {"1818", "100"}),  # labour only: SUNAFIL and a free lawyer
        ({"Q04": "yes"}, "100", {"1884"}, {"1818", "sunafil"}),  # smuggling only
        ({}, "100", {"1884"}, {"1818", "sunafil"}),  # nothing found
        ({"Q06": "yes", "Q07": "yes", "Q12": "yes"}, "100", {"1884", "1818"}, set()),  # serious
        ({"Q11": "yes", "Q13": "yes", "Q13_which": "both", "Q15": "yes"}, "100", {"1884", "1818"}, set()),  # pressure
    ],
)  # fmt: skip
def test_the_lines_fit_the_trouble(
    answers: dict[str, Any], first: str, also: set[str], never: set[str]
) -> None:
    """Chosen by what was found: the line of the trouble first, a free lawyer beside it."""
    named = lines(through(answers, "info"))
    assert named[0] == first
    assert also <= set(named)
    assert not never & set(named)


@pytest.mark.parametrize(
    ("topic", "answers", "line"),
    [
        ("report", {}, "fiscalia"),
        ("report", {}, "1818"),
        ("health", {}, "113"),
        ("papers", {"Q20": "yes", "Q01": "yes"}, "defensoria"),
        ("labour", {"Q02": "yes"}, "sunafil"),
    ],
)
def test_what_was_read_brings_its_line(topic: str, answers: dict[str, Any], line: str) -> None:
    """By wish: who reads about reporting gets the prosecutor's line, who reads about health gets 113 …"""
    assert line in lines(through(answers, "options", read=(topic,)))
    assert line not in lines(through(answers, "options"))


def test_the_department_brings_its_service_once_it_is_verified() -> None:
    """By department: the urgent service of Puno for who is in Puno and was hurt, not for who is in Tacna."""
    hurt = {"Q12": "yes", "Q17": "yes"}
    assert "sau" in lines(through(hurt, "info", "puno"))
    assert "sau" not in lines(through(hurt, "info", "tacna"))
    assert not UNVERIFIED.shows({"say": "referral.sau", "among": ["100", "sau"]})


def _random_person(chance: random.Random) -> tuple[dict[str, Any], str, str, tuple[str, ...]]:
    codes = [question.code for question in INSTRUMENTS.adult.questions]
    answers: dict[str, Any] = {
        code: chance.choice(["yes", "no", "no", "no", "unsure"]) for code in codes if chance.random() < 0.5
    }
    answers["P4"] = chance.choice(["now", "now", "past", "offer"])
    for code in ("Q02_which", "Q05_which", "Q16_which"):
        ticks = INSTRUMENTS.adult.question(code).list
        assert ticks is not None
        answers[code] = [chance.choice(ticks.names), "done"]
    departments = SCRIPT.questions["W3"].values
    topics = tuple(
        chance.sample(["lawyer", "report", "health", "papers", "labour", "home"], chance.randint(0, 3))
    )
    return answers, chance.choice(["options", "info", "person"]), chance.choice(departments), topics


def test_always_two_options_never_the_police_and_1818_neither_first_nor_alone() -> None:
    """300 people of all kinds: after the shelf has kept back what nobody verified, two lines or more are left."""
    chance = random.Random("orientation")
    seen: set[str] = set()
    for _ in range(300):
        answers, wish, department, topics = _random_person(chance)
        chat = through(answers, wish, department, topics)
        named = lines(chat)
        shown = [line for line in named if UNVERIFIED.shows({"say": f"referral.{line}", "among": named})]
        assert 2 <= len(shown) <= 4, (answers, named)
        assert not {"105", "106", "116"} & set(named)
        assert shown[0] != "1818"
        assert chat.acts[-1]["say"] == "end.bye"
        seen |= {facts.situation(SCRIPT, chat.state or {})}
    assert seen >= set(ADULT_SITUATIONS) - {"home"}


@pytest.mark.parametrize("age", ["u14", "14_17", "declined"])
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_children_get_1810_first(age: str, answer: str) -> None:
    """By age: 1810 (which leads to the UPE) first, then 100 and 113; nothing of the adults' lines."""
    chat = Chat().until("WM", P2=age)
    chat.taps(answer)
    for _ in range(6):
        if chat.state and chat.state["step"] == "END":
            break
        chat.taps(chat.choices[-1])
    assert lines(chat) == ["1810", "100", "113"]


# ── the words ───────────────────────────────────────────────────────────────────────────────────────────────


def test_every_situation_but_the_childrens_and_an_offer_has_an_orientation() -> None:
    """Rights, options and risks per result: what it is, then what to mind."""
    for name in ADULT_SITUATIONS:
        assert "A tener en cuenta:" in TEXT[f"orient.{name}"], name
    assert {key for key in TEXT if key.startswith("orient.")} == {
        f"orient.{name}" for name in ADULT_SITUATIONS
    }


@pytest.mark.parametrize(
    "topic", [v for v in SCRIPT.questions["W1o"].values if v not in ("done", "offer", "safety")]
)
def test_every_topic_says_what_to_mind(topic: str) -> None:
    """No option without its risk (4.2, 4.3): a topic that names a service says what to mind about it."""
    assert "A tener en cuenta:" in TEXT[f"options.{topic}"]


CAUTIONS = [
    ("options.papers", "no es automático"),  # 4.3: never "you will get papers"
    ("orient.journey", "no es automático"),
    ("options.health", "sí avisan cuando hay niñas o niños sin protección"),  # 4.2: the exception
    ("options.report", "el apoyo no depende de que denuncies"),  # 4.2: decide
    ("options.report", "es del ministerio del interior"),  # 4.4
    ("options.home", "no siempre hay lugar"),  # 8.7: no promise of shelter
    ("options.home", "algunos centros están en comisarías"),
    ("outcome.T0", "no significa que todo esté bien"),  # 8.7
    ("faq.confidentiality", "hay límites"),
    ("faq.trafficking", "yo no puedo decir si es tu caso"),
    ("orient.pressure", "denunciar es decisión tuya"),
]


@pytest.mark.parametrize(("key", "caution"), CAUTIONS)
def test_the_cautions_of_the_law_are_said(key: str, caution: str) -> None:
    """Sections 4.2, 4.3 and 8.7 of the domain reference, each where it belongs."""
    assert caution in TEXT[key].replace("\n", " ").casefold()


def test_about_somebody_else_signs_are_shown_and_nothing_is_kept() -> None:
    """A friend, a sister: signs to look for in the third person, how to help, a person; no data of the other."""
    chat = Chat().until("Q01")
    before = dict((chat.state or {})["answers"])
    chat.says("faq_other_person")
    chat.taps("signs")
    assert chat.said == ["other.signs", "other.help", "ask.X_other"]
    shown = chat.acts[0]["lines"]
    assert shown == [f"ask.{code}.other" for code in INSTRUMENTS.flow["variants"]["other"]]
    assert all(key in TEXT for key in shown)
    assert (chat.state or {})["answers"] == before
    chat.taps("person")
    assert "want_person" in chat.events


def test_the_signs_fit_one_message() -> None:
    """All of them under the sentence before them, within what WhatsApp takes at once."""
    keys = ["other.signs", *(f"ask.{code}.other" for code in INSTRUMENTS.flow["variants"]["other"])]
    assert sum(len(TEXT[key]) + 3 for key in keys) < 1024


def test_a_missing_answer_never_makes_it_a_matter_of_home_or_journey() -> None:
    """In the short path the work was not asked about: held is then not "domestic violence only"."""
    chat = Chat().until("W1", P5="short", Q12="yes", X_person="no")
    assert facts.situation(SCRIPT, chat.state or {}) == "unclear"
    tired = Chat().until("W1", Q04="yes", Q10="declined")
    assert facts.situation(SCRIPT, tired.state or {}) == "unclear"
