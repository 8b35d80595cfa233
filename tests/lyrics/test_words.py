"""Written words into sung words and syllables, against a list checked by hand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from lyrics import LyricsError, Word, analyse_word, parse_sheet

# written, sung, syllables
BY_HAND = """
before|before|2
kettle|kettle|2
wonderful|wonderful|3
everything|everything|3
every|every|2
fire|fire|1
hour|hour|1
our|our|1
desire|desire|2
flower|flower|2
higher|higher|2
quiet|quiet|2
poem|poem|2
rhythm|rhythm|2
prayer|prayer|1
choir|choir|1
heaven|heaven|2
forever|forever|3
beautiful|beautiful|3
hallelujah|hallelujah|4
yesterday|yesterday|3
radio|radio|3
lion|lion|2
world|world|1
girl|girl|1
through|through|1
strength|strength|1
island|island|2
castle|castle|2
Wednesday|wednesday|2
colonel|colonel|2
choked|choked|1
wanted|wanted|2
don't|don't|1
don’t|don't|1
couldn't|couldn't|2
couldn't've|couldn't've|3
should've|should've|2
I'd've|i'd've|2
y'all|y'all|1
'cause|'cause|1
'til|'til|1
'em|'em|1
o'er|o'er|1
ain't|ain't|1
gonna|gonna|2
wanna|wanna|2
gotta|gotta|2
gimme|gimme|2
kinda|kinda|2
shoulda|shoulda|2
runnin'|runnin'|2
lovin'|lovin'|2
nothin'|nothin'|2
zorblin'|zorblin'|2
ooh|ooh|1
Oooooh|oooooh|1
oh|oh|1
na|na|1
la|la|1
yeah|yeah|1
hey|hey|1
whoa|whoa|1
mmm|mmm|1
hmm|hmm|1
Shh|shh|1
sooo|sooo|1
noooo|noooo|1
loooove|loooove|1
heyyyy|heyyyy|1
baaaby|baaaby|2
27|twenty seven|4
0|zero|2
7|seven|2
100|one hundred|3
101|one hundred and one|5
1,250|one thousand two hundred and fifty|9
1000000|one million|3
3.5|three point five|3
.5|zero point five|4
1999|nineteen ninety nine|5
1905|nineteen oh five|4
2024|twenty twenty four|5
2000|two thousand|3
21st|twenty first|3
3rd|third|1
40th|fortieth|3
$5|five dollars|3
$1|one dollar|3
$5.50|five dollars and fifty cents|7
£20|twenty pounds|3
€3|three euros|3
50%|fifty percent|4
2.5%|two point five percent|5
7:30|seven thirty|4
7:05|seven oh five|4
12:00|twelve o'clock|3
3am|three am|3
10 p.m.|ten|1
24/7|twenty four seven|5
1/2|one half|2
'80s|eighties|2
90's|nineties|2
1980s|nineteen eighties|4
#1|number one|3
-5|minus five|3
007|double oh seven|5
20°|twenty degrees|4
&|and|1
@|at|1
+|plus|1
R&B|r and b|3
$|dollar|2
½|one half|2
Mr.|mister|2
Mrs.|missus|2
Dr.|doctor|2
St.|saint|1
vs.|versus|2
etc.|et cetera|4
TV|tv|2
USA|usa|3
U.S.A.|usa|3
DJ|dj|2
FBI|fbi|3
NYC|nyc|3
BMX|bmx|3
BMW|bm double u|5
www|double u double u double u|9
WS|double u s|4
FYI|fyi|3
DJs|djs|2
LOVE|love|1
FOREVER|forever|3
OK|ok|2
W|double u|3
well-known|well known|2
moon-lit|moon lit|2
rock'n'roll|rock'n'roll|3
W-w-wait|w w wait|3
b-b-baby|b b baby|4
ch-ch-changes|ch ch changes|4
I-I|i i|2
café|cafe|2
CAFÉ|cafe|2
naïve|naive|2
señorita|senorita|4
groß|gross|1
smørrebrød|smorrebrod|3
ｈｅｌｌｏ|hello|2
𝓱𝓮𝓵𝓵𝓸|hello|2
٢|two|1
“Hello,”|hello|2
(no)|no|1
...stop...|stop|1
wait...what|wait what|2
and/or|and or|2
moons|moons|1
boxes|boxes|2
lamplight|lamplight|2
snowdrift|snowdrift|2
florbling|florbling|2
xylograph|xylograph|3
Anna's|anna's|2
boss's|boss's|2
zorbs'|zorbs|1
""".strip().splitlines()
CASES = [tuple(row.split("|")) for row in BY_HAND if " " not in row.split("|")[0] and "(" not in row]


def test_the_list_is_long_enough() -> None:
    assert len(CASES) >= 120


@pytest.mark.parametrize(("written", "sung", "count"), CASES)
def test_words_by_hand(written: str, sung: str, count: str) -> None:
    word = analyse_word(written)
    assert (word.sung, len(word.syllables)) == (sung, int(count))
    assert word.text == written


PHRASES = [
    ("Before the kettle sings", "before the kettle sings", 6),
    ("I've got 27 good reasons — don't I?", "i've got twenty seven good reasons don't i", 11),
    ("Mr. Jones & me, 'round midnight", "mister jones and me 'round midnight", 8),
    ("It's 5 o'clock somewhere on 3rd Street", "it's five o'clock somewhere on third street", 9),
    ("Ooh, na na na; yeah!", "ooh na na na yeah", 5),
    ("we met at 10 p.m. in the U.S.", "we met at ten pm in the us", 10),
    ("THE NIGHT IS YOUNG", "the night is young", 4),
    ("so close--so far", "so close so far", 4),
]


@pytest.mark.parametrize(("written", "sung", "count"), PHRASES)
def test_phrases_by_hand(written: str, sung: str, count: int) -> None:
    (line,) = parse_sheet(written).lines
    assert " ".join(word.sung for word in line.words) == sung
    assert len(line.syllables) == count


@pytest.mark.parametrize("text", ["", "—", "!!", "🎵"])
def test_nothing_to_sing_is_no_word(text: str) -> None:
    with pytest.raises(ValueError, match="no word that can be sung"):
        analyse_word(text)


@pytest.mark.parametrize(("text", "script"), [("привет", "Cyrillic"), ("你好", "Chinese"), ("שלום", "Hebrew")])
def test_other_scripts_are_named(text: str, script: str) -> None:
    with pytest.raises(LyricsError, match=script):
        analyse_word(text)


def plain_words(text: str) -> list[str]:
    """Return a text's words the simplest way: figures as cardinals, hyphens as spaces."""
    spelled = re.sub(r"\d+", lambda match: f" {num2words(int(match[0]))} ", text.lower()).replace("-", " ")
    return [word.strip("'") for word in re.findall(r"[a-z']+", spelled)]


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["moon", "River", "don't", "well-known", "singin'", "o'clock", "Half-light,", "it's!"]),
            st.integers(0, 99).map(str),
            st.integers(921, 1009).map(str),
            st.integers(3000, 10**7).map(str),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_plain_words_are_sung_as_written(tokens: list[str]) -> None:
    line = parse_sheet(" ".join(tokens)).lines[0]
    sung = [word.strip("'") for item in line.words for word in item.sung.split(" ")]
    assert sung == plain_words(" ".join(tokens))


def check_word(word: Word) -> None:
    """Check what holds for every word: letters and vowels are shared out in order, none lost."""
    assert re.fullmatch(r"[a-z']+( [a-z']+)*", word.sung)
    assert "".join(syllable.text for syllable in word.syllables) == word.sung.replace(" ", "")
    for syllable in word.syllables:
        assert syllable.text
        assert sum(phoneme.is_vowel for phoneme in syllable.phonemes) == 1
        assert syllable.stress == syllable.phonemes[syllable.nucleus].stress


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCXYZ'-0123456789.,:/$%é", min_size=1, max_size=20))
def test_every_written_word_is_shared_out(text: str) -> None:
    try:
        word = analyse_word(text)
    except ValueError:
        return
    check_word(word)


@pytest.mark.parametrize(
    ("written", "sung", "expected"),
    [
        ("c-c-can't", "c c can't", ["K AH0", "K AH0", "K AE1 N T"]),
        ("th-th-that's", "th th that's", ["DH AH0", "DH AH0", "DH AE0 T S"]),
        ("W-w-what's", "w w what's", ["W AH0", "W AH0", "W AH0 T S"]),
        ("I-I-I’m", "i i i'm", ["AY0", "AY0", "AY1 M"]),
    ],
)
def test_stutters_of_contractions(written: str, sung: str, expected: list[str]) -> None:
    word = analyse_word(written)
    assert word.sung == sung
    said = [" ".join(map(str, syllable.phonemes)) for syllable in word.syllables]
    assert [text.rstrip("012") for text in " ".join(said).split()] == [
        text.rstrip("012") for text in " ".join(expected).split()
    ]


def test_a_range_of_times() -> None:
    assert analyse_word("5:00-6:30").sung == "five to six thirty"
