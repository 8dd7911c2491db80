"""From the Spanish catalogue to what translators work on: keys in order, context, limits, sample values. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.texts import rules, shape
from bot.texts.check import one_line
from bot.texts.po import Entry, quoted

FACTS = ("length: ", "sample: ", "first line: ", "safety: ", "es: ")
HEADERS = {
    "messages": """\
# What chatters read, in {name}. The msgid is a key: never change it; change only msgstr.
# "#." lines say where a text is shown, what it may not exceed, and what the Spanish says. "#, fuzzy" means that no
# native reader has reviewed the text: take the mark away when you have. Until then texts of safety are said in
# Spanish, and the language is served only where FARO_LOCALES_SERVED names it.
""",
    "console": """\
# What staff read in the console, in {name}. The msgid is a key: never change it; change only msgstr.
# "#." lines say where a text stands, and what the Spanish says. "#, fuzzy" means that no native reader has reviewed
# the text: take the mark away when you have. Marked or not, staff read it as soon as it stands here, and whoever
# wants this language in the console can choose it.
""",
}
HEAD = """\
msgid ""
msgstr ""
"Project-Id-Version: faro\\n"
"Language: {name}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""


def context(entry: Entry) -> list[str]:
    """What an editor wrote about a text, without what is worked out here."""
    return [note for note in entry.notes if not note.startswith(FACTS)]


def facts(key: str) -> Iterator[str]:
    """What the program knows of a text: how long, with what values, how grave."""
    longest = shape.longest(key)
    if longest is not None:
        yield f"length: at most {longest} characters"
    for name in rules.common()["placeholders"].get(key, ()):
        yield f"sample: {{{name}}} = {rules.common()['samples'][name]}"
    if rules.shows_first_line(key):
        yield "first line: may be read on a locked telephone"
    if rules.is_safety(key):
        yield "safety: a second person publishes it; a native reader reviews it"


def template(spanish: Sequence[Entry], domain: str) -> str:
    """Every key with its context, and no text: the .pot file."""
    return translation(spanish, {}, "", domain)


def translation(spanish: Sequence[Entry], have: Mapping[str, Entry], locale: str, domain: str) -> str:
    """A catalogue in the order of the Spanish one: texts are kept, what is new is empty, what changed is fuzzy."""
    blocks = [f"{HEADERS[domain]}{HEAD}".format(name=locale)]
    blocks += [_block(entry, have.get(entry.key)) for entry in spanish]
    return "\n".join(blocks)


def _block(spanish: Entry, mine: Entry | None) -> str:
    source = one_line(spanish.text)
    lines = [f"#. {note}" for note in (*context(spanish), *facts(spanish.key), f"es: {source}")]
    text = mine.text if mine else ""
    before = next(
        (n.removeprefix("es: ") for n in (mine.notes if mine else ()) if n.startswith("es: ")), source
    )
    if text and ((mine and mine.fuzzy) or before != source):
        lines.append("#, fuzzy")
    return "\n".join([*lines, *quoted("msgid", spanish.key), *quoted("msgstr", text)]) + "\n"


def completed(source: str, spanish: Sequence[Entry], wanted: Sequence[str]) -> str:
    """The Spanish catalogue with an empty text for every key that is missing, at the end; the rest untouched."""
    have = {entry.key for entry in spanish}
    blocks = [
        "\n".join([*(f"#. {fact}" for fact in facts(key)), *quoted("msgid", key), *quoted("msgstr", "")])
        for key in wanted
        if key not in have
    ]
    return "\n\n".join([source.rstrip("\n"), *blocks]) + "\n" if blocks else source
