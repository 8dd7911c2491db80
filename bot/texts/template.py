"""From the Spanish catalogue to what translators work on: keys in order, context, limits, sample values. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.texts import rules, shape, variants
from bot.texts.po import SOURCE, Entry, one_line, quoted
from bot.texts.variants import FALLBACK as SPANISH

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
    ours = tuple(f"{words.split(':')[0]}: " for words in (*rules.notes()["facts"].values(), SOURCE))
    return [note for note in entry.notes if not note.startswith(ours)]


def facts(key: str) -> Iterator[str]:
    """What the program knows of a text: how long, with what values, how grave."""
    words = rules.notes()["facts"]
    longest = shape.longest(key)
    if longest is not None:
        yield words["longest"].format(n=longest)
    for name in rules.common()["placeholders"].get(key, ()):
        yield words["sample"].format(name=name, value=rules.common()["samples"][name])
    if rules.shows_first_line(key):
        yield words["first_line"]
    if rules.is_safety(key):
        yield words["safety"]


def template(spanish: Sequence[Entry], domain: str) -> str:
    """Every key with its context, and no text: the .pot file."""
    return translation(spanish, {}, "", domain)


def translation(spanish: Sequence[Entry], have: Mapping[str, Entry], locale: str, domain: str) -> str:
    """A catalogue in the order of the Spanish one: texts are kept, what is new is empty, what changed is fuzzy.

    A variant holds what it has and, in another form of address, whatever speaks to somebody in the usual one.
    ``spanish`` says what is said without this catalogue.
    """
    kind = "variant" if variants.is_variant(locale) else domain
    header = rules.notes()["headers"][kind].format(name=locale, domain=domain)
    blocks = [header + HEAD.format(name=locale)]
    blocks += [_block(one, have.get(one.key)) for one in spanish if _belongs(one, have, locale)]
    return "\n".join(blocks)


def _belongs(entry: Entry, have: Mapping[str, Entry], locale: str) -> bool:
    """Whether a catalogue holds this key."""
    if not variants.is_variant(locale):
        return True
    usual = rules.address(SPANISH)
    speaks = rules.calls(SPANISH, usual, entry.key, entry.text) if rules.address(locale) != usual else ""
    return bool(speaks or (entry.key in have and have[entry.key].text))


def _block(spanish: Entry, mine: Entry | None) -> str:
    lines = [f"#. {note}" for note in (*context(spanish), *facts(spanish.key))]
    lines.append(f"#. {SOURCE}{one_line(spanish.text)}")
    text = mine.text if mine else ""
    if mine and text and (mine.fuzzy or mine.left_behind(spanish.text)):
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
