"""`lyrics.lrc`: the time of every line and word.

The plain format has `[mm:ss.xx]` before a line; the enhanced one has `<mm:ss.xx>` before each word, too, and after
the last word of a line, where it ends. Times are those of the first sound of a word; the end is that of a line's last
sound, but no later than the next line begins, so that times never fall. Sections are parted by an empty line. Lines
without words of the lead (instrumental, or all in parentheses) have no time and are left out.
"""

from __future__ import annotations

from lyrics.text import printable
from songsmith.export.timing import syllable_ends, syllable_starts
from songsmith.song import Song


def song_to_lrc(song: Song) -> str:
    """Return the text of `lyrics.lrc`."""
    length = _clock(song.timeline.beats[-1])
    header = [f"[ti:{_one_line(song.title)}]", f"[length:{length}]", "[by:songsmith]"]
    starts, ends = syllable_starts(song), syllable_ends(song)
    begun = sorted(starts.values())
    out: list[str] = []
    syllable = 0
    for section in song.lyrics.sections:
        timed: list[str] = []
        for line in section.lines:
            words: list[tuple[float, str]] = []
            last = 0
            for word in line.words:
                numbers = range(syllable, syllable + len(word.syllables))
                syllable += len(word.syllables)
                placed = [starts[number] for number in numbers if number in starts]
                if placed:
                    words.append((placed[0], _one_line(word.text)))
                    last = [number for number in numbers if number in starts][-1]
            if words:
                body = " ".join(f"<{_clock(start)}>{text}" for start, text in words)
                following = next((start for start in begun if start > starts[last]), ends[last])
                end = max(words[-1][0], min(ends[last], following))
                timed.append(f"[{_clock(words[0][0])}]{body} <{_clock(end)}>")
        if timed:
            out += ["", *timed]
    return "\n".join([*header, *out]) + "\n"


def _clock(time_s: float) -> str:
    """Return `mm:ss.xx`, rounded to hundredths."""
    hundredths = round(max(0.0, time_s) * 100)
    minutes, rest = divmod(hundredths, 6000)
    return f"{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}"


def _one_line(text: str) -> str:
    """Return a text that cannot be taken for another line or time tag."""
    text = printable(" ".join(text.split())).replace("~", "")
    return text.replace("[", "(").replace("]", ")").replace("<", "(").replace(">", ")")
