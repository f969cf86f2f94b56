"""Quotation marks, dashes, bullets and the euro sign tell Windows-1252 from MacRoman, as letters do."""

import pytest

from app.reading.encoding import MAC, WINDOWS, guess_encoding
from tests.reading.damage import in_letters
from tests.reading.story import HEADER, Desk

WORDS = ("no penicillin", "the knee is fine", "José", "Zoë Müller", "pain", "3 sets", "OK", "MUÑOZ", "sœur")
"""Words between marks: plain ones, numbers, capitals, accents."""
MARKED = (
    "“{}”", "‘{}’", "«{}»", "She said “{}.”", "{}…", "{} … then", "{} – then", "{}—then more", "• {}", "•{}",
    "{}, 100€", "{} € 100", "{}, €100", "the patient’s {}", "it’s {}", "patients’ {}", "“{}” … 100€ • 3", "{}™",
    "“it’s {}”", "Mon–Fri {}", "L4–L5 {}",
)  # fmt: skip
"""Every mark that lies elsewhere in the two sets, as people write it."""
WINDOWS_WORDS = (
    "è", "à", "œuf", "sœur", "œdème", "Œuvre", "Žižek", "Šimek", "Miloš", "Hašek", "Dušan", "Duško", "ŽIŽEK", "100€",
    "5€ ea", "…", "•", "“", "”", "– ", "—", "fine—she", "Hawai‘i", "free–standing", "don’t",
    "aujourd’hui", "rock’n’roll", "Hawai’i", "d’œuvre", "STRAßE", "½ tab", "1½ hours", "37°C",
    "±5", "m²", "5µg", " 5", "© 2020", "Ibuprofen®",
    "R>L—better", "post–op", "don‘t", "´tis", "Ng’ang’a", "a–z", "Ia–b", "‡note",
    "naïve", "coördinatie", "Ålesund", "Ísland", "Übung", "Ärzte", "É tarde", "don´t",
)  # fmt: skip
"""Words that are Windows-1252 wherever they stand alone in a file."""
MAC_WORDS = (
    "José", "Zoë", "Müller", "Renée", "François", "Björk", "Jörg", "Göran", "Brönte", "Søren", "Strauß", "García",
    "Martín",    "Rodríguez", "López", "Ramón", "Simón", "Núñez", "Muñoz", "Ibáñez", "Peña", "MUÑOZ", "GÓMEZ", "Siân",
    "Anaïs",    "Côté", "Jesús", "Raúl", "flûte", "João", "Åse", "Éric", "Ünal", "Benoît", "Álvarez", "Noël", "über",
    "Joaquín", "Conceição", "cœur",
    "“no” she said", "the knee is “fine”", "it’s", "patient’s", "O’Brien", "fine…", "fine—she", "Mon–Fri", "100€",
    "37°C", "37 °C", "a–z", "«no»",
)  # fmt: skip
"""Words of which one byte at least makes no sense in Windows-1252."""


@pytest.mark.parametrize("marked", MARKED)
def test_punctuation_is_windows_1252_by_default(marked: str) -> None:
    lines = [marked.format(word) for word in WORDS]
    for line in lines:
        guess = guess_encoding([line.encode(WINDOWS)])
        assert guess.encoding == WINDOWS, line
        assert not guess.rivals or marked == "{}—then more", line  # `penicillinóthen` is asked about
    assert guess_encoding([line.encode(WINDOWS) for line in lines]) == guess_encoding([])


@pytest.mark.parametrize("marked", MARKED)
def test_punctuation_of_macroman_is_read_or_raises_a_question(marked: str) -> None:
    lines = [marked.format(word).encode(MAC) for word in WORDS]
    for line in lines:
        guess = guess_encoding([line])
        assert line.decode(guess.encoding, "replace") == line.decode(MAC) or MAC in guess.rivals, line.decode(MAC)
    assert guess_encoding(lines).encoding == MAC


@pytest.mark.parametrize("word", WINDOWS_WORDS)
def test_windows_1252_is_the_default(word: str) -> None:
    assert word.encode(WINDOWS).decode(guess_encoding([word.encode(WINDOWS)]).encoding) == word


@pytest.mark.parametrize("word", MAC_WORDS)
def test_a_word_impossible_in_windows_1252_is_macroman(word: str) -> None:
    assert word.encode(MAC).decode(guess_encoding([word.encode(MAC)]).encoding) == word


@pytest.mark.parametrize("encoding", [WINDOWS, MAC])
def test_a_single_line_and_a_whole_file_keep_their_punctuation(desk: Desk, encoding: str) -> None:
    words = "Told me “no penicillin” … paid 100€ • it’s fine—now"
    table = f"{HEADER}\n" + "".join(f"{n},Zoë,Lee,\n" for n in range(1, 31))
    stray = desk.csv(in_letters(table + f"31,Ann,{words},\n", encoding, lambda line: line == 32))
    assert stray.rows()[-1].cells["last_name"] == words
    assert (stray.only_file.encoding, stray.only_file.facts.get("encodings")) == ("utf-8", None)
    whole = desk.csv((f"{HEADER}\n" + "".join(f"{n},Ann,{words},\n" for n in range(1, 31))).encode(encoding))
    assert {row.cells["last_name"] for row in whole.rows()} == {words}
    assert whole.only_file.encoding == encoding


def test_utf8_punctuation_in_a_line_does_not_decide_its_other_bytes() -> None:
    for encoding in (WINDOWS, MAC):
        line = "“it’s” … – ".encode() + "Zoë".encode(encoding)
        assert guess_encoding([line]).encoding == encoding
