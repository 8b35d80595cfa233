"""Languages other than English: syllables, stress, IPA, figures, and the same promises as English keeps."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

import lyrics
from lyrics import LyricsError, Word, analyse_word, parse_sheet
from lyrics.espeak import VARIANTS, pronounce_words
from lyrics.ipa import CONSONANTS, VOWELS, is_consonant, is_vowel, parse_ipa
from lyrics.numerals import WORDS
from lyrics.parse import LANGUAGES

ROOT = Path(lyrics.__file__).parent.parent
OTHERS = tuple(language for language in LANGUAGES if language != "en")

# How the words are cut when they are sung: as in printed music, but without the mute e of French.
BY_HAND = {
    "es": """co-ra-zón ca-lle pe-rro gui-ta-rra ciu-dad ma-ña-na a-gua can-ción llu-via tie-rra be-lle-za cie-lo
        que-ri-da sue-ño no-che luz rí-o dí-a ho-la hue-vo a-ho-ra pin-güi-no es-tre-lla ven-ta-na o-tro ha-blar
        siem-pre ai-re cau-sa hoy muy a-mi-ga ex-tra-ño llo-ro chi-co bai-lar a-le-grí-a po-e-ta re-loj""",
    "fr": """a-mour chan-son fe-nêtre pe-tit jar-din nuit oui soir lu-mière é-toile che-min oi-seau ma-tin de-main
        mu-sique rê-ver voi-là hi-ver é-té feuille som-meil mai-son quel-qu'un au-jour-d'hui""",
    "it": """a-mo-re cit-tà so-gno fi-glia giar-di-no chi-tar-ra piaz-za ca-sa stel-la not-te bel-la ghiac-cio uo-mo
        cuo-re a-iuo-le vo-glio par-la-re gior-no piog-gia can-zo-ne fi-ne-stra po-e-si-a mi-o noi vec-chia""",
    "pt": """co-ra-ção can-ção sau-da-de ma-nhã fi-lha chu-va a-mor noi-te vi-da mãe não ru-a ci-da-de es-tre-la
        vi-o-lão que-ri-da mun-do som-bra tar-de por-ta""",
    "de": """Lie-be Mond-licht Stra-ße Bäu-me heu-te Mäd-chen Vö-gel Som-mer Him-mel kom-men Zu-cker Was-ser Fin-ger
        sin-gen schö-ne Freun-de Nacht Er-de Stim-me Re-gen träu-men Gar-ten Fens-ter leuch-te""",
}
CASES = [(language, word) for language, words in BY_HAND.items() for word in words.split()]

SOUNDS = [
    ("es", "corazón", "k o2 ɾ a0 s o1 n"),
    ("es", "perro", "p e1 r o0"),
    ("es", "pero", "p e1 ɾ o0"),
    ("es", "niña", "n i1 ɲ a0"),
    ("fr", "chanson", "ʃ ɑ̃0 s ɔ̃1"),
    ("fr", "lune", "l y1 n"),
    ("fr", "nuit", "n ɥ i1"),
    ("it", "notte", "n ɔ1 tː e0"),
    ("it", "cielo", "tʃ ɛ1 l o0"),
    ("pt", "coração", "k o2 ɾ a0 s ɐ̃ʊ̃1"),
    ("pt", "filha", "f i1 l j ɐ0"),
    ("de", "Nacht", "n a1 x t"),
    ("de", "ich", "ɪ0 ç"),
    ("de", "schön", "ʃ øː1 n"),
]

FIGURES = [
    ("es", "27", "veintisiete"),
    ("es", "1.250", "mil doscientos cincuenta"),
    ("es", "3,5", "tres coma cinco"),
    ("es", "$5", "cinco dólares"),
    ("es", "1€", "un euro"),
    ("es", "50%", "cincuenta por ciento"),
    ("es", "-5", "menos cinco"),
    ("es", "7:30", "siete y treinta"),
    ("es", "TV", "te uve"),
    ("es", "&", "y"),
    ("fr", "21", "vingt et un"),
    ("fr", "80", "quatre vingts"),
    ("fr", "1er", "premier"),
    ("fr", "7h30", "sept heures trente"),
    ("fr", "3€", "trois euros"),
    ("it", "28", "ventotto"),
    ("it", "8:05", "otto e cinque"),
    ("it", "1º", "primo"),
    ("pt", "22", "vinte e dois"),
    ("pt", "100%", "cem por cento"),
    ("de", "27", "siebenundzwanzig"),
    ("de", "1999", "neunzehnhundertneunundneunzig"),
    ("de", "7:30", "sieben uhr dreißig"),
    ("de", "7:00", "sieben uhr"),
    ("de", "3,5", "drei komma fünf"),
    ("de", "LKW", "ell ka we"),
]


def sounds(word: Word) -> str:
    return " ".join(str(phoneme) for syllable in word.syllables for phoneme in syllable.phonemes)


def check(word: Word) -> None:
    assert word.syllables
    assert "".join(s.text for s in word.syllables) == word.sung.replace(" ", "")
    assert len(word.written) == len(word.melismas) == len(word.syllables)
    for syllable in word.syllables:
        assert syllable.text
        assert syllable.stress == syllable.phonemes[syllable.nucleus].stress
        for phoneme in syllable.phonemes:
            assert (is_vowel if phoneme.is_vowel else is_consonant)(phoneme.symbol), phoneme
            assert phoneme.parse(str(phoneme)) == phoneme


@pytest.mark.parametrize(("language", "hyphenated"), CASES, ids=[f"{a}-{b}" for a, b in CASES])
def test_syllables_by_hand(language: str, hyphenated: str) -> None:
    word = analyse_word(hyphenated.replace("-", ""), language=language)
    assert "-".join(syllable.text for syllable in word.syllables) == hyphenated.lower()
    check(word)


@pytest.mark.parametrize(("language", "word", "expected"), SOUNDS)
def test_sounds_by_hand(language: str, word: str, expected: str) -> None:
    assert sounds(analyse_word(word, language=language)) == " ".join(map(str, parse_ipa(expected)))


@pytest.mark.parametrize(("language", "written", "sung"), FIGURES)
def test_figures_by_hand(language: str, written: str, sung: str) -> None:
    word = analyse_word(written, language=language)
    assert (word.text, word.sung) == (written, sung)
    check(word)


def test_words_are_said_as_in_their_line() -> None:
    (line,) = parse_sheet("Les amis de la rue", "fr").lines
    assert [sounds(word) for word in line.words[:2]] == ["l e0 z", "a0 m i1"]
    assert [word.syllables[-1].stress for word in line.words] == [0, 1, 0, 0, 1]


@pytest.mark.parametrize("name", ["es", "ES", "es-MX", "es_ES", "Spanish"])
def test_languages_go_by_code_and_name(name: str) -> None:
    assert parse_sheet("hola", name).language == "es"
    assert parse_sheet(f"# Language: {name}\nhola").language == "es"
    assert parse_sheet(f"# Language: {name}\nhello", "en").language == "en"


def test_everything_a_line_may_hold() -> None:
    lyrics = parse_sheet(
        "[Estribillo]\nV-v-vuelve, ¡cora~~zón! (oh, oh) 🎵\nXóchitl{s ˈo tʃ i l} 2 noches – yeah",
        "es",
        {"noches": "n ˈo"},
    )
    first, second = lyrics.lines
    assert lyrics.sections[0].kind == "chorus"
    assert [word.sung for word in first.words] == ["v v vuelve", "corazón"]
    assert first.words[1].melismas == (0, 2, 0)
    assert first.words[1].written == ("¡co", "ra", "zón!")
    assert sounds(first.words[0]).startswith("b w ə0 b w ə0 b w e1") or sounds(first.words[0]).startswith(
        "b ə0 b ə0 b"
    )
    assert [word.sung for word in first.backing] == ["oh", "oh"]
    assert [sounds(word) for word in second.words] == ["s o1 tʃ i0 l", "d o1 s", "n o1", "j ɛ1"]
    assert lyrics.notes == ("line 2: '🎵' is not sung",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "la\nla привет",
            "line 2: 'привет' has Cyrillic letters, and only Spanish in Latin letters can be pronounced",
        ),
        ("sol{S AO1 L}", "line 1: 'S' is no sound of this language; write IPA with spaces between the sounds and ˈ"),
        ("sol{s l}", "line 1: the pronunciation 's l' has no vowel"),
        ("x" * 65, "line 1: .* is a word of 65 characters"),
    ],
)
def test_messages(text: str, message: str) -> None:
    with pytest.raises(LyricsError, match=message):
        parse_sheet(text, "es")


def test_wrong_sounds_of_a_lexicon_are_named() -> None:
    with pytest.raises(LyricsError, match="line 1: lexicon entry 'sol': 'S' is no sound of this language"):
        parse_sheet("sol", "es", {"sol": "S AO1 L"})


def test_the_tables_are_whole() -> None:
    assert set(OTHERS) == set(VARIANTS) == set(WORDS)
    for words in WORDS.values():
        assert len(words.letters.split()) == 26
    assert not {symbol for symbol in VOWELS | CONSONANTS if symbol.isupper()}
    assert not VOWELS & CONSONANTS


@pytest.mark.parametrize("language", OTHERS)
def test_random_texts(language: str) -> None:
    draw = random.Random(8)
    pools = (
        "aeiouáéíóúàèìòùâêôäöüãõçñßœ bcdfghjklmnpqrstvwxyz'’-",
        "0123456789$€%°:h.,º- ",
        "Жλ你🎵♥()[]{}~#*_|«»¿¡…—–\u0301",
    )
    messages = []
    for _ in range(150):
        text = "".join(draw.choices(pools[0] * 4 + draw.choice(pools), k=draw.randint(1, 40)))
        try:
            parsed = parse_sheet(text, language)
        except LyricsError as err:
            messages.append(str(err))
            continue
        for line in parsed.lines:
            for word in line.words + line.backing:
                check(word)
    assert len(messages) < 100
    assert all(text.startswith("line 1: ") or "no words" in text for text in messages)
    assert not any("\n" in text for text in messages)


def test_words_do_not_depend_on_what_was_asked_before() -> None:
    line = ("les", "amis", "chantent", "une", "chanson")
    first = pronounce_words(line, "fr")
    for word in line:
        pronounce_words((word,), "fr")
    pronounce_words.cache_clear()
    assert pronounce_words(line, "fr") == first


def test_every_process_says_the_same(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.txt"
    sheet.write_text("# Language: fr\nLes amis chantent 27 chansons\nW-w-wow, l'été\n", encoding="utf-8")
    said = {
        subprocess.run(
            [sys.executable, "-m", "lyrics", str(sheet)],
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_english_loads_no_phonemizer() -> None:
    code = "import lyrics, sys; lyrics.parse_sheet('the kettle sings'); sys.exit('phonemizer' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


@pytest.mark.parametrize(
    ("language", "line", "expected"),
    [
        ("fr", "Il y a des jours", ["i0 l", "i0", "a0", "d e0", "ʒ u1 ʁ"]),
        ("fr", "on y va", ["ɔ̃0 n", "i0", "v a1"]),
        ("fr", "Y a-t-il", ["i0", "a1 t i1 l"]),
        ("fr", "va-t-on", ["v a1 t ɔ̃1"]),
        ("fr", "j' veux", ["ʒ ə0", "v ø1"]),
        ("fr", "y", ["i0"]),
        ("pt", "é o amor", ["ɛ0", "u0", "ɐ0 m o1 ɾ"]),
        ("pt", "é", ["ɛ0"]),
        ("es", "pan y vino", ["p a1 n", "i0", "β i1 n o0"]),
        ("it", "è o no", ["e0", "o0", "n ɔ1"]),
        ("es", "psst", ["p s ə0 t"]),
    ],
)
def test_small_words_are_no_letters(language: str, line: str, expected: list[str]) -> None:
    assert [sounds(word) for word in parse_sheet(line, language).lines[0].words] == expected


def test_a_grave_of_portuguese_has_one_vowel() -> None:
    words = parse_sheet("Vou à praia", "pt").lines[0].words
    assert [phoneme.symbol for phoneme in words[1].syllables[0].phonemes] == ["a"]


@pytest.mark.parametrize(
    ("language", "line", "sung"),
    [
        ("de", "Kapitel II", "kapitel zwei"),
        ("de", "Dr. Faust, z.B. Nr. 5 usw.", "doktor faust zum beispiel nummer fünf und so weiter"),
        ("es", "El Sr. López y la Sra. Ruiz", "el señor lópez y la señora ruiz"),
        ("es", "Luis XIV, 5 km", "luis catorce cinco kilómetros"),
        ("es", "TE VI AYER", "te vi ayer"),
        ("es", "tqm", "te cu eme"),
        ("es", "1er lugar, 2ª vez, 2½ tazas", "primer lugar segunda vez dos y medio tazas"),
        ("es", "½ luna", "medio luna"),
        ("es", "a la 1:30", "a la una y treinta"),
        ("fr", "M. et Mme Dupont, XXe siècle", "monsieur et madame dupont vingtième siècle"),
        ("fr", "5 000 nuits, 12 500 €", "cinq mille nuits douze mille cinq cents euros"),
        ("fr", "100 200", "cent deux cents"),
        ("fr", "10h, 1h, 21h30", "dix heures une heure vingt et une heures trente"),
        ("fr", "W-w-wow, qu-qu-qu'est", "w w wow qu qu qu'est"),
        ("fr", "5:00-6:00", "cinq heures à six heures"),
        ("it", "la 1ª volta, S. Pietro", "la prima volta san pietro"),
        ("pt", "a 2ª vez, 21ª, 2h", "a segunda vez vigésima primeira duas horas"),
        ("de", "1½ Tage, 1:00", "ein ein halb tage ein uhr"),
    ],
)
def test_lines_are_read_in_full(language: str, line: str, sung: str) -> None:
    (found,) = parse_sheet(line, language).lines
    assert " ".join(word.sung for word in found.words) == sung
    for word in found.words:
        check(word)


@pytest.mark.parametrize(
    ("language", "written", "expected"),
    [
        ("de", "DC", "d eː1 ts eː1"),
        ("de", "XX", "ts v a1 n ts ɪ0 ç"),
        ("fr", "QM", "k y1 ɛ1 m"),
        ("de", "x", "ɪ1 k s"),
    ],
)
def test_names_of_letters_sound_as_in_their_language(language: str, written: str, expected: str) -> None:
    said = sounds(analyse_word(written, language=language))
    assert said.translate(str.maketrans("", "", "012")) == expected.translate(str.maketrans("", "", "012"))
