"""What may not be said is refused with line, key and what to change; the committed catalogues are in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.console.texts import MOST
from bot.phrasing import DOMAINS, Catalogues
from bot.texts import files, look, place, po, reading, rules, sayable, shape
from bot.texts.check import Checker, Finding
from bot.texts.wording import Wording
from connectors.telegram import LIMITS as TELEGRAM
from connectors.whatsapp import LIMITS as WHATSAPP
from tests.conftest import ROOT

LOCALES = ROOT / "locales"
CHECKER = Checker({"whatsapp": WHATSAPP, "telegram": TELEGRAM})
SOURCE = (LOCALES / "es/LC_MESSAGES/messages.po").read_text(encoding="utf-8")
TEXTS = {entry.key: entry.text for entry in po.parse(SOURCE)}
CATALOGUES = Catalogues(LOCALES)


def codes(key: str, text: str, locale: str = "es", level: str = "error") -> set[str]:
    """What the checks say of one text."""
    return {code for lvl, code, _ in CHECKER.text(locale, key, text, TEXTS) if lvl == level}


@pytest.mark.parametrize("locale", files.locales(LOCALES))
def test_the_committed_catalogues_have_no_error(locale: str) -> None:
    """The rule for everybody: what stands in the repository may be said."""
    found = [
        f for f in files.check(CHECKER, LOCALES) if f.file.startswith(f"{locale}/") and f.level == "error"
    ]
    assert found == []


WRONG = [
    ("ask.Q07", "¿Te pagan mucho menos, {alias}?", "placeholder"),
    ("handoff.waiting", "Listo, ya avisé. Te escriben aquí.", "placeholder_lost"),
    ("options.lawyer", "palabra " * 300, "long"),
    ("choice.P0.yes", "Sí, ahora mismo puedo escribir", "button_long"),
    ("choice.P0.yes", "Ahora no", "button_twice"),
    ("why.Q01", "voy " * 26, "sentence"),
    (
        "why.Q01",
        "Inconsistencias contractuales evidencian intencionalidad fraudulenta durante larguísimos procedimientos administrativos extraordinarios inexplicables.",
        "hard",
    ),
    ("outcome.T1", "Eres víctima de algo grave.", "banned"),
    ("why.P1", "Todo es 100 % seguro.", "banned"),
    ("options.report", "Denuncia hoy.", "banned"),
    ("say.hello", "Hola, la trata es un delito.", "banned"),
    ("start.hello", "Hola, ¿estás en peligro?", "alarming"),
    ("exit.cover", "Faro: una taza de arroz.", "cover"),
    ("why.P2", "Llama al 1234.", "number"),
    ("why.P2", "Llama al 987654321.", "number"),
    ("why.P2", "Mira www.ejemplo.com ahora.", "link"),
    ("why.P2", "Mira ayuda.org ahora.", "link"),
    ("referral.100", "📞 106: violencia.", "number_lost"),
    ("referral.1818", "📞 1818: orienta.", "owner"),
    ("outcome.MR1", "Gracias por contarme.\nEstá también el 📞 100.", "child_line"),
    ("emergency.danger.lines", "Ten esto a mano:\n📞 100.", "two_lines"),
    ("lines.intro", "Está el 📞 105 y el 📞 100.", "police"),
    ("emergency.danger.lines", "Ten a mano el 📞 105 y el 105.", "police"),
]


@pytest.mark.parametrize(("key", "text", "code"), WRONG)
def test_each_rule_refuses_what_breaks_it_and_lets_the_real_text_pass(key: str, text: str, code: str) -> None:
    """The rule finds the broken text, and not the one that stands there."""
    assert code in codes(key, text)
    assert codes(key, TEXTS[key]) == set()


def test_every_rule_has_words_that_say_what_to_change() -> None:
    """No code reaches an editor as a code, and nothing in the words is left unfilled."""
    wording = Wording(LOCALES)
    for key, text, code in WRONG:
        params = next(p for _, c, p in CHECKER.text("es", key, text, TEXTS) if c == code)
        sentence = wording.sentence(Finding("error", code, "f", 1, key, params))
        assert key in sentence
        assert not re.search(r"\{(?!alias|minutes)|console\.", sentence), sentence


def broken(change: str) -> str:
    """The Spanish catalogue with one thing wrong with it as a file."""
    return {
        "missing": po.replaced(SOURCE, "say.hello", ""),
        "twice": SOURCE + '\n\nmsgid "say.hello"\nmsgstr "Hola."\n',
        "unused": SOURCE + '\n\nmsgid "say.nobody_says_this"\nmsgstr "Hola."\n',
        "unreadable": SOURCE + '\n\nmsgid "say.open"\nmsgstr "Hola\n',
    }[change]


@pytest.mark.parametrize("change", ["missing", "twice", "unused", "unreadable"])
def test_what_only_the_whole_file_shows(change: str) -> None:
    """Named with its line, so that it can be found in an editor of texts."""
    source = broken(change)
    (found,) = [f for f in CHECKER.file("es", "messages", source) if f.level == "error"]
    assert found.code == change
    line = source.splitlines()[found.line - 1]
    assert line.startswith("msgstr")
    if change != "unreadable":
        assert f'msgid "{found.key}"' in source.splitlines()[found.line - 2]


def test_every_key_that_can_be_said_is_written_and_the_other_way_round() -> None:
    """Code, instrument, Rasa's domain and referrals on one side, the catalogue on the other; the console too."""
    assert sayable.messages() - set(TEXTS) == set()
    assert {key for key in set(TEXTS) - sayable.messages() if not key.startswith(sayable.begun())} == set()
    assert len(sayable.begun()) < 5, "families that rules.yml does not list are seen less closely"
    console = files.texts(LOCALES / "es/LC_MESSAGES/console.po")
    whole, begun = sayable.console()
    assert {key for key in whole if not console.get(key)} == set()
    assert {key for key in console if key not in whole and not key.startswith(tuple(begun))} == set()
    assert {"handoff.waiting", "outcome.T0-L", "faq.rights", "ack.disclose_debt", "referral.cem"} <= set(
        TEXTS
    )
    assert {"console.queue.title", "console.check.banned"} <= whole | {
        k for k in console if k.startswith(tuple(begun))
    }


def test_the_readability_is_that_of_textstat() -> None:
    """Figures of textstat 0.7.13 (fernandez_huerta, Spanish), taken once: the formula and the syllables are the same."""
    for text, figure in [
        ("¿Dónde trabajabas o dormías era peligroso, o faltaba agua, comida o baño?", 69.6),
        ("Gracias por contestar. Una persona capacitada puede mirar esto contigo. ¿Quieres, o seguimos con las preguntas?", 70.2),
        ("Gracias por contestar. Alguien del equipo puede mirar esto contigo. ¿Quieres, o seguimos con las preguntas?", 85.2),
    ]:  # fmt: skip
        assert reading.ease(text) == pytest.approx(figure, abs=0.1)


def test_a_translation_that_the_spanish_left_behind_is_told() -> None:
    """Nobody reads yesterday's meaning without a warning; what nobody reviewed says so."""
    head = '#. es: Hola.\n#, fuzzy\nmsgid "say.hello"\nmsgstr "Hello."\n'
    found = CHECKER.file("en", "messages", head, {"say.hello": "Buenas."})
    mine = {f.code: f for f in found if f.key == "say.hello"}
    assert set(mine) == {"unreviewed", "stale"}
    assert mine["stale"].params == {"text": "Buenas."}
    assert {f.level for f in found} == {"warning"}


def test_every_button_is_shown_by_some_question() -> None:
    """A button that no question shows could not be looked at."""
    alone = {key for key in TEXTS if key.startswith("choice.")} - set(shape.shown_in())
    assert alone == {"choice.more", "choice.listen", "choice.done"}
    assert shape.longest("choice.yes") == 20
    assert shape.longest("choice.W1o.debt") == 24


# ── Any text whatever ───────────────────────────────────────────────────────────────────────────────────────

ANY = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), whitelist_characters="\n"), max_size=200
)
KEYS = st.sampled_from(sorted(TEXTS))


@settings(max_examples=60, deadline=None)
@given(key=KEYS, text=ANY)
def test_a_text_is_written_and_read_as_it_is(key: str, text: str) -> None:
    """Quotes, backslashes and line breaks survive, and no other line of the file changes."""
    written = po.replaced(SOURCE, key, text)
    after = {entry.key: entry.text for entry in po.parse(written)}
    assert after == {**TEXTS, key: text}


@settings(max_examples=60, deadline=None)
@given(key=KEYS, text=ANY)
def test_the_checks_judge_anything_and_what_passes_can_be_shown(key: str, text: str) -> None:
    """No text breaks the checks; one without an error fits each channel in one message."""
    errors = codes(key, text)
    if not errors and text.strip():
        from bot.texts import look

        for phone in look.phones(CATALOGUES.tried("es", key, text), "es", key, CHECKER.limits):
            assert len(phone.messages) == 1


@pytest.mark.parametrize("locale", ["es", "en", "pt", "ht"])
def test_every_language_has_its_words(locale: str) -> None:
    """What is never said is written down for each language that Faro knows."""
    words = rules.words(locale)
    assert len(words.banned) >= 10
    assert words.alarming.search("105")
    assert {"exit.cover", "window.notice"} <= set(words.cover)


def test_the_gate_names_file_line_and_key(tmp_path: Path) -> None:
    """What the running service asks before it takes up a saved catalogue."""
    for domain in DOMAINS:
        path = files.catalogue(tmp_path, "es", domain)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files.catalogue(LOCALES, "es", domain).read_bytes())
    gate = files.Gate(CHECKER)
    assert gate(tmp_path) == []
    path = files.catalogue(tmp_path, "es")
    path.write_text(po.replaced(SOURCE, "say.hello", "Te prometo ayuda."), encoding="utf-8")
    (refused,) = gate(tmp_path)
    assert (refused.file, refused.key, refused.code) == ("es/LC_MESSAGES/messages.po", "say.hello", "banned")
    assert path.read_text(encoding="utf-8").splitlines()[refused.line - 1] == 'msgstr "Te prometo ayuda."'


def test_the_gate_looks_again_only_at_what_changed_and_only_at_what_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A save must not hold up the service; a language that nobody reads cannot keep Spanish out."""
    looked: list[str] = []
    judged = files.judged
    monkeypatch.setattr(
        files, "judged", lambda c, path, s: (looked.append(path.parts[-3]), judged(c, path, s))[1]
    )
    for locale in ("es", "pt"):
        path = files.catalogue(tmp_path, locale)
        path.parent.mkdir(parents=True)
        path.write_text(SOURCE, encoding="utf-8")
    gate = files.Gate(CHECKER, served={"pt"})
    assert gate(tmp_path) == gate(tmp_path)
    assert looked == ["es", "pt"]
    path.write_text(
        SOURCE.replace('msgstr "Gracias a ti."', 'msgstr "Gracias, 987654321."'), encoding="utf-8"
    )
    assert ("number", "say.thanks") in {(one.code, one.key) for one in gate(tmp_path)}
    assert looked == ["es", "pt", "pt"]
    assert files.Gate(CHECKER, served=())(tmp_path) == []


def test_every_value_of_the_console_has_a_sample_and_every_text_a_page() -> None:
    """An editor sees a whole line, and finds it where it is read; what chatters read never stands among it."""
    placed: dict[str, set[str]] = {}
    for path in LOCALES.glob("*/LC_MESSAGES/console.po"):
        for key, text in files.texts(path).items():
            assert not any(
                "{" in words for words, filled in look.line(key, text) if filled and "{name}" not in text
            ), key
            assert place.is_staff(place.of(key)), key
            placed.setdefault(place.of(key), set()).add(key)
    assert set(placed) == {name for name in place.names() if place.is_staff(name)}
    assert set(rules.common()["samples_of"]) <= {key for keys in placed.values() for key in keys}
    assert max(len(found) for found in placed.values()) < MOST, "a page lists a place whole, or nearly"
    assert not any(place.is_staff(place.of(key)) for key in TEXTS)


def test_a_line_is_the_text_with_its_samples() -> None:
    """In pieces, so that a page can show which words are only a sample."""
    assert look.line("console.queue.age", "Espera {time}, {x}") == [
        ("Espera ", False),
        ("08:00", True),
        (", ", False),
        ("{x}", True),
    ]
    assert look.line("console.queue.waited", "{time}") == [("25 min", True)]
    assert look.line("console.queue.age", "") == []


def test_a_line_break_of_a_word_processor_never_cuts_a_file() -> None:
    """What is pasted may hold any of them: it is written as a line break, and both readers read the file."""
    for sign in "\v\f\x1c\x1d\x1e\x85\u2028\u2029":
        made = po.replaced(SOURCE, "say.bye", f"Chao,{sign}cuídate.")
        assert {e.key: e.text for e in po.parse(made)}["say.bye"] == "Chao,\ncuídate.", repr(sign)
        assert len(made.splitlines()) == made.count("\n")


def test_an_entry_is_taken_out_and_nothing_else() -> None:
    """With its comments and the line below it; first, last or in the middle."""
    one, two, three = (
        f'#. Nota.\n#, fuzzy\nmsgid "{key}"\nmsgstr ""\n"a\\n"\n"b"\n' for key in ("a", "b", "c")
    )
    whole = f"{one}\n{two}\n{three}"
    assert po.removed(whole, "a") == f"{two}\n{three}"
    assert po.removed(whole, "b") == f"{one}\n{three}"
    assert [e.key for e in po.parse(po.removed(whole, "c"))] == ["a", "b"]
    assert po.parse(po.removed(one, "a")) == []
    with pytest.raises(KeyError):
        po.removed(whole, "d")
