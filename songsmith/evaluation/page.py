"""A report in words: what a listener should be told about, what to try next, and the whole on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lyrics.text import printable
from songsmith.song import Song
from songsmith.theory import Key

IN_TUNE_CENTS = 50.0
LONGEST_SILENCE_S = 2.0
CLASHING = 0.2  # of the sung time; 61 songs of POP909 have 0.02 in the middle and 0.09 at the 95th percentile

Report = Mapping[str, Any]


def findings(report: Report) -> list[str]:
    """Return what a listener should be told about, one sentence each; nothing where all is well."""
    return [*_on_paper(report), *_in_the_voice(report), *_in_the_words(report), *_in_the_mix(report)]


def _on_paper(report: Report) -> list[str]:
    out = []
    for key, problem in (
        ("unplaced", "have no note"),
        ("repeated", "are sung more than once"),
        ("unspoken", "have no phonemes"),
        ("out_of_order", "notes or phonemes are out of order"),
    ):
        if report["placement"][key]:
            count = report["placement"][key]
            out.append(f"{count} {problem}." if key == "out_of_order" else f"{count} syllables {problem}.")
    if report["timing"]["gaps"]:
        out.append(f"{report['timing']['gaps']} phonemes do not join the one before.")
    harmony = report["harmony"]
    if harmony["accompaniment_chord_tones"] < 0.85:
        out.append(f"Only {harmony['accompaniment_chord_tones']:.0%} of the accompaniment on beats fits its chord.")
    if harmony["key_agreement"] < 0.5:
        out.append("The key that is heard is not the one that was planned.")
    if harmony["clashing_time"] > CLASHING:
        out.append(f"The melody stands a semitone beside the chord for {harmony['clashing_time']:.0%} of its time.")
    return out


def _in_the_voice(report: Report) -> list[str]:
    voice = report.get("voice")
    out = []
    if voice and voice["in_tune"] < 0.9:
        out.append(f"{1 - voice['in_tune']:.0%} of the sung notes are more than {IN_TUNE_CENTS:g} cents off.")
    if voice and voice["legato"] < 0.75:
        out.append(f"Long notes are voiced for only {voice['legato']:.0%} of their time.")
    if voice and voice.get("ghost_db") is not None and voice["ghost_db"] > -20.0:
        out.append(f"There is a second voice behind the lead ({voice['ghost_db']:g} dB beside its harmonics).")
    return out


def _in_the_words(report: Report) -> list[str]:
    words = report.get("words")
    if not words or words.get("word_error") is None or words["word_error"] <= 0.2:
        return []
    return [f"A speech recogniser misses {words['word_error']:.0%} of the words."]


def _in_the_mix(report: Report) -> list[str]:
    out = []
    sound = report.get("sound")
    if not sound:
        return ["The song has no sound yet."]
    if sound["loudness_lufs"] is None:
        out.append("The mix is silent.")
    elif abs(sound["loudness_lufs"] + 14.0) > 0.5:
        out.append(f"The mix is at {sound['loudness_lufs']:g} LUFS, not at -14.")
    if sound["true_peak_dbtp"] > -0.95 or sound["clipped_samples"]:
        out.append(f"The mix peaks at {sound['true_peak_dbtp']:g} dBTP, above -1.")
    if not sound["stem_sum_error"] <= 1e-4 and not sound.get("lossy"):
        out.append("The stems do not sum to the mix.")
    if sound["longest_silence_s"] > LONGEST_SILENCE_S and sound["loudness_lufs"] is not None:
        out.append(f"There is a silence of {sound['longest_silence_s']:g} s inside the song.")
    return out


def advice(song: Song, report: Report) -> list[str]:
    """Return what to try next, most useful first: at least one thing, each a step that can be taken at once."""
    out: list[str] = []
    words = report.get("words") or {}
    for row in words.get("unclear", [])[:2]:
        out.append(
            f"Line {row['line']}, {row['text']!r}, was heard as {row['heard']!r}: say it in simpler words, "
            "or give its hard word a pronunciation: word{...}."
        )
    if words.get("word_error") is not None and words["word_error"] > 0.15 and song.plan.tempo > 130:
        out.append(f"At {song.plan.tempo:g} BPM words hurry by: try --tempo {song.plan.tempo * 0.85:.0f}.")
    style = report.get("style")
    if style and not style["agrees"]:
        out.append(
            f"A reader of the band takes it for {style['sounds'][0]!r}, not {style['asked']!r}: "
            "name its instruments or its tempo in the prompt, or try another --seed."
        )
    mood = report.get("mood")
    if mood and mood["agrees"] is False:
        out.append(
            f"It sounds rather {mood['sounds'][0]} than {' and '.join(song.brief.mood)}: "
            f"try {'a slower' if mood['arousal'] > 0 else 'a quicker'} tempo or the other mode (--tempo, --key)."
        )
    structure = report.get("structure") or {}
    if structure.get("sections_differ") is not None and structure["sections_differ"] < 0.15:
        out.append("The sections sound alike: set them apart with energy, as in [Chorus: energy=0.9].")
    voice = report.get("voice")
    if voice and voice["dynamic_range_db"] < 4.0:
        out.append("The voice stays at one level: give the verses less energy, as in [Verse: energy=0.3].")
    if report["harmony"]["clashing_time"] > CLASHING and song.provenance.backend("melody") is None:
        out.append("The melody rubs against the chords: another --seed writes another one.")
    return out or [f"Nothing needs mending. --seed {song.seed + 1} gives another setting of the same words."]


def page(song: Song, report: Report) -> str:
    """Return the report on one page of plain words."""
    lines = [f"{printable(song.title)}: {_verdict(report)}", ""]
    lines += [f"  {text}" for text in _facts(song, report)]
    if report["findings"]:
        lines += ["", "What is wrong:", *(f"  - {text}" for text in report["findings"])]
    lines += ["", "What to try next:", *(f"  - {text}" for text in advice(song, report))]
    return "\n".join(lines)


def _verdict(report: Report) -> str:
    count = len(report["findings"])
    return "all is well" if not count else f"{count} thing{'s' if count > 1 else ''} to look at"


def _facts(song: Song, report: Report) -> Sequence[str]:
    """Return one line for each side of the song."""
    placement, harmony, structure = report["placement"], report["harmony"], report["structure"]
    placed = placement["syllables"] - placement["unplaced"]
    rows = []
    if placement["syllables"]:
        rows.append(f"Words      {placed} of {placement['syllables']} syllables are sung, each on its note.")
    words = report.get("words")
    if words and words.get("word_error") is not None:
        rows.append(
            f"           A recogniser understands {1 - words['word_error']:.0%} of {words['words']} words "
            f"({1 - words['phoneme_error']:.0%} of the phonemes)."
        )
    elif words:
        rows.append(f"{'           ' if rows else 'Words      '}{words['skipped']}")
    if voice := report.get("voice"):
        rows.append(
            f"Voice      {voice['in_tune']:.0%} of {voice['notes']} notes in tune, "
            f"{voice['median_cents_off']:g} cents off in the middle; "
            f"{voice['dynamic_range_db']:g} dB between soft and loud."
        )
    melody = f"{harmony['melody_chord_tones']:.0%} of the melody and " if placement["syllables"] else ""
    rows.append(
        f"Harmony    {melody}{harmony['accompaniment_chord_tones']:.0%} of the band fit the chords on the beat; "
        f"the key is {_key_words(harmony['key_agreement'], song.plan.key)}."
    )
    if tune := report.get("tune"):
        key = Key.parse(song.plan.key)
        low, high = (f"{key.spell(pitch)}{pitch // 12 - 1}" for pitch in (tune["lowest"], tune["highest"]))
        rows.append(
            f"Melody     {tune['steps']:.0%} steps, {tune['leaps']:.0%} wide leaps, from {low} to {high}; "
            f"{tune['stressed_on_strong']:.0%} of the stressed syllables on strong places."
        )
    if structure["repeats_alike"] is not None:
        rows.append(f"Form       What comes back is {structure['repeats_alike']:.0%} alike.")
    if style := report.get("style"):
        rows.append(f"Style      Asked for {style['asked']}; it sounds like {', '.join(style['sounds'])}.")
    if mood := report.get("mood"):
        rows.append(f"Mood       It sounds {', '.join(mood['sounds'])}.")
    if report.get("tempo"):
        rows.append(f"Tempo      {report['tempo']['heard']:g} BPM heard, {report['tempo']['asked']:g} asked.")
    if sound := report.get("sound"):
        loud = "silent" if sound["loudness_lufs"] is None else f"{sound['loudness_lufs']:g} LUFS"
        rows.append(
            f"Sound      {sound['duration_s']:.0f} s, {loud}, peak {sound['true_peak_dbtp']:g} dBTP; "
            + (
                "mp3 stems sum to the mix only roughly."
                if sound.get("lossy")
                else f"the stems sum to the mix within {sound['stem_sum_error']:g}."
            )
        )
    return rows


def _key_words(agreement: float, key: str) -> str:
    if agreement == 1.0:
        return f"{key}, as planned"
    return f"not clearly {key}" if agreement else f"not heard as {key}"
