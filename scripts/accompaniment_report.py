"""Whole songs of the accompanist `diffusion`: whether they obey and differ, how fast they are made, how they look."""

from __future__ import annotations

import resource
import time
from dataclasses import replace
from pathlib import Path

import accompaniment_measures as measures
import numpy as np
from accompaniment_measures import Passage

from songsmith.accompaniment import accompanist
from songsmith.accompaniment.instruments import instrument
from songsmith.accompaniment.latent.band import settings
from songsmith.accompaniment.latent.conditions import KINDS, Conditions, measure_bars
from songsmith.accompaniment.latent.generator import Generator
from songsmith.accompaniment.latent.rolls import PARTS, QUALITY_NAMES, TICKS_PER_BEAT
from songsmith.accompaniment.parts import Accompaniment
from songsmith.brief import Brief
from songsmith.form import plan_song
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.prompt import understand
from songsmith.styles import load_style, style_names
from songsmith.theory import MODES, SHARP_NAMES, Key
from songsmith.timeline import METERS

SONG_S = 50.0
CALM, STRONG = ("calm", "gentle", "soft", "mellow"), ("energetic", "powerful", "intense", "driving")
SLOW, FAST = ("slow", "very slow"), ("fast", "very fast", "upbeat")
PLAYERS = (
    "piano", "acoustic guitar", "strings", "organ", "electric piano", "flute", "brass", "accordion", "banjo",
    "violin", "synth bass", "upright bass", "vibraphone", "choir", "clean guitar",
)  # fmt: skip
PROMPTS = (
    "warm folk, fingerpicked guitar, 96 BPM", "dark synthwave, 110 BPM, driving analog bass", "fast techno, 138 BPM",
    "slow blues with organ", "sunny bossa nova", "sad piano ballad, 6/8", "lofi beats to study to",
    "bluegrass, banjo",
    "big band swing, brass", "heavy metal, powerful", "calm ambient pads, no drums", "reggae, laid back",
    "disco, four on the floor", "trap, half-time, 140 BPM", "celtic waltz, flute", "gospel with organ and choir",
    "funk, slap bass", "country, acoustic guitar", "cinematic strings, building", "punk, fast and angry",
)  # fmt: skip


def song_of(prompt: str, seed: int, name: str = "diffusion") -> tuple[Brief, Plan, Accompaniment]:
    """Return the accompaniment of an instrumental of a prompt."""
    brief = understand(prompt, seed).brief
    plan = plan_song(brief, None, load_style(brief.style), seed, SONG_S)
    return brief, plan, accompanist(name).accompany(plan, brief, seed)


def strength(song: Accompaniment) -> float:
    """Return how much is played: velocities a second."""
    length = song.timeline.beats[-1]
    return sum(note.velocity for part in song.parts if part.name in PARTS for note in part.notes) / length


def obeyed(count: int) -> dict[str, object]:
    """Return the share of prompts whose word for tempo, energy or an instrument is obeyed."""
    rng = np.random.default_rng(11)
    names = style_names()
    kept: dict[str, list[bool]] = {"tempo": [], "energy": [], "instruments": []}
    missed = []
    for i in range(count):
        style = names[i % len(names)]
        kind = ("tempo", "energy", "instruments")[i % 3]
        if kind == "tempo":
            slow = bool(rng.integers(2))
            word = str(rng.choice(SLOW if slow else FAST))
            _, _, song = song_of(f"{word} {style}", i)
            plain = understand(style, i).brief.tempo
            done = song.timeline.tempo < plain if slow else song.timeline.tempo > plain
        elif kind == "energy":
            calm, strong = str(rng.choice(CALM)), str(rng.choice(STRONG))
            word = f"{calm}/{strong}"
            low, high = (strength(song_of(f"{w} {style}", i)[2]) for w in (calm, strong))
            done = low < high
        else:
            word = str(rng.choice([*PLAYERS, "no drums", "no bass"]))
            _, _, song = song_of(f"{style}, {word}", i)
            if word.startswith("no "):
                done = not any(part.name == word[3:] and part.notes for part in song.parts)
            else:
                done = any(part.program == instrument(word).program and part.notes for part in song.parts)
        kept[kind].append(bool(done))
        if not done:
            missed.append(f"{word} {style}")
    return {
        **{kind: round(float(np.mean(values)), 3) for kind, values in kept.items()},
        "all": round(float(np.mean([v for values in kept.values() for v in values])), 3),
        "missed": missed,
    }


def plan_of(asked: Conditions) -> Plan:
    """Return a plan of one section over the chords of a passage."""
    bars, beats = len(asked), asked.beats
    chords: list[Chord] = []
    for bar in range(bars):
        for beat in range(beats):
            root, _, quality = asked.chords[bar, beat].tolist()
            symbol = "N"
            if quality >= 0:
                name = QUALITY_NAMES[quality]
                symbol = SHARP_NAMES[root] + ("" if name == "maj" else f":{name}")
            if chords and chords[-1].symbol == symbol:
                chords[-1] = replace(chords[-1], duration=chords[-1].duration + 1.0)
            else:
                chords.append(Chord(float(bar * beats + beat), 1.0, symbol))
    energy = float(np.clip(np.nanmean(asked.energy), 0.0, 1.0))
    kind = KINDS[int(asked.kind[0])]
    section = PlannedSection(kind if kind != "intro" else "verse", "Section", 0, bars, energy, (False,) * bars)
    mode = asked.mode if asked.mode in MODES else "major"
    return Plan(asked.tempo, str(Key(asked.tonic, mode)), METERS[asked.meter], (section,), tuple(chords))


def by_patterns(asked: Conditions, caption: str, seed: int) -> Passage:
    """Return what the accompanist `patterns` plays for a caption over the chords of a passage."""
    plan = plan_of(asked)
    brief = replace(understand(caption, seed).brief, key=plan.key, meter=plan.meter, tempo=plan.tempo)
    return to_passage(accompanist("patterns").accompany(plan, brief, seed), plan, asked)


def to_passage(song: Accompaniment, plan: Plan, asked: Conditions) -> Passage:
    """Return the parts of a song as rows of notes."""
    rows = []
    for part in song.parts:
        name = part.name.partition("-")[0]
        for note in part.notes if name in PARTS else ():
            tick = round(note.onset * TICKS_PER_BEAT)
            bar, inside = divmod(tick, plan.beats_per_bar * TICKS_PER_BEAT)
            if bar < plan.bars:
                length = max(1, round(note.duration * TICKS_PER_BEAT))
                rows.append((bar, PARTS.index(name), inside, note.pitch, min(length, 96), note.velocity))
    notes = np.array(sorted(set(rows)), np.int16).reshape(-1, 6)
    plays = measure_bars(notes, plan.bars, plan.beats_per_bar)["plays"]
    return Passage(replace(asked, plays=plays), notes)


def songs_compared(seeds: int) -> dict[str, object]:
    """Return chord fit and diversity of whole songs in all styles, of `diffusion` and of `patterns`."""
    found: dict[str, object] = {}
    for name in ("diffusion", "patterns"):
        passages, differ, distinct, total = [], [], set(), 0
        for style in style_names():
            own = []
            for seed in range(seeds):
                brief = replace(understand(style, 0).brief)
                plan = plan_song(brief, None, load_style(style), 0, SONG_S)
                asked = settings(Generator.load(), plan, brief, 0)[None].asked
                own.append(to_passage(accompanist(name).accompany(plan, brief, seed), plan, asked))
            passages += own
            differ += [measures.bars_differ(a, b) for i, a in enumerate(own) for b in own[:i]]
            for passage in own:
                keys = measures.list_bar_parts(passage)
                distinct |= set(keys)
                total += len(keys)
        found[name] = {
            "chord tones on beats": round(measures.chord_tones(passages), 4),
            "out of key": round(measures.out_of_key(passages), 4),
            "bars that differ between seeds": round(float(np.mean(differ)), 4),
            "different pitched bar-parts among all": round(len(distinct) / max(1, total), 4),
        }
    return found


def speed() -> dict[str, object]:
    """Return seconds for 64 bars of all parts, of CPU and of the clock, and the memory of the process."""
    model = Generator.load()
    brief = understand("pop rock, powerful", 0).brief
    plan = plan_song(brief, None, load_style(brief.style), 0, 64 * 4 * 60.0 / brief.tempo)
    one = settings(model, plan, brief, 0)[None].asked
    whole = replace(one, plays=np.ones_like(one.plays))
    rounds = []
    for seed in range(3):
        clock, cpu = time.perf_counter(), time.process_time()
        model.decode(model.sample(whole, seed), whole)
        rounds.append((time.perf_counter() - clock, time.process_time() - cpu))
    return {
        "bars": len(whole),
        "seconds of the clock": round(min(r[0] for r in rounds), 2),
        "seconds of CPU": round(min(r[1] for r in rounds), 2),
        "memory of this process, MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def pictures(folder: Path, seeds: int = 2) -> None:
    """Draw piano rolls of `PROMPTS` and write a table of them."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "| prompt | seed | style | tempo | bars | parts (notes a bar) | chord tones | groove |",
        "|" + "---|" * 8,
    ]
    colours = dict(zip((*PARTS, "lead"), ("0.35", "tab:blue", "tab:green", "tab:purple", "tab:orange", "tab:red"),
                       strict=True))  # fmt: skip
    for number, prompt in enumerate(PROMPTS):
        figure, axes = plt.subplots(seeds, 1, figsize=(14, 3.4 * seeds), squeeze=False)
        for seed in range(seeds):
            brief, plan, song = song_of(prompt, seed)
            asked = settings(Generator.load(), plan, brief, seed)[None].asked
            passage = to_passage(song, plan, asked)
            axis = axes[seed][0]
            for part in song.parts:
                for note in part.notes:
                    height = note.pitch - 24 if part.is_drum else note.pitch
                    axis.plot([note.onset, note.onset + note.duration], [height, height], lw=1.6, alpha=0.8,
                              color=colours[part.name.partition("-")[0]], solid_capstyle="butt")  # fmt: skip
            for section in plan.sections:
                axis.axvline(section.bar * plan.beats_per_bar, color="k", lw=0.6)
                axis.text(section.bar * plan.beats_per_bar + 0.3, 96, section.label, fontsize=7)
            axis.set_ylim(8, 100)
            axis.set_xlim(0, plan.beats)
            axis.set_title(f"{prompt} (seed {seed}): {brief.style}, {brief.tempo:g} BPM", fontsize=9)
            counts = ", ".join(f"{part.name} {len(part.notes) / plan.bars:.1f}" for part in song.parts)
            lines.append(
                f"| {prompt} | {seed} | {brief.style} | {brief.tempo:g} | {plan.bars} | {counts} | "
                f"{measures.chord_tones([passage]):.2f} | {measures.groove_similarity([passage]):.2f} |"
            )
        figure.tight_layout()
        figure.savefig(folder / f"{number + 1:02d}.png", dpi=80)
        plt.close(figure)
    (folder / "report.md").write_text("# What the accompanist diffusion plays\n\n" + "\n".join(lines) + "\n")
