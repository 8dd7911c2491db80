"""Typed answers → the choice they mean."""

from __future__ import annotations

import pytest

from bot.choices import load_words, match
from tests.conftest import ROOT

WORDS = load_words(ROOT / "locales", "es")
YES_NO = [
    {"id": "Q07.yes", "title": "Sí", "value": {"q": "Q07", "v": "yes"}},
    {"id": "Q07.no", "title": "No", "value": {"q": "Q07", "v": "no"}},
    {"id": "Q07.unsure", "title": "No sé", "value": {"q": "Q07", "v": "unsure"}},
    {"id": "Q07.declined", "title": "Prefiero no decir", "value": {"q": "Q07", "v": "declined"}},
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", ("yes", "digit")),
        (" 2. ", ("no", "digit")),
        ("3)", ("unsure", "digit")),
        ("4️⃣", ("declined", "digit")),
        ("SÍ", ("yes", "word")),
        ("no se", ("unsure", "word")),
        ("prefiero no decir.", ("declined", "word")),
        ("👍", ("yes", "word")),
        ("👎🏽", ("no", "word")),
        ("🤷‍♀️", ("unsure", "word")),
        ("🤐", ("declined", "word")),
    ],
)
def test_short_answers_count(text: str, expected: tuple[str, str]) -> None:
    """A digit, an emoji, a button's exact words and a bare yes or no need no language model."""
    value, source = match(text, YES_NO, WORDS, multi=False)
    assert (value["v"], source) == expected
    assert value["q"] == "Q07"


@pytest.mark.parametrize(
    "text", ["5", "0", "12", "1234567", "no, nunca", "si pero no", "1 2", "tengo 2 hijos", ""]
)
def test_everything_else_goes_to_the_model(text: str) -> None:
    """What is not exactly an offered answer is never guessed here."""
    assert match(text, YES_NO, WORDS, multi=False) is None


def test_several_numbers_tick_several() -> None:
    """A list takes several numbers in one message, and only when every number was offered."""
    ticks = [
        {"id": f"Q02_which.{v}", "title": v, "value": {"q": "Q02_which", "v": v}}
        for v in ("pay", "hours", "housing")
    ]
    assert match("1, 3", ticks, WORDS, multi=True) == ({"q": "Q02_which", "v": ["pay", "housing"]}, "digit")
    assert match("1 y 2", ticks, WORDS, multi=True) == ({"q": "Q02_which", "v": ["pay", "hours"]}, "digit")
    assert match("1 7", ticks, WORDS, multi=True) is None


def _shown(question: str, **titles: str) -> list[dict[str, object]]:
    return [
        {"id": f"{question}.{v}", "title": title, "value": {"q": question, "v": v}}
        for v, title in titles.items()
    ]


WHEN = _shown("P4", now="Lo vivo ahora", past="Ya pasó", offer="Es una oferta")
SAFE = _shown("P0", yes="Sí, puedo", no="Ahora no")
WHY = _shown(
    "Q05_which", family="Hambre o mi familia", no_papers="No tener papeles", trust="Confiar en alguien"
)
LIED = _shown("Q02_which", pay="El pago", papers="Los papeles", unsure="No sé", done="Eso es todo")


@pytest.mark.parametrize(
    ("shown", "text", "value"),
    [
        (WHEN, "ahora", "now"),
        (WHEN, "una oferta", "offer"),
        (WHEN, "Oferta!", "offer"),
        (WHEN, "paso", "past"),
        (WHEN, "me ofrecieron", "offer"),
        (SAFE, "puedo", "yes"),
        (SAFE, "ahorita no", "no"),
        (SAFE, "ahora", None),  # "ahora" may be "ahora sí"; leaving out the no would turn it round
        (WHY, "papeles", "no_papers"),  # a line of the table
        (WHY, "no", None),  # a bare no is no reason of a list
        (WHY, "tener", None),
        (YES_NO, "decir", None),
        (LIED, "el pago", "pay"),
    ],
)
def test_the_telling_part_of_a_button_is_enough(
    shown: list[dict[str, object]], text: str, value: str | None
) -> None:
    """People write "oferta", not "Es una oferta"; what could be turned round by it goes to the model."""
    found = match(text, shown, WORDS, multi=False)
    assert (found and found[0]["v"]) == value


def test_words_tick_several_too() -> None:
    """A list may be answered in words; one part that fits nothing sends the whole to the model."""
    both = ({"q": "Q02_which", "v": ["pay", "papers"]}, "word")
    assert match("el pago y los papeles", LIED, WORDS, multi=True) == both
    assert match("papeles, sueldo", LIED, WORDS, multi=True) == (
        {"q": "Q02_which", "v": ["papers", "pay"]},
        "word",
    )
    assert match("el pago y el perro", LIED, WORDS, multi=True) is None
    assert match("el pago y no sé", LIED, WORDS, multi=True) is None


def test_nothing_shown_nothing_matched() -> None:
    """Without choices a digit is only a digit."""
    assert match("1", [], WORDS, multi=False) is None


@pytest.mark.parametrize("text", ["nada más", "Eso es todo.", "listo"])
def test_that_is_all_ends_a_list(text: str) -> None:
    """ "Nada más" after "¿algo más?" is the end of the list; the model takes it for "do not write to me any more"."""
    left = [
        {"id": "Q02_which.papers", "title": "Los papeles", "value": {"q": "Q02_which", "v": "papers"}},
        {"id": "Q02_which.done", "title": "Ya, eso es todo", "value": {"q": "Q02_which", "v": "done"}},
    ]
    assert match(text, left, WORDS, multi=True) == ({"q": "Q02_which", "v": "done"}, "word")


LISTED = [
    {"id": f"Q02_which.{v}", "title": title, "value": {"q": "Q02_which", "v": v}}
    for v, title in (
        ("pay", "El pago"),
        ("hours", "El horario"),
        ("papers", "Los papeles"),
        ("unsure", "No sé"),
    )
]


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("en el pago y el horario", ["pay", "hours"]),
        ("con la plata", "pay"),
        ("sobre los papeles, la plata", ["papers", "pay"]),
        ("en todo", ["pay", "hours", "papers"]),
    ],
)
def test_a_list_is_named_with_small_words_or_as_a_whole(text: str, ticks: object) -> None:
    """Prepositions do not matter, and "everything" is every tick but none of the shrugs."""
    found = match(text, LISTED, WORDS, multi=True)
    assert found == ({"q": "Q02_which", "v": ticks}, "word")


@pytest.mark.parametrize("text", ["en el pago y me pegaron", "el pago y no sé", "y en el", "me mintieron"])
def test_a_list_of_which_a_part_says_something_else_goes_to_the_model(text: str) -> None:
    """Nothing that was said may be lost."""
    assert match(text, LISTED, WORDS, multi=True) is None


@pytest.mark.parametrize(
    ("locale", "refusal", "thanks"),
    [("es", "No, gracias", "Gracias!"), ("en", "No, thanks", "thanks"), ("pt", "Não, obrigado", "obrigado"),
     ("ht", "Non, mèsi", "mesi")],
)  # fmt: skip
def test_thanks_are_no_refusal(locale: str, refusal: str, thanks: str) -> None:
    """ "No, gracias" is not shortened to its thanks: whoever thanks before agreeing has refused nothing."""
    shown = [{"id": "P1.no", "title": refusal, "value": {"q": "P1", "v": "no"}}]
    words = load_words(ROOT / "locales", locale)
    assert match(thanks, shown, words, multi=False) is None
    assert match(refusal, shown, words, multi=False) == ({"q": "P1", "v": "no"}, "word")


def test_what_tells_in_a_title_needs_no_yes_or_no_before_it() -> None:
    """ "Estoy bien" is the button "No, estoy bien", and "necesito ayuda" the one before it."""
    shown = [
        {"id": "X_emergency.yes", "title": "Sí, necesito ayuda", "value": {"q": "X_emergency", "v": "yes"}},
        {"id": "X_emergency.no", "title": "No, estoy bien", "value": {"q": "X_emergency", "v": "no"}},
    ]
    for text, value in (("necesito ayuda", "yes"), ("estoy bien", "no"), ("ya estoy bien", "no")):
        assert match(text, shown, WORDS, multi=False) == ({"q": "X_emergency", "v": value}, "word")
