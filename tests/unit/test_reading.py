"""How a message is read before and after the numbers: one spelling, its parts, the intent that counts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

PROJECT = ROOT / "rasa_project"
sys.path.insert(0, str(PROJECT))  # Rasa's components are no package of the gateway's environment
from components.lines import KINDS, NONE, dangers, examples  # noqa: E402
from components.normalise import clauses, is_partly, normalise, words  # noqa: E402
from components.polarity import polarity, without_greeting, without_lead  # noqa: E402
from components.reading import Limits, read  # noqa: E402

LIMITS = Limits(whole=0.25, kept=0.45, part=0.6, graver=0.9, swap=0.2, mixed=0.9)
INTENTS = list(yaml.safe_load((PROJECT / "domain.yml").read_text("utf-8"))["intents"])
MANY = ("affirm", "deny", "unsure", "decline", "emergency", "self_harm", "out_of_scope")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("SÍÍÍÍ", "si"),
        ("q kieres", "que kieres"),
        ("Xq preguntas eso??", "porque preguntas eso ?"),
        ("👍🏽", "si"),
        ("no sé 🤷", "no se no se"),
        ("graciassss", "gracias"),
        ("𝓱𝓸𝓵𝓪", "hola"),
        ("ho\u200bla", "hola"),
        ("", ""),
        ("...", ""),
    ],
)
def test_one_spelling(written: str, read_as: str) -> None:
    """Accents, capitals, stretched letters, chat spellings and emoji say the same as plain words."""
    assert normalise(written) == read_as


def test_a_message_falls_into_its_parts() -> None:
    """Punctuation and joining words part what may be two things; "no" stays with what it denies."""
    assert clauses(words("me pegan y no me pagan")) == ["me pegan", "no me pagan"]
    assert clauses(words("hola")) == ["hola"]


@pytest.mark.parametrize(
    ("text", "partly"),
    [("a veces", True), ("pues más o menos", True), ("no mucho", True), ("a veces me pega mi jefe", False)],
)
def test_between_yes_and_no(text: str, partly: bool) -> None:
    """ "A veces" and nothing else is an answer; beside other words it is not."""
    assert is_partly(normalise(text)) is partly


def _model(**by_text: Mapping[str, float]) -> object:
    """Shares by normalised text; what is not named is nothing in particular."""
    named = {text.replace("_", " "): shares for text, shares in by_text.items()}

    def shares(text: str) -> Mapping[str, float]:
        given = named.get(text, {"out_of_scope": 0.2})
        return {name: given.get(name, 0.0) for name in INTENTS}

    return shares


def test_below_the_threshold_nothing_counts() -> None:
    """An unsure model asks again; the ranking stays raw."""
    found = read(words("bla"), _model(bla={"why": 0.2}), LIMITS)
    assert (found.intent, found.ranking[0]) == ("out_of_scope", ("why", 0.2))


@pytest.mark.parametrize("intent", ["disclose_control", "deny"])
def test_what_is_kept_must_be_surer(intent: str) -> None:
    """An unknown word must become neither an answer nor something told."""
    assert read(words("bla"), _model(bla={intent: 0.4}), LIMITS).intent == "out_of_scope"
    assert read(words("bla"), _model(bla={intent: 0.5}), LIMITS).intent == intent


def test_what_is_not_kept_may_be_less_sure() -> None:
    """A question misunderstood costs a message only."""
    assert read(words("bla"), _model(bla={"why": 0.35}), LIMITS).intent == "why"


def test_a_yes_that_might_be_a_no_is_asked_again() -> None:
    """A swapped answer may cost a life."""
    torn = read(words("bla"), _model(bla={"affirm": 0.6, "deny": 0.3}), LIMITS)
    clear = read(words("bla"), _model(bla={"affirm": 0.6, "deny": 0.05}), LIMITS)
    assert (torn.intent, clear.intent) == ("out_of_scope", "affirm")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no te digo que no", "affirm"),
        ("No lo voy a negar", "affirm"),
        ("sería falso contestar que no", "affirm"),
        ("¿acaso crees que no?", "affirm"),
        ("no hay día q no", "affirm"),
        ("nada d no, si es asi", "affirm"),
        ("mentiría si digo que sí", "deny"),
        ("clarooo que no pues mana", "deny"),
        ("no es cierto", "deny"),
        ("Faltaría a la verdad si le digo que sí", "deny"),
        ("y cómo no, mija", "affirm"),
        ("cómo no me voy a acordar", None),
        ("ojalá pudiera decirle que no", "affirm"),
        ("ojalá me digan que sí", None),
        ("si eso pasara ya me habría ido", "deny"),
        ("si pasara", None),
        ("sí la leí, y es no", "deny"),
        ("ajá, y yo soy la reina de Inglaterra", "deny"),
        ("sí, claro, y yo soy la reina de Inglaterra", None),
        ("sí, aunque al principio no era así", None),
        ("por supuesto que no, faltaba más", "deny"),
        ("claro que no... mentira, claro que sí", None),
        ("sí, sí entiendo lo que preguntas, pero no, nunca", "deny"),
        ("claro que no me pagan", None),
        ("no puedo decir que no a los clientes", None),
        ("pintaron todo bonito", None),
        ("no podría afirmarlo ni negarlo", "unsure"),
        ("sí", None),
    ],
)
def test_words_tell_which_answer_it_is(text: str, told: str | None) -> None:
    """Whatever the letters look like; and nothing is said where the words are not plain."""
    assert polarity(normalise(text), clauses(words(text))) == told


def test_the_words_outweigh_the_letters() -> None:
    """A model that is sure of the opposite, or torn, follows the words; another intent is left as it is."""
    lines = {"no te digo que no": {"deny": 0.99}, "por supuesto que no": {"affirm": 0.6, "deny": 0.5}}
    swapped, torn = (
        read(words(text), _model(**{text: shares}), LIMITS).intent for text, shares in lines.items()
    )
    assert (swapped, torn) == ("affirm", "deny")
    away = read(words("no te digo que no"), _model(no_te_digo_que_no={"pause": 0.9}), LIMITS)
    assert away.intent == "pause"


@pytest.mark.parametrize(
    ("text", "shares", "intent"),
    [
        ("no ahi si me hablaron", {"affirm": 0.99}, "out_of_scope"),
        ("no pues si", {"affirm": 0.99}, "affirm"),
        ("no... o sea sí, así es", {"affirm": 0.99}, "affirm"),
        ("sí, no me cumplieron", {"deny": 0.99}, "out_of_scope"),
        ("sí, jamás tuve queja", {"deny": 0.99}, "out_of_scope"),
        ("sí la escucho, y no, eso no", {"deny": 0.99}, "deny"),
        ("antes sí, ahora no", {"deny": 0.99}, "deny"),
        ("ya no, antes sí", {"affirm": 0.99}, "out_of_scope"),
        ("a mí no, a otras sí", {"deny": 0.99}, "out_of_scope"),
        ("no, si es buena gente", {"affirm": 0.99}, "out_of_scope"),
        ("si me cumplieron", {"affirm": 0.9}, "affirm"),
        ("no no me pagan", {"disclose_unpaid": 0.9}, "disclose_unpaid"),
    ],
)
def test_a_yes_that_begins_like_a_no_is_asked_again(
    text: str, shares: Mapping[str, float], intent: str
) -> None:
    """However sure the model is, unless the other word closes a part of the message."""
    assert read(words(text), lambda _: {**dict.fromkeys(INTENTS, 0.0), **shares}, LIMITS).intent == intent


def test_a_yes_that_holds_a_word_of_a_no_must_be_sure() -> None:
    """A no that holds no word of a yes needs no more than before."""
    lines = {
        "claro que nada falta": ({"affirm": 0.89}, "out_of_scope"),
        "claro y nada falta": ({"affirm": 0.91}, "affirm"),
        "de eso si me hablaron": ({"deny": 0.89}, "out_of_scope"),
        "de eso nadie me hablo": ({"deny": 0.89}, "deny"),
        "es buena y si me paga": ({"deny": 0.99}, "out_of_scope"),
    }
    for text, (shares, intent) in lines.items():
        assert (
            read(words(text), lambda _, s=shares: {**dict.fromkeys(INTENTS, 0.0), **s}, LIMITS).intent
            == intent
        )


def test_a_message_that_is_an_answer_and_nothing_else_is_that_answer() -> None:
    """Whatever the model makes of it."""
    assert read(words("FALSO"), _model(falso={"disclose_deception": 0.9}), LIMITS).intent == "deny"
    assert (
        read(words("falso contrato"), _model(falso_contrato={"disclose_deception": 0.9}), LIMITS).intent
        != "deny"
    )


def test_a_greeting_before_an_answer_is_the_answer() -> None:
    """Also where no comma parts them; a greeting alone stays one."""
    model = _model(buenas_tardes_si={"greet": 0.99}, si={"affirm": 0.9}, hola={"greet": 0.9})
    assert read(words("buenas tardes si"), model, LIMITS).intent == "affirm"
    assert read(words("hola"), model, LIMITS).intent == "greet"
    assert without_greeting("buenas tardes") == ""
    assert read(words("hola xyz"), _model(hola_xyz={"greet": 0.9}), LIMITS).intent == "greet"


def test_what_leads_to_an_answer_is_none() -> None:
    """ "No le miento" is no "no": what follows is the answer."""
    assert without_lead(clauses(words("si, si le entendi, no me hacen eso"))) == "no me hacen eso"
    assert without_lead(clauses(words("no le miento doña, eso pasa seguido"))) == "eso pasa seguido"
    assert without_lead(clauses(words("no me pagan, eso pasa seguido"))) == ""
    model = _model(no_le_miento_eso_pasa={"deny": 0.9}, eso_pasa={"affirm": 0.8})
    assert read(words("no le miento, eso pasa"), model, LIMITS).intent == "affirm"


def test_all_that_is_told_is_found() -> None:
    """Two disclosures in one message: one counts, the other stands beside it."""
    model = _model(
        me_pegan_no_me_pagan={"disclose_unpaid": 0.5},
        me_pegan={"disclose_violence": 0.95},
        no_me_pagan={"disclose_unpaid": 0.9},
    )
    found = read(words("me pegan, no me pagan"), model, LIMITS)
    assert (found.intent, found.also) == ("disclose_violence", ("disclose_unpaid",))


def test_a_part_must_be_sure_to_outweigh_the_whole() -> None:
    """A grave part that is only likely stands beside the whole."""
    model = _model(a_b={"deny": 0.8}, a={"emergency": 0.7}, b={"deny": 0.9})
    assert (read(words("a, b"), model, LIMITS).intent, read(words("a, b"), model, LIMITS).also) == (
        "deny",
        ("emergency",),
    )


def test_politeness_gives_way() -> None:
    """A greeting before something else is the something else."""
    model = _model(hola_me_pegan={"greet": 0.9}, hola={"greet": 0.9}, me_pegan={"disclose_violence": 0.8})
    assert read(words("hola, me pegan"), model, LIMITS).intent == "disclose_violence"


# ── the lines themselves ────────────────────────────────────────────────────────────────────────────────────


def _lines() -> list[tuple[str, str]]:
    return [line for path in sorted((PROJECT / "data" / "nlu").glob("*.yml")) for line in examples(path)]


def test_every_intent_has_its_examples() -> None:
    """At least 60 each, and more where a mistake costs most."""
    counts = Counter(intent for intent, _ in _lines())
    assert set(counts) == set(INTENTS)
    assert min(counts.values()) >= 60
    assert min(counts[intent] for intent in MANY) >= 200


def test_no_message_is_taught_as_two_things() -> None:
    """Label noise: the same words under two intents, or as danger and as none."""
    taught: dict[str, set[str]] = {}
    for intent, text in _lines():
        taught.setdefault(normalise(text) or text, set()).add(intent)
    assert [text for text, intents in taught.items() if len(intents) > 1] == []
    alarms: dict[str, set[bool]] = {}
    for text, kind in dangers(PROJECT / "data" / "safety"):
        alarms.setdefault(normalise(text) or text, set()).add(kind != NONE)
    assert [text for text, kinds in alarms.items() if len(kinds) > 1] == []


def test_every_kind_of_danger_has_its_lines_and_more_that_only_sound_so() -> None:
    """Kinds and their hard opposites."""
    counts = Counter(kind for _, kind in dangers(PROJECT / "data" / "safety"))
    assert set(counts) == {*KINDS, NONE}
    assert min(counts.values()) >= 200
    assert counts[NONE] >= 2000


def test_training_never_sees_what_judges_it() -> None:
    """Short things are said alike by everybody; a long line that is also taught was copied."""
    taught = {normalise(text) for _, text in _lines()}
    judged = [text for path in sorted(PROJECT.glob("data/[dh]e*/*.yml")) for _, text in examples(path)]
    shared = [text for text in judged if normalise(text) in taught and len(normalise(text).split()) > 9]
    assert shared == []


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("nlu:\n- intent: why\n  examples: |\n    por qué\n", "x.yml, why"),
        ("nlu:\n- intent: why\n  examples: |\n    - \n", "x.yml, why"),
        ("nlu:\n- regex: why\n  examples: |\n    - x\n", "x.yml"),
        ("rules: []\n", "x.yml"),
        ("nlu: [\n", "x.yml: not YAML, line"),
        ("- a\n", "x.yml: not a mapping"),
    ],
)
def test_an_unsound_file_is_refused_by_name(tmp_path: Path, content: str, where: str) -> None:
    """Whoever edits examples is told the file and the intent."""
    path = tmp_path / "x.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=where):
        list(examples(path))


def test_an_unknown_kind_is_refused_by_name(tmp_path: Path) -> None:
    """A misspelt kind must not become a kind."""
    (tmp_path / "x.yml").write_text("kind: dangr\nexamples: |\n  - a\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"x\.yml: a `kind`"):
        list(dangers(tmp_path))
