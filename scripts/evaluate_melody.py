"""Compares the composer with songwriters on held-out songs: python scripts/evaluate_melody.py DATA --work FOLDER

For every held-out song of OpenEWLD with at least 24 known syllables, and of POP909, the composer gets the words
with their stresses (POP909 has none: only how many notes each phrase has), the chords, the meter and the bars in
which each phrase stands; the idiom is that of the source, as a style would choose it. The tempo is 100 for lead
sheets, which give none, and 80 for pop. The voice range is that of the default voice, G3 to B flat 4. Every eight
phrases stand for a section, since the songs do not name theirs. What it writes is measured beside what the
songwriters wrote. `--tree FOLDER` measures the composer of another checkout.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
from melody_corpus import BAR, CorpusSong, load_corpus

RANGE = (55, 70)
TEMPO = {"openewld": 100.0, "pop909": 80.0}
SYNCOPATION = {"openewld": 0.0, "pop909": 0.5}
STRENGTH = {
    "4/4": (3, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0),
    "3/4": (3, 0, 1, 0, 2, 0, 1, 0, 2, 0, 1, 0),
    "6/8": (3, 0, 1, 0, 1, 0, 3, 0, 1, 0, 1, 0),
}
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
KINDS = ("verse", "chorus", "bridge", "prechorus")
SECTION_LINES = 8
LONGEST_COPY = 40
LONGEST_DURATION = 17
WIDEST = 12


class Tune:
    """A melody to be measured: phrases of (onset, duration, pitch, slur) in steps, with the song it is for."""

    def __init__(self, song: CorpusSong, phrases: list[list[tuple[int, int, int, bool]]]) -> None:
        self.song, self.phrases = song, phrases

    @property
    def notes(self):
        return [note for phrase in self.phrases for note in phrase]


def human(song: CorpusSong) -> Tune:
    return Tune(song, [[(n.onset, n.duration, n.pitch, n.slur) for n in p.notes] for p in song.phrases])


def sung_part(song: CorpusSong) -> CorpusSong:
    """Return a lead sheet with only those phrases that have words; pop songs as they are."""
    if song.corpus == "pop909":
        return song
    kept = tuple(p for p in song.phrases if p.syllables and all(s.text for s in p.syllables))
    return CorpusSong(song.name, song.corpus, song.meter, song.tonic, song.minor, song.chords, kept)


def write(song: CorpusSong, seed: int) -> Tune:
    """Let the composer write a melody for the words of a song."""
    import songsmith.compose as composer
    from lyrics.values import Lyrics, Section
    from songsmith.accompaniment.parts import Accompaniment
    from songsmith.phrasing import Slot
    from songsmith.plan import Chord, Plan, PlannedSection
    from songsmith.theory import FLAT_NAMES
    from songsmith.timeline import Timeline

    bar = BAR[song.meter]
    end = max(p.end for p in song.phrases) // bar + 1
    lines = tuple(_line(p, i + 1) for i, p in enumerate(song.phrases))
    sections, planned, slots = [], [], []
    for k in range(0, len(lines), SECTION_LINES):
        kind = KINDS[k // SECTION_LINES % len(KINDS)]
        group = song.phrases[k : k + SECTION_LINES]
        first = 0 if k == 0 else group[0].start // bar
        after = song.phrases[k + SECTION_LINES].start // bar if k + SECTION_LINES < len(lines) else end
        sections.append(Section(kind, kind, lines=lines[k : k + SECTION_LINES]))
        planned.append(PlannedSection(kind, kind, first, after - first, 0.5, (True,) * (after - first)))
        slots.append(tuple(
            Slot(line, p.start // bar - first, (p.end - p.start) // bar)
            for line, p in zip(sections[-1].lines, group, strict=True)
        ))  # fmt: skip
    by_first = {laid[0].line.number: laid for laid in slots}
    lyrics = Lyrics("en", tuple(sections))
    starts = [step for step, _ in song.chords]
    chords = tuple(
        Chord(step / 4, (after - step) / 4, symbol)
        for (step, symbol), after in zip(song.chords, [*starts[1:], end * bar], strict=True)
        if after > step
    )
    key = f"{FLAT_NAMES[song.tonic]} {'minor' if song.minor else 'major'}"
    plan = Plan(TEMPO[song.corpus], key, song.meter, tuple(planned), chords)
    timeline = Timeline.steady(plan.tempo, plan.beats, plan.beats_per_bar)
    extra = {}
    if "lay" in inspect.signature(composer.compose).parameters:
        extra["lay"] = lambda lines, *_: by_first[lines[0].number]
    else:
        composer.lay_lines = lambda lines, *_: by_first[lines[0].number]
    reader = getattr(composer, "read_line", None)
    if reader is not None and song.corpus == "pop909":
        composer.read_line = lambda line: _unstressed(reader(line))
    try:
        accompaniment = Accompaniment((), timeline, chords)
        score = composer.compose(
            lyrics, plan, accompaniment, RANGE, seed, syncopation=SYNCOPATION[song.corpus], **extra
        )
    finally:
        if reader is not None:
            composer.read_line = reader
    phrases, first = [], 0
    for line in lines:
        last = first + len(line.syllables)
        phrases.append([
            (round(n.onset * 4), max(1, round(n.end * 4) - round(n.onset * 4)), n.pitch, n.slur)
            for n in score.notes if first <= n.syllable < last
        ])  # fmt: skip
        first = last
    return Tune(song, phrases)


def _unstressed(words):
    from dataclasses import replace

    return replace(words, stresses=(3,) * len(words.stresses))


def _line(phrase, number: int):
    """Return a phrase as a line of the `lyrics` package, with the syllables that the songwriter gave notes."""
    from lyrics.analysis import analyse_word
    from lyrics.values import Line, Phoneme, Syllable, Word

    words, pieces = [], []
    for syllable in phrase.syllables:
        pieces.append(syllable)
        if syllable.after == 0 and syllable is not phrase.syllables[-1]:
            continue
        text = "".join(piece.text for piece in pieces) or "la"
        made = None
        if all(piece.stress >= 0 for piece in pieces):
            made = analyse_word("".join(c for c in text if c.isalpha() or c in "'’"))
        if made is None or len(made.syllables) != len(pieces):
            sounds = (Phoneme("L"), Phoneme("AH", 0))
            made = Word(text, text, tuple(Syllable(piece.text or "la", sounds, 0) for piece in pieces))
        words.append(Word(text, made.sung, made.syllables))
        pieces = []
    return Line(number, phrase.text, tuple(words))


# --- measures


def stress_share(tunes: list[Tune]) -> float:
    """Share of stressed syllables stronger in the meter than an unstressed neighbour."""
    good = total = 0
    for tune in tunes:
        strength = STRENGTH[tune.song.meter]
        bar = BAR[tune.song.meter]
        for phrase, notes in zip(tune.song.phrases, tune.phrases, strict=True):
            onsets = [n[0] for n in notes if not n[3]]
            for i in range(len(onsets) - 1):
                a, b = phrase.syllables[i], phrase.syllables[i + 1]
                if a.stress < 0 or b.stress < 0:
                    continue
                if (a.weight >= 0.8) == (b.weight >= 0.8) or min(a.weight, b.weight) > 0.35:
                    continue
                here, there = strength[onsets[i] % bar], strength[onsets[i + 1] % bar]
                total += 1
                good += here > there if a.weight > b.weight else there > here
    return good / max(1, total)


def chord_tone_share(tunes: list[Tune]) -> float:
    from songsmith.theory import parse_chord

    good = total = 0
    for tune in tunes:
        starts = [step for step, _ in tune.song.chords]
        parsed = [parse_chord(symbol) for _, symbol in tune.song.chords]
        for onset, _, pitch, _ in tune.notes:
            place = int(np.searchsorted(starts, onset, side="right")) - 1
            tones = parsed[place] if place >= 0 else None
            if tones is None or STRENGTH[tune.song.meter][onset % BAR[tune.song.meter]] < 3:
                continue
            total += 1
            good += pitch % 12 in tones.tones
    return good / max(1, total)


def out_of_key(tunes: list[Tune]) -> float:
    outside = [
        (pitch - tune.song.tonic) % 12 not in (MINOR if tune.song.minor else MAJOR)
        for tune in tunes
        for _, _, pitch, _ in tune.notes
    ]
    return float(np.mean(outside))


def intervals(tunes: list[Tune]) -> list[int]:
    return [b[2] - a[2] for t in tunes for p in t.phrases for a, b in pairwise(p)]


def duration_histogram(tunes: list[Tune]) -> np.ndarray:
    counts = np.zeros(LONGEST_DURATION + 1)
    for tune in tunes:
        for _, duration, _, _ in tune.notes:
            counts[min(duration, LONGEST_DURATION)] += 1
    return counts / counts.sum()


def interval_histogram(tunes: list[Tune]) -> np.ndarray:
    counts = np.zeros(2 * WIDEST + 1)
    for interval in intervals(tunes):
        counts[max(-WIDEST, min(WIDEST, interval)) + WIDEST] += 1
    return counts / counts.sum()


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Jensen-Shannon divergence in bits."""
    middle = (p + q) / 2

    def against(a: np.ndarray) -> float:
        return float(np.sum(a[a > 0] * np.log2(a[a > 0] / middle[a > 0])))

    return (against(p) + against(q)) / 2


def halves(tunes: list[Tune], histogram) -> float:
    """Mean divergence between random halves of the songs."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(20):
        order = rng.permutation(len(tunes))
        cut = len(tunes) // 2
        found.append(
            divergence(histogram([tunes[i] for i in order[:cut]]), histogram([tunes[i] for i in order[cut:]]))
        )
    return float(np.mean(found))


def longest_copies(tunes: list[Tune], training: list[Tune]) -> list[int]:
    """Return for each tune the most notes in a row whose intervals and rhythm stand in some training song."""

    def moves(tune: Tune) -> np.ndarray:
        notes = tune.notes
        return np.array(
            [(b[2] - a[2] + 64) * 256 + min(b[0] - a[0], 255) for a, b in pairwise(notes)],
            dtype=np.uint64,
        )

    def grams(values: np.ndarray, n: int) -> np.ndarray:
        if len(values) < n:
            return np.zeros(0, np.uint64)
        total = np.zeros(len(values) - n + 1, np.uint64)
        for k in range(n):
            total = total * np.uint64(1099511628211) + values[k : len(values) - n + 1 + k]
        return total

    known = [moves(t) for t in training]
    mine = [moves(t) for t in tunes]
    best = [0] * len(tunes)
    alive = list(range(len(tunes)))
    n = 2
    while alive and n < LONGEST_COPY:
        pool = np.unique(np.concatenate([grams(k, n) for k in known]))
        alive = [i for i in alive if np.isin(grams(mine[i], n), pool).any()]
        for i in alive:
            best[i] = n + 1
        n += 1
    return best


def measures(tunes: list[Tune], reference: list[Tune], training: list[Tune]) -> dict[str, float]:
    """Return all measures of a set of tunes; divergences are to the reference."""
    moves = np.array(intervals(tunes))
    spans = [max(n[2] for n in t.notes) - min(n[2] for n in t.notes) for t in tunes]
    copies = longest_copies(tunes, training)
    slurs = [n[3] for t in tunes for n in t.notes]
    return {
        "stressed syllables on stronger positions": stress_share(tunes),
        "chord tones on strong beats": chord_tone_share(tunes),
        "out of key": out_of_key(tunes),
        "leaps over a fifth": float(np.mean(np.abs(moves) > 7)),
        "steps": float(np.mean((np.abs(moves) >= 1) & (np.abs(moves) <= 2))),
        "repeats": float(np.mean(moves == 0)),
        "durations, divergence": divergence(duration_histogram(tunes), duration_histogram(reference)),
        "intervals, divergence": divergence(interval_histogram(tunes), interval_histogram(reference)),
        "longest copied run, 95th percentile": float(np.percentile(copies, 95)),
        "longest copied run, median": float(np.median(copies)),
        "song span, semitones": float(np.mean(spans)),
        "slurred notes": float(np.mean(slurs)),
    }


def of_sheets(folder: Path) -> dict[str, float]:
    """Measure songs made of the lyric sheets in a folder, in seven styles with two seeds each."""
    from lyrics.parse import read_sheet
    from songsmith import melodics
    from songsmith.accompaniment import accompanist
    from songsmith.compose import compose
    from songsmith.form import plan_song
    from songsmith.prompt import read_prompt
    from songsmith.timeline import Meter

    counts: Counter[str] = Counter()
    for path in sorted(folder.glob("*.txt")):
        words = read_sheet(path)
        for style in ("folk", "pop", "rock", "ballad", "swing", "bossa", "house"):
            for seed in range(2):
                brief, values = read_prompt(style, seed)
                plan = plan_song(brief, words, values, seed)
                played = accompanist("patterns").accompany(plan, brief, seed)
                score = compose(words, plan, played, RANGE, seed, syncopation=values.syncopation)
                heights = melodics.section_heights(score)
                counts["songs"] += 1
                counts["lines"] += len(words.lines)
                counts["lines sung again in another rhythm"] += len(melodics.rhythmic_inconsistencies(score))
                if {"verse", "chorus"} <= heights.keys():
                    counts["songs with verse and chorus"] += 1
                    counts["of them with the chorus higher"] += heights["chorus"] > heights["verse"]
                clashes = melodics.harmonic_conflicts(score.notes, score.chords, Meter.parse(plan.meter))
                counts["unresolved notes on strong beats"] += len(clashes)
                counts["notes"] += len(score.notes)
    return dict(counts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="scratch folder with the corpus table")
    parser.add_argument("--tree", type=Path, help="another checkout, whose composer is measured")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--training", action="store_true", help="measure on the songs learned from, to set constants")
    parser.add_argument("--corpus", default="openewld,pop909", help="sources, with a comma between; may be empty")
    parser.add_argument("--songs", type=int, default=1000, help="at most so many of each source")
    parser.add_argument("--sheets", type=Path, help="also measure songs made of the lyric sheets in this folder")
    parser.add_argument("--out", type=Path, help="write the numbers here as JSON")
    parser.add_argument("--dump", type=Path, help="write the melodies here as JSON")
    args = parser.parse_args()
    if args.tree:
        sys.path.insert(0, str(args.tree))
    if args.training:
        globals()["longest_copies"] = lambda tunes, _: [0] * len(tunes)
    songs = load_corpus(args.data, args.work / "corpus.json")
    results = {}
    for corpus in filter(None, args.corpus.split(",")):
        training = [human(s) for s in songs if s.corpus == corpus and not s.held_out]
        held = [s for s in songs if s.corpus == corpus and s.held_out != args.training]
        if corpus == "openewld":
            held = [sung_part(s) for s in held if s.worded >= 24]
        held = [s for s in held if s.phrases][: args.songs]
        began, spent, ours, failed = time.process_time(), 0.0, [], Counter()
        for song in held:
            try:
                ours.append(write(song, args.seed))
            except Exception as error:
                failed[f"{type(error).__name__}: {error}"[:90]] += 1
        spent = time.process_time() - began
        people = [human(t.song) for t in ours]
        rows = {"human": measures(people, people, training), "ours": measures(ours, people, training)}
        rows["human"]["durations, divergence"] = halves(people, duration_histogram)
        rows["human"]["intervals, divergence"] = halves(people, interval_histogram)
        results[corpus] = rows
        print(f"\n{corpus}: {len(ours)} songs, {sum(len(t.notes) for t in ours)} notes, {spent:.0f} s", dict(failed))
        for name in rows["human"]:
            print(f"  {name:42s} human {rows['human'][name]:7.3f}   ours {rows['ours'][name]:7.3f}")
        if args.dump:
            table = [
                {"name": t.song.name, "ours": t.phrases, "human": human(t.song).phrases, "bar": BAR[t.song.meter]}
                for t in ours
            ]
            args.dump.with_suffix(f".{corpus}.json").write_text(json.dumps(table))
    if args.sheets:
        results["sheets"] = of_sheets(args.sheets)
        for name, count in results["sheets"].items():
            print(f"  {name:42s} {count}")
    if args.out:
        args.out.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
