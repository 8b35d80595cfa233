"""Any Unicode text is lyrics, or refused with one line that names the line of the sheet."""

from __future__ import annotations

import random
import re

import pytest

from lyrics import LyricsError, parse_sheet

POOLS = (
    "abcdefghijklmnopqrstuvwxyz ABCXYZ'’-,.!?",
    "0123456789$£€%°:/-.,+#'k½²³thsm ",
    "àéîõüñçßøæœÅĐłşžЖдλπ你好こ안שע",
    "🎵❤️👍🏽🇫🇷♥★→∞♯♭™©①Ⅳﬁ𝓱ｈ٢\u200d\ufe0f\u0301\u00a0\u2028",
    '()[]{}~#*_|<>^\\"“”«»…—–',
)
WHOLE_RANGE = [chr(code) for code in range(0x20, 0x3000)] + [chr(code) for code in range(0xFB00, 0x11000, 3)]


def texts(count: int) -> list[str]:
    """Return random texts: of all characters, of difficult ones, and of words and figures mixed with them."""
    draw = random.Random(5)
    tokens = [
        "hello",
        "W-w-wait",
        "lo-o-ove",
        "$5",
        "million",
        "July",
        "4",
        "No.",
        "St.",
        "II",
        "AM",
        "w{B AH1}",
        "x2",
    ]
    result = []
    for i in range(count):
        if i % 3 == 0:
            text = "".join(draw.choices(WHOLE_RANGE, k=draw.randint(1, 30)))
        elif i % 3 == 1:
            text = "".join(draw.choices("".join(draw.sample(POOLS, 2)) + "\n", k=draw.randint(1, 60)))
        else:
            words = ["".join(draw.choices(draw.choice(POOLS), k=draw.randint(1, 6))) for _ in range(4)]
            mixed = words + draw.sample(tokens, 4)
            draw.shuffle(mixed)
            text = draw.choice([" ", " ", "\n", ""]).join(mixed)
        result.append(text)
    return result


def check(text: str) -> bool:
    """Check one text; return whether it is sung."""
    try:
        lyrics = parse_sheet(text)
    except LyricsError as err:
        message = str(err)
        assert "\n" not in message
        assert len(message) < 600
        named = re.match(r"line (\d+): ", message)
        assert named or "no words for the lead" in message or "no text" in message, message
        if named:
            assert 1 <= int(named[1]) <= len(text.splitlines())
        return False
    for line in lyrics.lines:
        for word in line.words + line.backing:
            assert word.syllables
            assert "".join(s.text for s in word.syllables) == word.sung.replace(" ", "")
            assert len(word.written) == len(word.melismas) == len(word.syllables)
            written = "".join(word.written)
            assert written == word.text.replace("~", "") or written == word.sung.replace(" ", "")
    return True


def test_random_texts() -> None:
    sung = sum(map(check, texts(2000)))
    assert sung > 400


@pytest.mark.slow
def test_ten_thousand_random_texts() -> None:
    assert sum(map(check, texts(10_000))) > 2000
