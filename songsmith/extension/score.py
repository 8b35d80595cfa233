"""A song continued on its score: new sections before its ending, and not a note of it changed.

The plan grows by whole bars. Old notes stay, or move with the sections after the new ones. The accompanist of the
song writes the new bars only; only new lines get a melody, which takes up the tunes of the song where their kind of
section has one. Tempo and key are the song's.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lyrics.values import Lyrics, Section
from songsmith.accompaniment import DEFAULT, song_timeline
from songsmith.accompaniment import accompanist as find_accompanist
from songsmith.accompaniment.feel import swing_melody
from songsmith.accompaniment.parts import Accompaniment, Part
from songsmith.cast import Cast, cast_voices, move_into_ranges
from songsmith.compose import compose
from songsmith.errors import InputError
from songsmith.extension.form import NewForm, between, moved, new_chords, new_form, place_in
from songsmith.extension.overlaps import apart, each_pitch_once
from songsmith.extension.recording import check_seconds, whole_bars
from songsmith.origins import is_accompanied, is_over
from songsmith.paper import LARGEST_SEED, Paper, check_seed, paper_of, read_lyrics
from songsmith.pipeline import Progress, render
from songsmith.plan import Plan, PlannedSection
from songsmith.presets import with_presets
from songsmith.score import Note, Score
from songsmith.seeds import generator
from songsmith.singing.voices import Voice, load_voice
from songsmith.song import Backend, Song
from songsmith.styles import Style, load_style
from songsmith.threads import single_threaded
from songsmith.timeline import Timeline
from songsmith.told import still_told
from songsmith.vary import check_soundfont

EARLY_BEATS = 0.1
"""A note this little before a bar line is that bar's, played ahead of the beat."""

STEADY_S = 2e-3


@single_threaded()
def continue_song(
    song: Song,
    by_s: float,
    lyrics: str | Path | Lyrics | None = None,
    *,
    from_s: float | None = None,
    before: bool = False,
    seed: int = 0,
    voice: str | None = None,
    style: str | None = None,
    accompanist: str | None = None,
    soundfont: str | Path | None = None,
    language: str | None = None,
    lexicon: Mapping[str, str] | str | Path | None = None,
    use_cache: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Song:
    """Return a song with new sections, played, sung and mixed.

    Parameters
    ----------
    by_s : how much longer, in seconds; kept to within a bar
    lyrics : of the new sections; None for a played section and the last chorus again
    from_s : they come before the section that begins nearest to this time; None for before the outro
    before : whether they are a new beginning
    seed : 0 goes on with the song's own, which takes up its tunes; another one gives other music
    voice, style : files of the user's own that the song was made with
    accompanist : None for the one that wrote the song's band
    soundfont, language, lexicon, use_cache, workers, progress, warn : as `songsmith.make` takes them

    Raises
    ------
    InputError : where the music of the song is no score, or the lyrics do not fit into the new bars
    """
    check_soundfont(song, soundfont)
    paper, form = continue_paper(
        song,
        by_s,
        lyrics,
        from_s=from_s,
        before=before,
        seed=seed,
        voice=voice,
        style=style,
        accompanist=accompanist,
        language=language,
        lexicon=lexicon,
    )
    longer = render(paper, soundfont=soundfont, use_cache=use_cache, workers=workers, progress=progress, warn=warn)
    did = Backend.of("score", bar=str(form.bar + 1), bars=str(form.bars), seed=str(seed))
    return replace(longer, provenance=longer.provenance.since(song.provenance, "extension", did))


def continue_paper(
    song: Song,
    by_s: float,
    lyrics: str | Path | Lyrics | None = None,
    *,
    from_s: float | None = None,
    before: bool = False,
    seed: int = 0,
    voice: str | None = None,
    style: str | None = None,
    accompanist: str | None = None,
    language: str | None = None,
    lexicon: Mapping[str, str] | str | Path | None = None,
) -> tuple[Paper, NewForm]:
    """Return a song with new sections on paper, and what is new; the arguments are those of `continue_song`."""
    check_seconds(by_s)
    check_seed(seed)
    if before and from_s is not None:
        raise InputError("--before and --from say two places: leave out one of them")
    if is_over(song) or is_accompanied(song) or not song.parts:
        raise InputError("part of the song is a recording, which has no score to go on: extend its mix file instead")
    words = None if lyrics is None else read_lyrics(lyrics, language=language, lexicon=lexicon)
    if words is not None and song.lyrics.syllables and words.language != song.lyrics.language:
        raise InputError(f"the song is sung in {song.lyrics.language!r}, the new lyrics are {words.language!r}")
    if song.folder is not None:
        song = with_presets(song, voice, style)
    values = load_style(song.brief.style)
    plan, per_bar = song.plan, song.plan.beats_per_bar
    bars = whole_bars(by_s, per_bar * 60.0 / plan.tempo)
    index, moved_to = place_in(plan, from_s, before)
    form = new_form(song, index, bars, words, before)
    start, added = float(form.bar * per_bar), float(bars * per_bar)
    chords = (
        *between(song.chords, 0.0, start),
        *new_chords(song, form, values),
        *moved(between(song.chords, start, float("inf")), added),
    )
    longer = Plan(
        plan.tempo,
        plan.key,
        plan.meter,
        (
            *plan.sections[:index],
            *form.sections,
            *(replace(section, bar=section.bar + bars) for section in plan.sections[index:]),
        ),
        chords,
    )
    brief = replace(song.brief, instrumental=song.brief.instrumental and words is None)
    own = song.seed if seed == 0 else int(generator(song.seed, "extend", seed).integers(LARGEST_SEED))
    written_by = song.provenance.backend("accompanist")
    player = accompanist or (written_by.name if written_by is not None else DEFAULT)
    timeline = _timeline(song, longer, start, added)
    fresh = find_accompanist(player).accompany(longer, brief, own)
    parts = _spliced(song.parts, {part.name: part for part in fresh.parts}, start, added)
    accompaniment = Accompaniment(parts, timeline, chords)
    lead = load_voice(brief.voice, brief.performance or None)
    sung, first = _lyrics(song, form, words)
    cast = cast_voices(sung, brief.voice)
    notes = _notes(song, form, first, start, added)
    if form.words:
        numbers = range(first, first + sum(len(line.syllables) for s in form.words for line in s.lines))
        new = _melody(sung, longer, accompaniment, lead, own, values, cast, song, numbers)
        notes = tuple(sorted((*notes, *new), key=lambda note: (note.syllable, note.onset)))
    score = Score(apart(notes), chords, sung, longer)
    told = (*still_told(song), *((moved_to,) if moved_to else ()))
    return paper_of(song.title, song.seed, brief, values, lead, cast, accompaniment, score, told=told), form


def _timeline(song: Song, plan: Plan, start: float, added: float) -> Timeline:
    """Return the beats of the longer song: steady where the song's are, else its own with new ones between."""
    steady = song_timeline(song.plan)
    if all(abs(a - b) <= STEADY_S for a, b in zip(steady.beats, song.timeline.beats, strict=False)):
        longer = song_timeline(plan)
        beats = list(longer.beats)
        while len(beats) < len(song.timeline.beats) + int(added):  # as long to ring on as the song has
            beats.append(round(len(beats) * 60.0 / plan.tempo, 6))
        return replace(longer, beats=tuple(beats))
    beat_s = 60.0 / plan.tempo
    own, at = song.timeline.beats, round(start)
    count = round(added)
    times = (
        *own[:at],
        *(round(own[at] + k * beat_s, 6) for k in range(count)),
        *(round(t + count * beat_s, 6) for t in own[at:]),
    )
    return Timeline(song.timeline.tempo, times, tuple(range(0, len(times), plan.beats_per_bar)))


def _spliced(old: Sequence[Part], fresh: Mapping[str, Part], start: float, added: float) -> tuple[Part, ...]:
    """Return the parts of a song with new bars in them: old notes stay, or move; the new ones keep to their bars."""
    edge, end = start - EARLY_BEATS, start + added
    parts = []
    for part in old:
        notes = [note for note in part.notes if note.onset < edge]
        late = [replace(note, onset=round(note.onset + added, 6)) for note in part.notes if note.onset >= edge]
        new = fresh[part.name].notes if part.name in fresh else ()
        notes += [
            replace(note, duration=round(min(note.duration, end - note.onset), 6))
            for note in new
            if edge <= note.onset < end - EARLY_BEATS
        ]
        parts.append(replace(part, notes=each_pitch_once([*notes, *late])))
    return tuple(parts)


def _lyrics(song: Song, form: NewForm, words: Lyrics | None) -> tuple[Lyrics, int]:
    """Return the words of the longer song, lines counted anew, and the number of the first new syllable."""
    sung_before = sum(any(section.voice) for section in song.plan.sections[: form.index])
    sections = list(song.lyrics.sections)
    sung = [k for k, section in enumerate(sections) if not section.is_instrumental]
    place = sung[sung_before - 1] + 1 if sung_before else 0
    new: Sequence[Section] = form.words
    if form.again is not None and any(form.again.voice):
        new = (sections[sung[_sung_place(song.plan, form.again)]],)
    first = sum(len(line.syllables) for section in sections[:place] for line in section.lines)
    sections[place:place] = new
    number, counted = 0, []
    for section in sections:
        lines = []
        for line in section.lines:
            number += 1
            lines.append(replace(line, number=number))
        counted.append(replace(section, lines=tuple(lines)))
    notes = song.lyrics.notes if words is None else (*song.lyrics.notes, *words.notes)
    language = song.lyrics.language if song.lyrics.syllables or words is None else words.language
    return replace(song.lyrics, language=language, sections=tuple(counted), notes=notes), first


def _sung_place(plan: Plan, section: PlannedSection) -> int:
    """Return how many sections with words come before one."""
    return sum(any(other.voice) for other in plan.sections if other.bar < section.bar)


def _notes(song: Song, form: NewForm, first: int, start: float, added: float) -> tuple[Note, ...]:
    """Return the notes of the song, those after the new sections moved, and those that are sung again."""
    again: list[Note] = []
    count = sum(len(line.syllables) for section in form.words for line in section.lines)
    if form.again is not None and any(form.again.voice):
        place = _sung_place(song.plan, form.again)
        sung = [section for section in song.lyrics.sections if not section.is_instrumental]
        begin = sum(len(line.syllables) for section in sung[:place] for line in section.lines)
        count = sum(len(line.syllables) for line in sung[place].lines)
        later = float((form.sections[-1].bar - form.again.bar) * song.plan.beats_per_bar)
        again = [
            replace(note, onset=round(note.onset + later, 6), syllable=note.syllable - begin + first)
            for note in song.notes
            if begin <= note.syllable < begin + count
        ]
    kept = [note for note in song.notes if note.syllable < first]
    after = [
        replace(note, onset=round(note.onset + added, 6), syllable=note.syllable + count)
        for note in song.notes
        if note.syllable >= first
    ]
    return (*kept, *again, *after)


def _melody(
    sung: Lyrics,
    plan: Plan,
    accompaniment: Accompaniment,
    lead: Voice,
    seed: int,
    style: Style,
    cast: Cast,
    song: Song,
    numbers: range,
) -> tuple[Note, ...]:
    """Return notes for the new words: composed with the whole song in mind, of which nothing else is taken."""
    home = (lead.range.comfortable_lowest, lead.range.comfortable_highest)
    score = compose(sung, plan, accompaniment, home, seed, style.syncopation)
    score = replace(score, notes=swing_melody(score.notes, plan, style, song.brief.groove))
    score = move_into_ranges(score, cast, song.brief.voice)
    return tuple(note for note in score.notes if note.syllable in numbers)
