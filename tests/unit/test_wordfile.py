"""One word into a file of lists and out again: nothing else moves, and what would read back differently is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.phrases import wordfile
from bot.phrases.wordfile import WordError
from tests.conftest import ROOT

ANSWERS = (ROOT / "locales/es/answers.yml").read_text(encoding="utf-8")
WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="]\n", exclude_categories=["C", "Zl", "Zp"]),
    min_size=1,
    max_size=30,
)


@settings(deadline=None)
@given(st.sampled_from(["yes", "no", "exit", "Q07.yes", "Q18.no", "Q99.new"]), WORDS)
def test_in_and_out_again(name: str, word: str) -> None:
    """Whatever the word: it is one more of its list, the other lines stay, and taking it out leaves what there was."""
    before = wordfile.read(ANSWERS)
    if word in before.get(name, []):
        return
    try:
        made = wordfile.added(ANSWERS, name, word)
    except WordError:
        return
    assert wordfile.read(made)[name] == [*before.get(name, []), word]
    changed = [line for line in made.splitlines() if line not in ANSWERS.splitlines()]
    assert len(changed) == 1
    assert wordfile.read(wordfile.removed(made, name, word)) == {**before, name: before.get(name, [])}


@pytest.mark.parametrize(
    "word", ["sisas", "no", "ni un sol", "sí", "ñaño", "a, b", "y: z", "# x", "👍", "7", "null"]
)
def test_words_that_yaml_takes_for_something_else(word: str) -> None:
    """They come back as the words that they are."""
    made = wordfile.added('yes: [si]  # short\n"no": []\n', "no", word)
    assert wordfile.read(made) == {"yes": ["si"], "no": [word]}
    assert "# short" in made
    assert wordfile.removed(made, "no", word) == 'yes: [si]  # short\n"no": []\n'


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("yes: [a", "yes"),
        ("- a\n", "yes"),
        ("yes: a\n", "yes"),
        ("yes:\n  - a\n", "yes"),  # written in another way: a second list of the name would hide it
        ("yes: [a, 'b]']\n", "yes"),
    ],
)
def test_other_forms_are_refused(source: str, name: str) -> None:
    """A file that this cannot change surely is left alone."""
    with pytest.raises(WordError):
        wordfile.added(source, name, "x")
    with pytest.raises(WordError):
        wordfile.removed("yes: [a]\n", "yes", "x")
