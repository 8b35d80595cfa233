"""`songsmith.extend`: music that is there made longer, as if it had been played on.

A recording is separated and analysed, and goes on in its own sound; a song of songsmith goes on on its score.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, overload

from lyrics.values import Lyrics
from songsmith.accompaniment import DEFAULT
from songsmith.analysis import Analysis, analyse
from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.extension.files import Source, read_source
from songsmith.extension.further import Further, add_parts
from songsmith.extension.longer import Longer
from songsmith.extension.measures import loudness_between, measure_seams, roughest
from songsmith.extension.recording import LOOK_BACK_BARS, Extended, check_seconds, play_on
from songsmith.extension.score import continue_song
from songsmith.extension.singing import Sung, check_fits, sing_on
from songsmith.extension.taken_up import tune_over
from songsmith.paper import check_seed, read_lyrics
from songsmith.pipeline import Progress
from songsmith.song import Song
from songsmith.songfolder import SONG_FILE, check_score, load
from songsmith.threads import single_threaded
from songsmith.timeline import Meter

LEADS_TRIED = 3
"""How many places before the downbeat are tried for joins that do not click."""


@overload
def extend(source: Audio, by_s: float, lyrics: str | Path | Lyrics | None = None, **options: Any) -> Longer: ...


@overload
def extend(source: Song, by_s: float, lyrics: str | Path | Lyrics | None = None, **options: Any) -> Song: ...


@overload
def extend(
    source: str | Path, by_s: float, lyrics: str | Path | Lyrics | None = None, **options: Any
) -> Longer | Song: ...


def extend(
    source: str | Path | Audio | Song,
    by_s: float,
    lyrics: str | Path | Lyrics | None = None,
    **options: Any,
) -> Longer | Song:
    """Make a recording or a song longer; what comes in comes out, and is written by its `save`.

    Parameters
    ----------
    source : a file, sound in memory, the folder of a song, or a song
    by_s : how much longer, in seconds; kept to within a bar
    lyrics : sung over the new bars, as `songsmith.make` takes them; None for music without words
    options : keywords of `extend_recording`, or of `songsmith.extension.score.continue_song` for a song
    """
    if isinstance(source, Song):
        return continue_song(source, by_s, lyrics, **options)
    if is_song_folder(source):
        return continue_song(load(source), by_s, lyrics, **options)  # type: ignore[arg-type]
    return extend_recording(source, by_s, lyrics, **options)


def is_song_folder(source: object) -> bool:
    """Tell whether something is the folder of a song; raise InputError for a folder that is none."""
    if not isinstance(source, str | Path):
        return False
    folder = Path(source).expanduser()
    if not folder.is_dir():
        return False
    check_score(folder)
    if not (folder / SONG_FILE).is_file():
        raise InputError(
            f"{folder}: holds no {SONG_FILE}, so it is not a song's; give a recording or a song's folder"
        )
    return True


@single_threaded()
def extend_recording(
    recording: str | Path | Audio,
    by_s: float,
    lyrics: str | Path | Lyrics | None = None,
    *,
    from_s: float | None = None,
    before: bool = False,
    new_parts: bool = False,
    take_up: bool = False,
    seed: int = 0,
    prompt: str = "",
    voice: str | None = None,
    tempo: float | None = None,
    separator: str | None = None,
    stems: Mapping[str, Audio] | None = None,
    accompanist: str = DEFAULT,
    soundfont: str | Path | None = None,
    language: str | None = None,
    lexicon: Mapping[str, str] | str | Path | None = None,
    use_cache: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Longer:
    """Return a recording made longer.

    Parameters
    ----------
    recording : a file, or sound in memory
    by_s : how much longer, in seconds; kept to within a bar
    lyrics : sung over the new bars; None for music without words
    from_s : the new bars come in at the bar line nearest to this time, and the rest follows; None for where the
        ending of the recording begins
    before : whether they are a new beginning
    new_parts : whether an accompanist adds a part to them
    take_up : whether what its voice sang over the bars that are played again is taken up: the new lyrics are sung on
        it, and without lyrics an instrument plays it
    seed : decides melody and new parts
    prompt : words about how to sing and to play what is new
    voice : of the singer
    tempo : of the recording, quarter notes a minute, where you know better than the analysis
    separator : name of what separates it, as `songsmith.separate` takes it
    stems : of the recording, where you have them: `vocals`, `drums`, `bass`, `other`; nothing is separated then
    accompanist, soundfont : of the new parts
    language, lexicon, use_cache, workers, progress, warn : as `songsmith.make` takes them

    Raises
    ------
    InputError : where no beat is found in the recording, or the lyrics do not fit into the new bars
    MissingPart : where a part is not installed
    """
    tell = progress or (lambda stage, share: None)
    check_seed(seed)
    check_seconds(by_s)
    words = None if lyrics is None else read_lyrics(lyrics, language=language, lexicon=lexicon)
    source = read_source(recording)
    audio = source.audio
    if words is not None and audio.channels > 2:
        raise InputError(f"the recording has {audio.channels} channels: to sing over it, give it in mono or stereo")
    tell("listening", 0.0)
    analyse(audio, tempo=tempo)  # what is no music is refused before it is separated
    tell("listening", 0.5)
    if stems is None:
        stems, model = _separated(audio, separator, workers, tell)
    else:
        _check_stems(audio, stems)
        model = "given"
    found = analyse(audio, stems, tempo=tempo)
    tell("listening", 1.0)
    tell("playing", 0.0)
    extended = smoothest(audio, by_s, stems, found, from_s=from_s, before=before, for_voice=words is not None)
    if words is not None:
        check_fits(words, extended.timeline.tempo, Meter.parse(extended.meter), len(extended.bars))
    tune = tune_over(extended, found.melody) if take_up else None
    further = None
    if new_parts or (tune is not None and words is None):
        extended, further = add_parts(
            extended,
            seed,
            sung=words is not None,
            tune=tune if words is None else None,
            tuning=found.tuning,
            prompt=prompt,
            accompanist=accompanist,
            soundfont=soundfont,
            workers=workers,
        )
    tell("playing", 1.0)
    sung = None
    if words is not None:
        extended, sung = sing_on(
            extended,
            words,
            seed,
            found.confidence,
            tune=tune,
            prompt=prompt,
            voice=voice,
            use_cache=use_cache,
            workers=workers,
            progress=progress,
            warn=warn,
        )
    return _measured(extended, source, model, found, seed, sung, further)


def smoothest(audio: Audio, by_s: float, stems: Mapping[str, Audio], found: Analysis, **options: Any) -> Extended:
    """Return a longer recording whose joins lie where they are heard least; the arguments are those of `play_on`."""
    tried: list[tuple[float, int, Extended]] = []
    for rank in range(LEADS_TRIED):
        extended = play_on(audio, by_s, stems, found, lead_rank=rank, **options)
        seams_s = tuple(t for t in (*extended.new_s, *extended.joins_s) if t > 1.0)
        tried.append((roughest(extended.mix, audio, seams_s, extended.before_s), rank, extended))
        if tried[-1][0] <= 1.0:
            break
    return min(tried, key=lambda one: one[:2])[2]


def _separated(audio: Audio, separator: str | None, workers: int, tell: Progress) -> tuple[dict[str, Audio], str]:
    from songsmith.separation import default_model, separate

    name = separator or default_model()
    return separate(audio, 4, name, workers=workers, progress=tell), name


def _check_stems(audio: Audio, stems: Mapping[str, Audio]) -> None:
    for name, stem in stems.items():
        if stem.samples.shape != audio.samples.shape or stem.sample_rate != audio.sample_rate:
            raise InputError(
                f"stem {name!r} has not the length, rate and channels of the recording: separate it again"
            )
    if not stems:
        raise InputError("no stems were given: give at least one, or leave them out")


def _measured(
    extended: Extended,
    source: Source,
    model: str,
    found: Analysis,
    seed: int,
    sung: Sung | None,
    further: Further | None,
) -> Longer:
    """Return the longer recording with what is heard at its seams."""
    start, end = extended.new_s
    beat_s = 60.0 / extended.timeline.tempo
    seams_s = tuple(t for t in (start, end) if t > 1.0)
    per_bar = Meter.parse(extended.meter).beats_per_bar
    bar_s = per_bar * beat_s
    seams = measure_seams(
        extended.mix, source.audio, (*seams_s, *extended.joins_s), bar_s, per_bar, extended.before_s
    )
    back_s = LOOK_BACK_BARS * bar_s
    if extended.seam_s > 0:
        around = loudness_between(extended.mix, max(0.0, start - back_s), start)
    else:
        around = loudness_between(extended.mix, end, end + back_s)
    notes = [*extended.notes, f"separated by {model}"]
    if sung is not None:
        notes += sung.paper.warnings
    if further is not None:
        notes += further.notes
    return Longer(
        extended=extended,
        source=source,
        separator=model,
        found=found,
        seams=seams[: len(seams_s)],
        joins=seams[len(seams_s) :],
        loudness_lufs=(around, loudness_between(extended.mix, start, end)),
        seed=seed,
        sung=sung,
        further=further,
        notes=tuple(dict.fromkeys(notes)),
    )
