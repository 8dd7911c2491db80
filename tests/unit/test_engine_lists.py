"""Lists: several ticks at once, one after another, none, and the words that end them."""

from __future__ import annotations

import pytest

from tests.unit.engine_chat import Chat


def at_list(code: str = "Q02_which") -> Chat:
    return Chat().until(code, **{code.removesuffix("_which"): "yes"})


def test_a_list_says_that_several_may_be_ticked() -> None:
    """The gateway needs to know that "1, 3" means two ticks."""
    chat = at_list()
    assert chat.acts[-1]["multi"] is True
    assert chat.choices == ["pay", "hours", "housing", "travel", "papers", "unsure", "declined"]


def test_several_digits_at_once_are_the_whole_list() -> None:
    """«1 y 3» needs no "anything else?"."""
    chat = at_list()
    chat.taps(["pay", "housing"], source="digit")
    assert chat.value("Q02_which") == ["pay", "housing"]
    assert chat.open == "Q03"


def test_one_tick_asks_for_more_until_that_is_all() -> None:
    """Ticks gather one by one; what was ticked is not shown again."""
    chat = at_list()
    assert chat.taps("travel") == ["say.tick_more"]
    assert chat.choices == ["pay", "hours", "housing", "papers", "done"]
    chat.taps("pay")
    chat.taps("done")
    assert chat.value("Q02_which") == ["travel", "pay"]


@pytest.mark.parametrize("intent", ["deny", "unsure", "decline"])
def test_a_plain_word_ends_a_list_that_has_ticks(intent: str) -> None:
    """«No» after "anything else?" is the end of the list, not an answer to lose the ticks for."""
    chat = at_list()
    chat.taps("papers")
    chat.says(intent)
    assert chat.value("Q02_which") == ["papers"]


def test_the_last_tick_ends_the_list_by_itself() -> None:
    """Nothing is left to ask for."""
    chat = at_list("Q05_which")
    for tick in ("family", "no_papers", "trust", "danger"):
        chat.taps(tick)
    assert len(chat.value("Q05_which")) == 4
    assert chat.open != "Q05_which"


@pytest.mark.parametrize("value", ["unsure", "declined"])
def test_a_list_may_be_left_unsaid(value: str) -> None:
    """No tick and a shrug is kept as such."""
    chat = at_list("Q16_which")
    chat.taps(value)
    assert value == chat.value("Q16_which")


def test_one_of_a_kind_takes_one() -> None:
    """Q13_which is one choice, without "anything else?"."""
    chat = Chat().until("Q13_which", Q06="yes", Q13="yes")
    assert "multi" not in chat.acts[-1]
    chat.taps("family")
    assert chat.value("Q13_which") == "family"


def test_ticks_survive_an_interruption_and_a_step_back_takes_one() -> None:
    """Why, a question or a sticker in between lose nothing; back takes the last tick away."""
    chat = at_list()
    chat.taps("pay")
    chat.says("why")
    chat.gets("sticker")
    chat.taps("hours")
    chat.says("back")
    assert "hours" in chat.choices
    chat.taps("done")
    assert chat.value("Q02_which") == ["pay"]


def test_what_was_told_is_ticked_already_and_more_can_be_added() -> None:
    """Told "they make me …": the tick stands, and the list asks only for what else there was."""
    chat = Chat().until("Q01")
    chat.says("disclose_sexual")
    assert chat.value("Q16_which") == ["sexual"]
    chat.until("Q16_which", Q16="yes")
    assert "say.tick_told" in chat.said
    assert "sexual" not in chat.choices
    chat.taps("done")
    assert chat.value("Q16_which") == ["sexual"]
    assert chat.open == "Q17"


def test_what_the_list_holds_may_be_named_at_the_question_itself() -> None:
    """The question that names the list lets it be named: a yes and its ticks at once, nothing asked twice."""
    chat = Chat().until("Q02")
    named = chat.acts[-1]["named"]
    assert named["multi"]
    assert [row["value"]["v"] for row in named["choices"]] == ["pay", "hours", "housing", "travel", "papers"]
    assert chat.taps(["pay", "papers"], "Q02_which", source="word") == ["ask.Q03"]
    assert (chat.value("Q02"), chat.value("Q02_which")) == ("yes", ["pay", "papers"])


def test_one_thing_named_is_a_yes_and_a_tick_and_more_is_asked_for() -> None:
    chat = Chat().until("Q02")
    assert chat.taps("pay", "Q02_which", source="word") == ["say.tick_more"]
    assert chat.taps("done") == ["ask.Q03"]
    assert (chat.value("Q02"), chat.value("Q02_which")) == ("yes", ["pay"])


def test_a_list_of_which_one_is_chosen_is_named_as_one() -> None:
    chat = Chat().until("Q13", Q06="yes")
    assert not chat.acts[-1]["named"]["multi"]
    chat.taps("family", "Q13_which", source="word")
    assert (chat.value("Q13"), chat.value("Q13_which")) == ("yes", "family")


def test_naming_is_for_words_and_for_the_open_question() -> None:
    """A tap on an old list, and a name said when another question is open, change nothing."""
    chat = Chat().until("Q02")
    assert chat.taps("pay", "Q02_which")[0] == "stale.gone"
    assert chat.taps("family", "Q05_which", source="word")[0] == "stale.gone"
    assert (chat.value("Q02"), chat.value("Q05")) == (None, None)


def test_another_thing_is_not_named_and_what_was_told_is_only_confirmed() -> None:
    """ "Otra" may mean the other answers; a question that confirms what was told has its own words."""
    chat = Chat().until("Q16")
    assert "other" not in [row["value"]["v"] for row in chat.acts[-1]["named"]["choices"]]
    told = Chat().until("Q01")
    told.says("disclose_threats")
    told.until("Q13", Q06="yes")
    assert told.said == ["confirm.Q13"]
    assert "named" not in told.acts[-1]


def test_what_is_ticked_counts_though_the_list_is_left() -> None:
    """A person is called in the middle of a list and nothing more is to be asked: the ticks are the answer."""
    chat = at_list("Q16_which")
    chat.taps(chat.choices[0])
    ticked = chat.state["ticks"]
    chat.says("human")
    assert chat.open == "X_meanwhile"
    chat.taps("no")
    assert chat.value("Q16_which") == ticked != []
    assert "done" not in chat.choices


def test_what_is_ticked_counts_though_what_is_told_leads_elsewhere() -> None:
    """In an offer, a control told in passing asks first how things are now; the open list is not lost."""
    chat = Chat().until("Q05_which", P4="offer", Q05="yes")
    chat.taps("trust")
    chat.says("disclose_control")
    assert chat.open != "Q05_which"
    assert chat.value("Q05_which") == ["trust"]


def test_what_is_ticked_counts_though_she_turns_out_to_be_a_child() -> None:
    """The short variant begins; what was said before stays."""
    chat = at_list()
    chat.taps("pay")
    chat.says("disclose_minor")
    assert chat.state["instrument"] == "minor"
    assert chat.state["answers"]["Q02_which"]["value"] == ["pay"]
