"""Songs to learn melodies from: OpenEWLD lead sheets and POP909, read into one table.

Time is counted in steps, sixteenth notes from the start of the song. A phrase is what a line of words would be:
it ends at a rest, at a long note, or where the writing shows a new line (capital, punctuation) after a held note.
POP909 gives performed releases; a silence shorter than an eighth before the next note is taken as articulation,
and the note as held. Songs in other meters than 4/4 (and 2/2), 3/4 and 6/8, and songs that change meter or key,
are left out. Nothing of the songs is shipped.

Sources: F. Simonetta et al., "OpenEWLD" (the public-domain part of the Enhanced Wikifonia Leadsheet Dataset);
Z. Wang et al., "POP909: A Pop-song Dataset for Music Arrangement Generation", ISMIR 2020.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

STEPS = 4
BAR = {"4/4": 16, "3/4": 12, "6/8": 12}
HELD_OUT_EVERY = 5

KINDS = {
    "major": "maj", "dominant": "7", "minor-seventh": "min7", "minor": "min", "major-seventh": "maj7",
    "diminished": "dim", "major-sixth": "maj6", "dominant-ninth": "9", "minor-sixth": "min6",
    "diminished-seventh": "dim7", "augmented-seventh": "aug", "augmented": "aug", "half-diminished": "hdim7",
    "suspended-fourth": "sus4", "suspended-second": "sus2", "dominant-13th": "7", "minor-ninth": "min9",
    "augmented-ninth": "aug", "major-ninth": "maj9", "dominant-11th": "9", "major-minor": "minmaj7",
    "minor-11th": "min7", "minor-13th": "min7", "maj69": "maj6",
}  # fmt: skip
POP_QUALITIES = {
    "maj": "maj", "min": "min", "dim": "dim", "aug": "aug", "sus2": "sus2", "sus4": "sus4", "7": "7",
    "maj7": "maj7", "min7": "min7", "minmaj7": "minmaj7", "dim7": "dim7", "hdim7": "hdim7", "maj6": "maj6",
    "min6": "min6", "9": "9", "maj9": "maj9", "min9": "min9", "11": "9", "13": "9", "sus4(b7)": "sus4",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Syllable:
    """One sung syllable: `weight` of its stress from 0 to 1 (-1 unknown), `stress` 0 to 2 (-1 unknown).

    `after`: 0 inside its word, 1 at a word's end, 2 before a punctuation mark.
    """

    text: str
    weight: float
    stress: int
    after: int


@dataclass(frozen=True, slots=True)
class CorpusNote:
    """`onset`, `duration` in steps, MIDI `pitch`; `slur` where it continues the syllable before."""

    onset: int
    duration: int
    pitch: int
    slur: bool


@dataclass(frozen=True, slots=True)
class Phrase:
    """Notes of one line; `syllables` has one entry for each note without slur.

    `start` and `end` are bar lines: pickups stand before `start`.
    """

    start: int
    end: int
    notes: tuple[CorpusNote, ...]
    syllables: tuple[Syllable, ...]
    text: str


@dataclass(frozen=True, slots=True)
class CorpusSong:
    """A song: `chords` are (step, Harte symbol); `tonic` a pitch class."""

    name: str
    corpus: str
    meter: str
    tonic: int
    minor: bool
    chords: tuple[tuple[int, str], ...]
    phrases: tuple[Phrase, ...]

    @property
    def held_out(self) -> bool:
        return int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % HELD_OUT_EVERY == 0

    @property
    def worded(self) -> int:
        """Syllables of known stress."""
        return sum(s.stress >= 0 for phrase in self.phrases for s in phrase.syllables)


def load_corpus(folder: Path, cache: Path | None = None) -> list[CorpusSong]:
    """Return all songs found below `folder`, from the cache file where there is one."""
    if cache is not None and cache.exists():
        return [_song_from(row) for row in json.loads(cache.read_text(encoding="utf-8"))]
    songs = [*_openewld(folder), *_pop909(folder)]
    if cache is not None:
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text(json.dumps([asdict(song) for song in songs]), encoding="utf-8")
    return songs


def _song_from(row: dict) -> CorpusSong:
    phrases = tuple(
        Phrase(
            p["start"], p["end"], tuple(CorpusNote(**n) for n in p["notes"]),
            tuple(Syllable(**s) for s in p["syllables"]), p["text"],
        )
        for p in row["phrases"]
    )  # fmt: skip
    return CorpusSong(**{**row, "phrases": phrases, "chords": tuple((c[0], c[1]) for c in row["chords"])})


# --- OpenEWLD


def _openewld(folder: Path) -> list[CorpusSong]:
    songs, left_out = [], Counter()
    for path in sorted(folder.rglob("*.mxl")):
        song = _lead_sheet(path)
        if isinstance(song, str):
            left_out[song] += 1
        else:
            songs.append(song)
    print(f"OpenEWLD: {len(songs)} songs, left out: {dict(left_out)}")
    return songs


def _lead_sheet(path: Path) -> CorpusSong | str:
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".xml") and not n.startswith("META"))
        root = ElementTree.fromstring(archive.read(name))
    times = {(t.findtext("beats"), t.findtext("beat-type")) for t in root.iter("time")}
    fifths = {k.findtext("fifths") for k in root.iter("key")}
    if len(times) != 1 or len(fifths) != 1:
        return "changes meter or key"
    meter = "/".join(str(t) for t in times.pop()).replace("2/2", "4/4")
    if meter not in BAR:
        return f"meter {meter}"
    notes, lyrics, chords = _events(root, BAR[meter])
    if len(notes) < 24 or len(chords) < 4:
        return "too few notes or chords"
    major = int(fifths.pop()) * 7 % 12
    last = chords[-1][1]
    relative = (major + 9) % 12
    minor = (_root(last) == relative and ":min" in last) or notes[-1][2] % 12 == relative
    syllables = _syllables(lyrics)
    phrases = _phrases(notes, syllables, BAR[meter])
    return CorpusSong(
        path.stem, "openewld", meter, relative if minor else major, minor, tuple(chords), phrases
    )  # fmt: skip


def _events(root: ElementTree.Element, bar_steps: int):
    """Return notes (onset, duration, pitch), the lyric of each as (syllabic, text) or None, and chords."""
    notes: list[list[int]] = []
    lyrics: list[tuple[str, str] | None] = []
    chords: list[tuple[int, str]] = []
    divisions, bar_start = 1, 0.0
    part = root.find("part")
    for number, measure in enumerate(part.findall("measure")):
        time, longest = bar_start, bar_start
        for item in measure:
            if item.tag == "attributes":
                divisions = int(item.findtext("divisions") or divisions)
            elif item.tag == "harmony":
                symbol = _harmony(item)
                offset = float(item.findtext("offset") or 0) / divisions * STEPS
                chords.append((round(time + offset), symbol))
            elif item.tag in ("backup", "forward"):
                length = float(item.findtext("duration")) / divisions * STEPS
                time += length if item.tag == "forward" else -length
            elif item.tag == "note" and item.find("grace") is None and item.find("chord") is None:
                length = float(item.findtext("duration")) / divisions * STEPS
                if item.find("pitch") is not None and item.findtext("voice") in (None, "1"):
                    _add_note(item, notes, lyrics, time, length)
                time += length
            longest = max(longest, time)
        first_is_pickup = number == 0 and longest - bar_start < bar_steps - 0.5
        if first_is_pickup:
            shift = bar_steps - round(longest - bar_start)
            for note in notes:
                note[0] += shift
            chords = [(step + shift, symbol) for step, symbol in chords]
        bar_start += bar_steps
    keep = [i for i, note in enumerate(notes) if note[1] > 0 and (i == 0 or note[0] > notes[i - 1][0])]
    return [notes[i] for i in keep], [lyrics[i] for i in keep], sorted(dict(chords).items())


def _add_note(item, notes, lyrics, time: float, length: float) -> None:
    pitch = item.find("pitch")
    alter = round(float(pitch.findtext("alter") or 0))
    midi = 12 * (int(pitch.findtext("octave")) + 1) + "C D EF G A B".index(pitch.findtext("step")) + alter
    stop = any(tie.get("type") == "stop" for tie in item.findall("tie"))
    onset, end = round(time), round(time + length)
    if stop and notes and notes[-1][2] == midi and notes[-1][0] + notes[-1][1] >= onset - 1:
        notes[-1][1] = end - notes[-1][0]
        return
    verses = sorted(item.findall("lyric"), key=lambda lyric: lyric.get("number") or "1")
    lyric = None
    if verses and verses[0].findtext("text"):
        lyric = (verses[0].findtext("syllabic") or "single", verses[0].findtext("text").strip())
    notes.append([onset, end - onset, midi])
    lyrics.append(lyric)


def _harmony(item: ElementTree.Element) -> str:
    root = item.find("root")
    if root is None:
        return "N"
    alter = round(float(root.findtext("root-alter") or 0))
    name = root.findtext("root-step") + ("#" * alter if alter > 0 else "b" * -alter)
    quality = KINDS.get(item.findtext("kind") or "major", "maj")
    return name if quality == "maj" else f"{name}:{quality}"


def _syllables(lyrics: list[tuple[str, str] | None]) -> list[Syllable | None]:
    """Return the syllable that starts on each note, with the stress of its word where its syllables agree."""
    found: list[Syllable | None] = [None] * len(lyrics)
    word: list[int] = []
    for i, lyric in enumerate(lyrics):
        if lyric is None:
            continue
        if lyric[0] in ("single", "begin") and word:
            _finish(word, lyrics, found)
            word = []
        word.append(i)
        if lyric[0] in ("single", "end"):
            _finish(word, lyrics, found)
            word = []
    if word:
        _finish(word, lyrics, found)
    return found


def _finish(places: list[int], lyrics, found) -> None:
    from lyrics.analysis import analyse_word
    from lyrics.g2p import is_known
    from lyrics.prosody import syllable_weight

    texts = [lyrics[i][1].strip() for i in places]
    whole = "".join(texts)
    bare = re.sub(r"[^A-Za-z'’]", "", whole)
    weights, stresses = [-1.0] * len(places), [-1] * len(places)
    if bare and is_known(bare.lower()):
        word = analyse_word(bare)
        if len(word.syllables) == len(places):
            weights = [syllable_weight(word, k) for k in range(len(places))]
            stresses = [s.stress for s in word.syllables]
            if len(places) == 1 and weights[0] < 0.3:
                stresses = [0]
    mark = whole.rstrip("\"'”’)")[-1:]
    for k, i in enumerate(places):
        after = 0 if k + 1 < len(places) else 2 if mark and mark in ",;:.!?—–…" else 1
        found[i] = Syllable(texts[k], round(weights[k], 3), stresses[k], after)


# --- POP909


def _pop909(folder: Path) -> list[CorpusSong]:
    songs, left_out = [], Counter()
    base = next((p for p in (folder / "POP909", folder / "POP909" / "POP909") if (p / "001").is_dir()), None)
    for path in sorted(base.glob("[0-9][0-9][0-9]")) if base else ():
        song = _pop_song(path)
        if isinstance(song, str):
            left_out[song] += 1
        else:
            songs.append(song)
    print(f"POP909: {len(songs)} songs, left out: {dict(left_out)}")
    return songs


def _pop_song(path: Path) -> CorpusSong | str:
    import pretty_midi

    rows = np.array([[float(x) for x in line.split()] for line in (path / "beat_midi.txt").read_text().splitlines()])
    down = np.flatnonzero(rows[:, 2] > 0)
    if len(down) < 8:
        return "no bars"
    period = Counter(np.diff(down).tolist()).most_common(1)[0]
    if period[1] < 0.95 * (len(down) - 1) or period[0] != 4:
        return "other than 4/4 or unsteady bars"
    keys = [line.split() for line in (path / "key_audio.txt").read_text().splitlines() if line.strip()]
    if len({key[2] for key in keys}) != 1:
        return "changes key"
    first = int(down[0]) % 4

    def steps(times):
        return np.rint((np.interp(times, rows[:, 0], np.arange(len(rows))) - first + 4) * STEPS).astype(int)

    midi = pretty_midi.PrettyMIDI(str(path / f"{path.name}.mid"))
    track = next((i for i in midi.instruments if i.name.strip().upper() == "MELODY"), None)
    if track is None or len(track.notes) < 24:
        return "no melody"
    played = sorted(track.notes, key=lambda n: (n.start, -n.pitch))
    onsets, ends = steps([n.start for n in played]), steps([n.end for n in played])
    notes: list[list[int]] = []
    for note, onset, end in zip(played, onsets.tolist(), ends.tolist(), strict=True):
        if notes and onset <= notes[-1][0]:
            continue
        if notes:
            silence = onset - notes[-1][0] - notes[-1][1]
            if silence < 2:
                notes[-1][1] = onset - notes[-1][0]
        notes.append([onset, max(1, end - onset), note.pitch])
    chords = []
    for line in (path / "chord_midi.txt").read_text().splitlines():
        start, _, label = line.split()
        symbol = _pop_chord(label)
        if not chords or chords[-1][1] != symbol:
            chords.append((int(steps([float(start)])[0]), symbol))
    tonic, mode = keys[0][2].split(":")
    phrases = _phrases(notes, [None] * len(notes), 16)
    return CorpusSong(f"pop909-{path.name}", "pop909", "4/4", _root(tonic), mode == "min", tuple(chords), phrases)


def _pop_chord(label: str) -> str:
    if label == "N":
        return "N"
    root, _, quality = label.partition("/")[0].partition(":")
    quality = POP_QUALITIES.get(quality or "maj") or POP_QUALITIES.get(re.sub(r"\(.*", "", quality), "maj")
    return root if quality == "maj" else f"{root}:{quality}"


def _root(symbol: str) -> int:
    match = re.match(r"([A-G])([#b]*)", symbol)
    if match is None:
        return -1
    return ("C D EF G A B".index(match[1]) + match[2].count("#") - match[2].count("b")) % 12


# --- phrases


def _phrases(notes: list[list[int]], syllables: list[Syllable | None], bar: int) -> tuple[Phrase, ...]:
    """Cut a melody into phrases and give each the bars it stands in."""
    slur = _slurs(notes, syllables)
    cuts = [0]
    for i in range(1, len(notes)):
        gap = notes[i][0] - notes[i - 1][0]
        rest = gap - notes[i - 1][1]
        here = syllables[i]
        before = next((syllables[k] for k in range(i - 1, -1, -1) if syllables[k] is not None), None)
        if slur[i] or (before is not None and before.after == 0 and here is not None and rest < 8):
            continue
        written = here is not None and (
            (here.text[:1].isupper() and here.text not in ("I", "I'm", "I'll", "I've", "I'd", "God", "Lord"))
            or (before is not None and before.after == 2)
        )
        if (rest >= 4 or gap >= 10 or (written and gap >= 4) or (here is None and gap >= 8)) and i - cuts[-1] >= 3:
            cuts.append(i)
    pieces = []
    for a, b in zip(cuts, [*cuts[1:], len(notes)], strict=True):
        pieces.extend(_short_enough(list(range(a, b)), notes, slur))
    return _stand_in_bars(pieces, notes, syllables, slur, bar)


def _slurs(notes, syllables) -> list[bool]:
    """A note without a syllable continues the one before where at most four do, without a rest between."""
    slur = [False] * len(notes)
    i = 0
    while i < len(notes):
        if syllables[i] is not None:
            k = i + 1
            while k < len(notes) and syllables[k] is None and notes[k][0] - notes[k - 1][0] - notes[k - 1][1] < 1:
                k += 1
            if 1 <= k - i - 1 <= 4:
                slur[i + 1 : k] = [True] * (k - i - 1)
            i = k
        else:
            i += 1
    return slur


def _short_enough(piece: list[int], notes, slur) -> list[list[int]]:
    if len(piece) <= 24:
        return [piece]
    inner = [k for k in range(4, len(piece) - 3) if not slur[piece[k]]]
    if not inner:
        return [piece]
    cut = max(inner, key=lambda k: (notes[piece[k]][0] - notes[piece[k - 1]][0], -abs(k - len(piece) / 2)))
    return _short_enough(piece[:cut], notes, slur) + _short_enough(piece[cut:], notes, slur)


def _stand_in_bars(pieces, notes, syllables, slur, bar: int) -> tuple[Phrase, ...]:
    starts, kept = [], []
    for piece in pieces:
        first, last = notes[piece[0]][0], notes[piece[-1]][0]
        start = first // bar * bar
        if first - start >= bar / 2 and last >= start + bar:
            start += bar
        if kept and start <= notes[kept[-1][-1]][0]:
            start += bar
            if last < start or start <= notes[kept[-1][-1]][0]:
                kept[-1] = kept[-1] + piece
                continue
        starts.append(start)
        kept.append(piece)
    phrases = []
    for k, piece in enumerate(kept):
        last = notes[piece[-1]]
        own_end = -(-(last[0] + last[1]) // bar) * bar
        end = max(own_end, (last[0] // bar + 1) * bar)
        if k + 1 < len(kept):
            end = min(end, starts[k + 1]) if starts[k + 1] > last[0] else end
        made = tuple(CorpusNote(*notes[i], slur[i]) for i in piece)
        sung = tuple(
            syllables[i] or Syllable("", -1.0, -1, 1) for i in piece if not slur[i]
        )  # fmt: skip
        text = "".join(s.text + ("" if s.after == 0 else " ") for s in sung).strip()
        phrases.append(Phrase(starts[k], end, made, sung, text))
    return tuple(phrases)
