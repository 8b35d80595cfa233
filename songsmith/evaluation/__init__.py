"""What a song measures: the cheap checks that every song gets, and the full evaluation with a listener's ear.

`check` reads the score and the sound in about a second; `evaluate` adds what a speech recogniser understands and
the tempo that a beat tracker hears. Each module measures one side and returns plain numbers, units in their
names; `page` turns them into words.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from songsmith.evaluation.colour import colour, register
from songsmith.evaluation.ghost import ghost_db
from songsmith.evaluation.harmony import harmony
from songsmith.evaluation.mood import mood
from songsmith.evaluation.page import advice, findings, page
from songsmith.evaluation.placement import placement, timing
from songsmith.evaluation.sound import sound
from songsmith.evaluation.structure import dynamics, structure
from songsmith.evaluation.style import style
from songsmith.evaluation.tune import tune
from songsmith.evaluation.voice import pitch_track, voice
from songsmith.song import Mix, Song
from songsmith.threads import single_threaded

__all__ = ["advice", "check", "evaluate", "findings", "page", "score"]


@single_threaded()
def check(song: Song, sum_error: float | None = None) -> dict[str, Any]:
    """Return the report of a song: measurements by subject, and `findings` in plain words.

    The sound is the one in memory or in the song's folder; a song without any gets paper checks only. `sum_error` is
    the largest difference between the mix and the sum of its stems, where it is known.
    """
    return _report(song, _sound_of(song), sum_error=sum_error)


@single_threaded()
def evaluate(song: Song, listen: bool = True) -> dict[str, Any]:
    """Return the full report of a song: that of `check`, with what a listener hears.

    Parameters
    ----------
    song : one with sound, in memory or in its folder
    listen : whether the recogniser and the beat tracker run; without them `words` and `tempo` are left out

    Returns
    -------
    dict
        as `check`, and `words`, `tempo`, `score` (0 to 1, see `score`), `advice`: what to try next

    Raises
    ------
    InputError : where the song has no sound
    MissingPart : where the recogniser or the beat tracker is not installed
    """
    audio = song.read_audio()
    report = _report(song, audio, with_ghost=True)
    if listen:
        from songsmith.evaluation.beats import heard_tempo

        report["words"] = _words(song, audio)
        report["tempo"] = {"asked": song.plan.tempo, "heard": heard_tempo(audio.mix, song.plan.tempo)}
    report["findings"] = findings(report)
    report["score"] = score(report)
    report["advice"] = advice(song, report)
    return report


def _report(
    song: Song, audio: Mix | None, with_ghost: bool = False, sum_error: float | None = None
) -> dict[str, Any]:
    report: dict[str, Any] = {
        "placement": placement(song),
        "timing": timing(song),
        "harmony": harmony(song),
        "structure": structure(song),
        "register": register(song),
    }
    if song.notes:
        report["tune"] = tune(song)
    if (read := style(song)) is not None:
        report["style"] = read
    if audio is not None:
        with ThreadPoolExecutor(max_workers=1) as beside:  # what needs no Python runs beside Praat, which does
            end_s = song.timeline.seconds(float(song.plan.beats))
            whole = beside.submit(sound, audio, end_s, sum_error)
            tone = beside.submit(colour, audio.mix)
            if audio.dry_vocals is not None and song.notes:
                track = pitch_track(audio.dry_vocals, song.performance.phonemes)
                report["voice"] = voice(song, audio.dry_vocals, track)
                if with_ghost:
                    report["voice"]["ghost_db"] = ghost_db(song, audio.dry_vocals, *track)
            report["sound"] = whole.result()
            if song.audio is None and song.folder is not None and (song.folder / "mix.mp3").is_file():
                report["sound"]["lossy"] = True  # its stems were coded each by itself
            report["dynamics"] = dynamics(song, audio.mix)
            report["colour"] = tone.result()
        report["mood"] = mood(song, report["colour"]["centroid_hz"], report["register"]["notes_per_second"])
    report["findings"] = findings(report)
    return report


def _words(song: Song, audio: Mix) -> dict[str, Any]:
    """Return what is understood of the words, or why that was not measured."""
    if audio.dry_vocals is None or not song.lyrics.syllables:
        return {"word_error": None, "skipped": "Nobody sings in this song."}
    if song.lyrics.language != "en":
        return {"word_error": None, "skipped": f"The recogniser hears English only, not {song.lyrics.language!r}."}
    from songsmith.evaluation.words import words

    return words(song.lyrics, audio.dry_vocals)


def _sound_of(song: Song) -> Mix | None:
    return song.read_audio() if song.audio is not None or song.folder is not None else None


def score(report: dict[str, Any]) -> float:
    """Return one number from 0 to 1 by which songs of one prompt can be ranked.

    The mean of what can fail a listener, each as a share of well done: notes in tune, words understood (where
    they were measured), chords fitted on strong beats, no clashes, the key, repeats alike, lively dynamics, style
    and mood as asked; every finding takes off a tenth.
    """
    parts: list[float] = [report["harmony"]["melody_chord_tones"], 1.0 - report["harmony"]["clashing_time"]]
    parts += [report["harmony"]["accompaniment_chord_tones"], report["harmony"]["key_agreement"]]
    if voice := report.get("voice"):
        parts += [voice["in_tune"], voice["legato"], min(1.0, voice["dynamic_range_db"] / 8.0)]
    words = report.get("words") or {}
    if words.get("word_error") is not None:
        parts += [max(0.0, 1.0 - words["word_error"])] * 2
    if report["structure"]["repeats_alike"] is not None:
        parts.append(report["structure"]["repeats_alike"])
    for side in ("mood", "style"):
        agrees = (report.get(side) or {}).get("agrees")
        if agrees is not None:
            parts.append(1.0 if agrees else 0.5)
    mean = sum(parts) / len(parts)
    return max(0.0, round(float(mean) - 0.1 * len(report["findings"]), 3))
