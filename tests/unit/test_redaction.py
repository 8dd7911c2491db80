"""What redaction covers and what it leaves, one reason per row; it guards against leaked numbers first."""

from __future__ import annotations

import doctest
import importlib

import pytest

from bot.redaction import Masks, digits, redact
from bot.redaction.view import View

# text, what must be covered in order (type and words), why.
COVERED = [
    ("mi cel es 987 65 43 21", ["PHONE 987 65 43 21"], "a Peruvian mobile in any spacing"),
    ("+58 412 123 45 67 llamen", ["PHONE +58 412 123 45 67"], "the plus belongs to the number"),
    ("nueve ocho siete seis cinco cuatro tres dos uno", ["PHONE *"], "digits said in words"),
    ("mi wsp 9tres4uno1dos087", ["PHONE 9tres4uno1dos087"], "words and digits glued to slip by a filter"),
    ("nequi 3105554433", ["PHONE 3105554433"], "Nequi is reached by a phone number"),
    ("cedula V-12.345.678", ["ID V-12.345.678"], "the letter belongs to the number"),
    ("pasaporte AB123456", ["ID AB123456"], "a passport holds letters"),
    ("ci boliviana 6543210", ["ID 6543210"], "a nationality may stand between"),
    ("bcp soles 191 2345678 0 91", ["BANK 191 2345678 0 91"], "a currency may stand between"),
    ("898 3123456789 interbank", ["BANK 898 3123456789"], "the bank may follow"),
    ("el taxi era AJT 664", ["PLATE AJT 664"], "a plate after a vehicle"),
    ("carro b4k921", ["PLATE b4k921"], "letter, digit, letter is a plate, small too"),
    ("maria punto lopez arroba gmail punto com", ["EMAIL *"], "an address said aloud, all of it"),
    ("maria.lopez@gmail,com", ["EMAIL maria.lopez@gmail,com"], "a comma for the dot"),
    ("me escribio @reclutador.pe", ["HANDLE @reclutador.pe"], "the word before an account is no mail name"),
    ("buscame como kerly_guz en insta", ["HANDLE kerly_guz"], "an underscore makes an account"),
    ("facebook: Trabajos Lima VIP", ["HANDLE Trabajos Lima VIP"], "an account of several words"),
    ("entra a linktr.ee/agenciasol", ["URL linktr.ee/agenciasol"], "any ending, when a path follows"),
    ("me llamo dubraska", ["PERSON dubraska"], "whatever follows an introduction"),
    ("me llamo estrella", ["PERSON estrella"], "an everyday word after an introduction"),
    ("busco a zelmiro", ["PERSON zelmiro"], "no everyday word after a looser introduction"),
    ("firmado J. Quispe", ["PERSON J. Quispe"], "a shortened name goes with it"),
    ("mi prima trinidad me trajo", ["PERSON trinidad"], "built like a word, but a name and after a relative"),
    (
        "el señor armas me pega",
        ["PERSON armas"],
        "an everyday word that is a surname, after a form of address",
    ),
    ("vivo en los tulipales 340", ["ADDRESS los tulipales 340"], "a street without its kind"),
    ("en santa eduviges", ["ADDRESS santa eduviges"], "a town is called after a saint"),
    ("fabrica de chompas Inca Alpaca", ["COMPANY Inca Alpaca"], "what it makes stands before its name"),
    ("mi nombre es Ana y dni 7o123456", ["PERSON Ana", "ID 7o123456"], "a letter for a digit"),
    ("luisap22 es mi ig", ["HANDLE luisap22"], "letters and digits are an account"),
    ("me dicen Chata", ["PERSON Chata"], "a nickname is an everyday word with a capital"),
    ("le dicen el gocho", ["PERSON gocho"], "a nickname after an article"),
    ("mi prima paz me trajo", ["PERSON paz"], "a name that is also a word, after a relative"),
    ("busco a mi hermana ninoska", ["PERSON ninoska"], "written small"),
    ("ahi esta yusleiny", ["PERSON yusleiny"], "in no list, but built like a name"),
    ("luego Xandriel me pego", ["PERSON Xandriel"], "an unknown word with a capital inside a sentence"),
    ("denuncio a jorge luis tarrillo", ["PERSON jorge luis tarrillo"], "the surname goes with it"),
    ("el sr flores me pega", ["PERSON flores"], "an everyday surname after a form of address"),
    ("vivo en jr cuzco 512 y no salgo", ["ADDRESS jr cuzco 512"], "a street ends where the sentence goes on"),
    ("avenida los proceres", ["ADDRESS avenida los proceres"], "an article inside a street"),
    ("direccion: las palmeras 880 dpto 301", ["ADDRESS las palmeras 880 dpto 301"], "no word for street"),
    ("estoy en el mercado modelo", ["ADDRESS mercado modelo"], "a market by its name"),
    ("ica", ["ADDRESS ica"], "the whole answer is a place"),
    ("vivo en Sarapampa", ["ADDRESS Sarapampa"], "in no list, where only a place can stand"),
    ("trabajo en el hotel las palmeras", ["COMPANY las palmeras"], "the kind of business stays"),
    ("mesera en La Fogata", ["COMPANY La Fogata"], "an article with a capital inside a sentence"),
    ("en la clínica santa rosa", ["COMPANY santa rosa"], "a saint's name begins it"),
    ("aahh 10 de octubre", ["ADDRESS aahh 10 de octubre"], "a date is a name here"),
    ("mz q lt 7 urb los sauces", ["ADDRESS mz q lt 7 urb los sauces"], "a street word within an address"),
    ("textiles rojas eirl", ["COMPANY textiles rojas eirl"], "a legal form closes a name"),
    ("el bar donde trabajo se llama la cueva", ["COMPANY la cueva"], "the name comes later"),
    ("agencia Empleos Ya", ["COMPANY Empleos Ya"], "a small word with a capital"),
]

LEFT = [
    ("debo 1000000 de pesos", "a sum"),
    ("me pagan S/ 1,200 al mes", "a wage"),
    ("trabajo de 6:00 am a 11:30 pm, 7 dias", "hours"),
    ("naci el 23/08/1995", "a date"),
    ("llame al 100 y al 1818, y al 0800-23-232", "lines everybody may know"),
    ("el bus son 200 soles", "no plate"),
    ("me cobra el pasaje 80 soles", "a fare, no alley"),
    ("vivo en lima desde 2019", "Lima tells no more than the country"),
    ("la señora no me da comida", "a title and no name"),
    ("mi hermana menor trabaja conmigo", "a relative and no name"),
    ("soy enfermera venezolana", "a trade and a nationality"),
    ("el bar donde trabajo cierra tarde", "a business and no name"),
    ("en el hotel los clientes nos pegan", "an article that opens no name"),
    ("me siguen en instagram como mil personas", "a number of people, no account"),
    ("tal vez", "no introduction"),
    ("Necesito Ayuda Por Favor Señorita Es Urgente", "capitals throughout say nothing"),
    ("ME TIENEN ENCERRADA", "nor do these"),
    ("Ajudenme xfavor", "a capital at the beginning says nothing, nor does a slip"),
    ("mi señora refunfuñando", "built like a verb"),
    ("el bar clandestinero", "built like a quality"),
    ("soy xilografero", "built like a trade"),
    ("trabajo de Lunes a Domingo", "days with capitals"),
    ("usamos Google Maps", "what follows an everyday word with a capital"),
    ("gracias a Dios y a la Virgen", "heaven"),
]


@pytest.mark.parametrize(("text", "expected", "why"), COVERED, ids=[row[2] for row in COVERED])
def test_covered(text, expected, why):
    spans = [f"{s.type} {text[s.start : s.end]}" for s in redact(text).spans]
    assert spans == [one.replace("*", text) for one in expected]


@pytest.mark.parametrize(("text", "why"), LEFT, ids=[row[1] for row in LEFT])
def test_left(text, why):
    assert redact(text).text == text


def test_masks_hold_through_a_thread():
    masks = Masks()
    first = redact("llama al 987654321 o al 912008761", masks).text
    again = redact("al 987-654-321", masks).text
    assert (first, again) == ("llama al [teléfono 1] o al [teléfono 2]", "al [teléfono 1]")


def test_a_mask_in_the_text_keeps_its_number():
    assert redact("[teléfono 3] y 987654321").text == "[teléfono 3] y [teléfono 4]"


def test_the_net_below_all_rules(monkeypatch):
    """Were every other rule to miss: seven digits together never stay."""
    monkeypatch.setattr(digits, "_all", lambda _: [])
    found = list(digits.find(View("hay 1234567 aqui, y 080000205")))
    assert [(one.start, one.end, one.type) for one in found] == [(4, 11, "ID")]


def test_offsets_are_code_points():
    text = "😭😭 me llamo Belén, 987654321"
    assert [text[s.start : s.end] for s in redact(text).spans] == ["Belén", "987654321"]


def test_a_mark_on_the_last_letter_goes_too():
    text = "me llamo Jose\N{COMBINING ACUTE ACCENT} hoy"
    assert redact(text).text == "me llamo [nombre 1] hoy"


@pytest.mark.parametrize("module", ["lexicon"])
def test_doctests(module):
    found = doctest.testmod(importlib.import_module(f"bot.redaction.{module}"))
    assert found.attempted
    assert not found.failed
