"""The rules of safety: danger now is found however it is typed; what only sounds like it is not."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.safety import lexicon, tables
from bot.safety.fold import pieces, words
from bot.safety.rules import Finding, check
from tests.conftest import ROOT

DATA = ROOT / "tests" / "unit" / "data"
CORE = ("danger", "self_harm")
Line = dict[str, str]


def _lines(name: str) -> list[Line]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def _figures(lines: list[Line]) -> tuple[float, float, list[str]]:
    """Recall of danger and self-harm, share of false alarms, the lines that are wrong."""
    found = {line["text"]: check(line["text"], "es") for line in lines}
    core = [line["text"] for line in lines if line["kind"] in CORE]
    harmless = [line["text"] for line in lines if line["kind"] == "none"]
    missed = [text for text in core if not found[text].emergency]
    alarmed = [text for text in harmless if found[text].emergency]
    return 1 - len(missed) / len(core), len(alarmed) / len(harmless), missed + alarmed


@pytest.mark.parametrize("name", ["safety_dev.jsonl"])
def test_rules_alone_reach_the_figures(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Rules alone: at least 97 % of danger and self-harm found, at most 8 % of harmless lines raise an alarm."""
    lines = _lines(name)
    recall, false_alarms, wrong = _figures(lines)
    with capsys.disabled():
        print(f"\n{name}: {len(lines)} lines, recall {recall:.3f}, false alarms {false_alarms:.3f}")
    assert recall >= 0.97, wrong
    assert false_alarms <= 0.08, wrong


def test_half_of_the_evaluation_is_hard_negatives() -> None:
    """The figures mean nothing on easy lines: at least 200 of them, and 40 % to 60 % are no emergency."""
    lines = _lines("safety_dev.jsonl")
    share = sum(line["kind"] == "none" for line in lines) / len(lines)
    assert len(lines) >= 200
    assert 0.4 <= share <= 0.6


def test_kind_is_the_gravest_on_the_evaluation() -> None:
    """Where an alarm is right, its kind is right in at least 95 of 100 lines."""
    lines = [line for line in _lines("safety_dev.jsonl") if line["kind"] != "none"]
    right = sum(check(line["text"], "es").kind == line["kind"] for line in lines)
    assert right / len(lines) >= 0.95


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        # as people type: capitals, no accents, doubled letters, k/q, b/v, s/z, a letter wrong, words run together
        ("ME ESTÁ PEGANDO!!!", "danger"),
        ("m sta pegandoooo", "danger"),
        ("me estta pegandp", "danger"),
        ("mestapegando aiuda", "danger"),
        ("stoi enserrada kn candado", "danger"),
        ("no puedo salir de aki", "danger"),
        ("kiero morirmee", "self_harm"),
        ("me qiero matar", "self_harm"),
        ("ya no kiero bibir", "self_harm"),
        ("m boy a aorcar", "self_harm"),
        ("estoy s4ngrando mucho", "medical"),
        ("\u200bme\u200b quiero morir", "self_harm"),
        ("𝗺𝗲 𝗾𝘂𝗶𝗲𝗿𝗼 𝗺𝗼𝗿𝗶𝗿", "self_harm"),
        ("me esta...\npegando", "danger"),
        ("🆘🆘", "danger"),
        # "sí" without its accent is a yes and not an "if"
        ("si me esta pegando ahora", "danger"),
        # a negation that belongs to something else
        ("no se que hacer me esta pegando", "danger"),
        ("no, me está pegando", "danger"),
        ("no para de pegarme", "danger"),
        ("no me dejan hablar porque me esta ahorcando", "danger"),
        ("no solo me está pegando, también me encerró", "danger"),
        ("nadie sabe que estoy encerrada", "danger"),
        ("antes me pegaba, ahora me está matando a golpes", "danger"),
        # somebody else, now
        ("a mi vecina la está golpeando su marido ahora", "danger"),
        ("mi amiga se quiere matar", "self_harm"),
        ("soy enfermera y mi marido me está pegando", "danger"),
        # the gravest of several
        ("me está pegando y me quiero morir", "self_harm"),
        ("me violaron y me tienen encerrada", "danger"),
        ("estoy sangrando, me violó", "sexual_violence"),
        ("se llevaron a mi hijo y está sangrando", "medical"),
        # other languages, whatever the menu says
        ("my boss is beating me", "danger"),
        ("i want to die", "self_harm"),
        ("meu marido está me batendo", "danger"),
        ("quero morrer", "self_harm"),
        ("mwen vle mouri", "self_harm"),
        # not at this moment, or not at all
        ("no me pega", "none"),
        ("nadie me va a matar", "none"),
        ("me pegaba antes", "none"),
        ("hace años me encerraron", "none"),
        ("me muero de hambre", "none"),
        ("me mata el calor", "none"),
        ("este trabajo me está matando", "none"),
        ("tengo que matar un tigre", "none"),
        ("me está pagando tarde", "none"),
        ("trabajo en emergencias", "none"),
        ("qué hago si me pega", "none"),
        ("vi una película donde la secuestran", "none"),
        ("me tiene encerrada desde hace cuatro meses", "none"),
        ("mi marido me pega todos los días", "none"),
        ("ayuda", "none"),
        ("he is not hitting me", "none"),
    ],
)
def test_kind(text: str, kind: str) -> None:
    """Danger now has its kind; negated, past, figurative, asked and professional speech has none."""
    finding = check(text, "es")
    assert kind == finding.kind
    assert finding.emergency == (kind != "none")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        *[
            (text, "exit")
            for text in ("SALIR", "chao", "Chauuu!", "borra eso", "viene alguien", "alguien viene")
        ],
        *[
            (text, "exit")
            for text in ("hay alguien", "ya llegó mi jefe", "arepa", "Clima", "no estoy sola ahora")
        ],
        *[(text, "erase") for text in ("BORRAR", "/borrar", "borrar.", "Borrár")],
        *[(text, "stop") for text in ("ALTO", "baja", "STOP")],
        *[
            (text, "none")
            for text in ("¿hay alguien?", "quiero borrar mi cuenta", "borrar todo", "alto ahí señor")
        ],
        *[
            (text, "none")
            for text in ("chao, gracias por todo", "qué clima hace", "quiero salir de esta casa")
        ],
        *[
            (text, "none")
            for text in ("mañana viene mi mamá", "borra la última respuesta", "tchau", "", "🙂")
        ],
    ],
)
def test_word(text: str, word: str) -> None:
    """Exit words lock; only a whole message erases or stops."""
    assert word == check(text, "es").word


@pytest.mark.parametrize(
    ("text", "language"), [("tchau", "pt"), ("bye", "en"), ("orevwa", "ht"), ("chao", "pt")]
)
def test_words_of_the_language_and_of_spanish(text: str, language: str) -> None:
    """The words of the person's own language count beside the Spanish ones."""
    assert check(text, language).word == "exit"


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("no me pega", True),
        ("mi papá me pegaba", True),
        ("a mi vecina le pega su marido", True),
        ("me tiene encerrada hace 3 meses", True),
        ("qué hago si me encierra", True),
        ("tengo mucho miedo", True),
        ("me da miedo", True),
        ("tengo miedo a las arañas", False),
        ("me muero de hambre", False),
        ("soy psicóloga y mis pacientes se quieren matar", False),
        ("hola", False),
        ("me está pegando", False),
    ],
)
def test_near_misses_ask_once(text: str, asks: bool) -> None:
    """Negated, past, habitual and asked-about danger is worth one question; figures of speech are not."""
    assert asks == check(text, "es").check


@pytest.mark.parametrize(
    "text",
    [
        "me te " * 700,
        "quiero que no me " * 250,
        "no me esta pegando " * 220,
        "si me voy me va a matar mi hijo de 13 años " * 95,
        "a b c d e " * 410,
        "a" * 4096,
        "?" * 4096,
        "🆘" * 4096,
        "́" * 4096,
        " ".join(f"pegbnd{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}x" for i in range(400)),
        "hay niña de 13 años " * 205,
    ],
    ids=range(11),
)
def test_worst_cases_are_quick(text: str) -> None:
    """4,096 characters chosen to hurt take at most 50 ms of processor time."""
    check("hola", "es")
    spent = []
    for _ in range(3):
        begun = time.process_time()
        check(text[:4096], "es")
        spent.append(time.process_time() - begun)
    assert min(spent) <= 0.05


@given(st.text(max_size=200), st.sampled_from(["es", "pt", "xx"]))
@settings(max_examples=150, deadline=None)
def test_any_text_has_an_answer(text: str, language: str) -> None:
    """No text raises; ``emergency`` and ``kind`` say the same; an alarm is not also a question."""
    finding = check(text, language)
    assert finding.emergency == (finding.kind != "none")
    assert not (finding.emergency and finding.check)
    assert finding.word in ("exit", "erase", "stop", "none")


def test_finding_holds_no_text() -> None:
    """What is passed on cannot leak what was written."""
    finding = check("me está pegando Ramón con un fierro", "es")
    assert Finding(emergency=True, kind="danger", word="none", check=False) == finding


def _table(**changes: object) -> dict[str, object]:
    return {
        "self": ["me"],
        "negation": {"say": ["no"], "through": ["me"]},
        "words": {"limit": "8"},
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"signs": [{"kind": "fire", "level": "alarm", "say": ["arde"]}]}, "fire"),
        ({"signs": [{"kind": "danger", "level": "loud", "say": ["arde"]}]}, "loud"),
        ({"signs": [{"kind": "danger", "level": "alarm", "unless": ["joke"], "say": ["arde"]}]}, "joke"),
        ({"cues": {"now": ["<hours>"]}}, "hours"),
        ({"cues": {"now": ["~2 hoy"]}}, "~2 hoy"),
        ({"cues": {"now": ["hoy ~2"]}}, "hoy ~2"),
        ({"evidence": {"families": [{"name": "a", "weight": "1", "kind": "fire", "say": ["arde"]}]}}, "fire"),
        (
            {"evidence": {"families": [{"name": "a", "weight": "1", "doubt": "maybe", "say": ["arde"]}]}},
            "maybe",
        ),
        ({"evidence": {"cues": {"joke": "-1"}}}, "joke"),
        ({"evidence": {"doubts": {"maybe": "-1"}}}, "maybe"),
    ],
)
def test_a_wrong_table_is_refused_by_name(changes: dict[str, object], named: str) -> None:
    """An editor who misspells a group, cue, kind or level is told which."""
    with pytest.raises(lexicon.TableError, match=named):
        lexicon.compile_table(_table(**changes))


def test_every_language_has_the_words_that_close_the_chat() -> None:
    """Each table knows a word for leaving, erasing and stopping, and every kind of danger."""
    for language in tables.languages():
        table = tables.load(language)
        kinds = {sign.kind for sign in table.signs()}
        assert set(lexicon.KINDS) == kinds, language
        for word in lexicon.WORDS:
            assert table.alone(word), (language, word)


def _evidence(**changes: object) -> dict[str, object]:
    families = [
        {"name": "door", "kind": "danger", "weight": "6", "say": ["puerta", "porton"]},
        {"name": "knife", "kind": "danger", "weight": "6", "say": ["cuchillo"]},
        {"name": "blood", "kind": "medical", "weight": "7", "say": ["sangre"]},
        {"name": "kitchen", "weight": "-5", "doubt": "figurative", "say": ["cocina"]},
        {"name": "shop", "weight": "-9", "doubt": "professional", "say": ["vendo"]},
    ]
    numbers = {"enough": "10", "half": "6", "outweighed": "10", "most": "-8", "alarm": "12"}
    return _table(
        cues={"past": ["antes"], "right_now": ["ahora"]},
        signs=[{"kind": "danger", "level": "alarm", "say": ["me pega", "encerrada"]}],
        words={"limit": "8", "exit": {"short": ["viene alguien"]}},
        evidence={
            **numbers,
            "cues": {"past": "-4"},
            "doubts": {"negated": "-5"},
            "families": families,
            **changes,
        },
    )


@pytest.mark.parametrize(
    ("text", "kind", "doubt", "asks"),
    [
        ("el cuchillo y la puerta", "danger", "", False),  # enough together
        ("la puerta y el porton", "none", "unsaid", True),  # a family counts once: half of enough
        ("cuchillo y sangre", "danger", "", False),  # the gravest of what has nearly the most
        ("nada", "none", "", False),
        ("cuchillo en la puerta de la cocina", "none", "figurative", False),  # outweighed, and why
        ("vendo cuchillo, puerta, cocina", "none", "professional", False),  # the heavier reason
        ("antes cuchillo y puerta", "none", "unsaid", True),  # a cue weighs too
        ("no cuchillo, la puerta", "none", "unsaid", True),  # what is negated does not count
        ("no me pega, cuchillo y puerta", "none", "negated", True),  # a doubted sign weighs against
        ("me pega", "danger", "", False),
        ("me pega en la cocina", "none", "figurative", False),  # even a sign is outweighed
        ("me pega ahora en la cocina", "danger", "", False),  # but not one that is now
        ("me pega en la puerta, vendo en la cocina antes", "danger", "", False),  # nor by more than `most`
        ("viene alguien puerta cuchillo", "none", "", False),  # a word that closes the chat says no more
    ],
)
def test_evidence_is_weighed(
    text: str, kind: str, doubt: str, asks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Families add up across a message, speak for or against, and name the reason when they speak against."""
    table = lexicon.compile_table(_evidence())
    monkeypatch.setattr(tables, "load", lambda _: table)
    monkeypatch.setattr(tables, "languages", lambda: ["es"])
    finding = check(text, "es")
    assert (kind, asks) == (finding.kind, finding.check)
    assert (doubt if doubt != "unsaid" else "") == finding.doubt


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("en_la_calle|afuera espera", "en la calle espera"),  # an alternative of several words
        ("en_la_calle|afuera espera", "afuera espera"),
        ("<all>", "puerta"),  # a group inside a group
        ("<all>", "vidrio roto"),
        ("armado", "armao"),  # -ado as it is said
        ("armados", "armaos"),
        ("siguen", "sigen"),  # gu before e and i
    ],
)
def test_a_line_means_what_people_say(line: str, text: str) -> None:
    """What an editor writes stands for the ways it is said and typed."""
    groups = {"some": ["puerta", "vidrio roto"], "all": ["<some>", "techo"]}
    signs = [{"kind": "danger", "level": "alarm", "say": [line]}]
    table = lexicon.compile_table(_table(groups=groups, signs=signs, typos=["siguen"]))
    assert table.find(words(pieces(text, {}), {}))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("el capataz trancó el portón con cadena y somos nueve adentro", "danger"),
        ("unos tipos nos metieron a una camioneta y no sabemos a dónde vamos", "danger"),
        ("sube las escaleras con un machete en la mano", "danger"),
        ("ya mezclé el raticida en el vaso, despídanme de mis hijos", "self_harm"),
        ("mi nena de 4 salió a la bodega y no ha vuelto", "child"),
        ("bota espuma por la boca y tiene los ojos en blanco", "medical"),
        ("se bajó el pantalón y me obliga a tocarlo", "sexual_violence"),
    ],
)
def test_danger_nobody_listed(text: str, kind: str) -> None:
    """Sentences no line of the table spells out are found by what they are made of."""
    assert kind == check(text, "es").kind


@pytest.mark.parametrize(
    "text",
    [
        "vendo candados y cadenas para puertas, precio por mayor",
        "compré un cuchillo y una tabla para picar el pollo del almuerzo",
        "mi hija salió al colegio con su abuela y vuelve a las 2",
        "la llave del cuarto la tengo yo, salgo cuando quiero",
        "el doctor dijo que el dolor de espalda es normal, me dio jarabe y paracetamol",
    ],
)
def test_the_same_words_at_peace(text: str) -> None:
    """Doors, knives, children and pain of an ordinary day raise no alarm."""
    assert not check(text, "es").emergency


@pytest.mark.parametrize(
    "text", ["no me dejan salir del galpón y estamos sin agua", "hola, quisiera saber sobre la visa"]
)
def test_an_ordinary_message_is_quick(text: str) -> None:
    """A message as people write it takes at most 3 ms of processor time."""
    check("hola", "es")
    spent = []
    for _ in range(5):
        begun = time.process_time()
        check(text, "es")
        spent.append(time.process_time() - begun)
    assert min(spent) <= 0.003
