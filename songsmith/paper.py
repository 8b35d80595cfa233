"""A song on paper: everything that is decided before any sound, and the stages that decide it.

Brief -> Lyrics -> Plan -> Accompaniment -> Score -> Performance. Every stage is a public function of its own;
`write_paper` only calls them in order. `songsmith.pipeline.render` makes the sound of a paper.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lyrics.errors import LyricsError, MissingData
from lyrics.lexicon import read_lexicon
from lyrics.parse import parse_sheet, read_sheet
from lyrics.text import printable
from lyrics.values import Lyrics
from songsmith import __version__
from songsmith.accompaniment import DEFAULT, accompanist_backend
from songsmith.accompaniment import accompanist as find_accompanist
from songsmith.accompaniment.feel import swing_melody
from songsmith.accompaniment.parts import Accompaniment
from songsmith.align import perform
from songsmith.backing import arrange_backing
from songsmith.brief import Brief, Groove
from songsmith.cast import Cast, cast_voices, move_into_ranges
from songsmith.compose import compose
from songsmith.errors import InputError, MissingPart
from songsmith.form import form_warnings, plan_song
from songsmith.melodics import melody_faults
from songsmith.performance import Performance
from songsmith.plan import Plan
from songsmith.prompt import Overrides, Reading, understand
from songsmith.score import Score
from songsmith.seeds import generator
from songsmith.setting import open_tune, plan_setting, set_words, setting_warnings
from songsmith.singing.voices import Voice, load_voice
from songsmith.song import Backend, Mix, Provenance, Song, VoicePart
from songsmith.styles import Style
from songsmith.timeline import Meter
from songsmith.told import score_warnings
from songsmith.writing import Wishes, draft_words, lyricist_backend

LARGEST_SEED = 2**63 - 1
SHEET_SUFFIX = ".txt"
TITLE_WORDS = 8
MELODIES_TRIED = 3
FAULTY, PUT_ASIDE = "the melody has a fault", "the first melody was put aside"
"""How the sentences begin that tell of a composed melody what is wrong with it, or was with the first one."""


@dataclass(frozen=True, slots=True, eq=False)
class Paper:
    """The values of every stage before the sound, and what is needed to render them.

    Parameters
    ----------
    title, seed : of the song
    brief, style, voice : what the prompt and the flags ask for
    lyrics : without sections in an instrumental
    plan, accompaniment, score, performance : see their modules
    cast : which voice sings which line
    voices : the voices beside the lead
    backends : role and what filled it on paper (`lyricist`, `accompanist`)
    warnings : what the listener should know, in plain words
    """

    title: str
    seed: int
    brief: Brief
    style: Style
    voice: Voice
    lyrics: Lyrics
    plan: Plan
    accompaniment: Accompaniment
    score: Score
    performance: Performance
    cast: Cast
    voices: tuple[VoicePart, ...] = ()
    backends: tuple[tuple[str, Backend | None], ...] = ()
    warnings: tuple[str, ...] = ()


def song_of(paper: Paper, backends: tuple[tuple[str, Backend | None], ...], audio: Mix | None = None) -> Song:
    """Return the song of a paper with what filled each role and its sound, if any, before it is checked."""
    return Song(
        title=paper.title,
        seed=paper.seed,
        brief=paper.brief,
        lyrics=paper.lyrics,
        plan=paper.plan,
        timeline=paper.accompaniment.timeline,
        chords=paper.accompaniment.chords,
        notes=paper.score.notes,
        parts=paper.accompaniment.parts,
        performance=paper.performance,
        voices=paper.voices,
        provenance=Provenance(__version__, backends, paper.warnings),
        audio=audio,
    )


def write_paper(
    prompt: str,
    lyrics: str | Path | Lyrics | None = None,
    seed: int = 0,
    *,
    style: str | None = None,
    tempo: float | None = None,
    key: str | None = None,
    meter: str | None = None,
    voice: str | None = None,
    performance: str | None = None,
    accompanist: str = DEFAULT,
    length_s: float | None = None,
    melody: str | Path | None = None,
    lexicon: Mapping[str, str] | str | Path | None = None,
    language: str | None = None,
    instrumental: bool = False,
    lyricist: str = "corpus",
    fetch: bool = False,
) -> Paper:
    """Write a whole song on paper; the arguments are those of `songsmith.pipeline.make`."""
    check_seed(seed)
    _check_length(length_s)
    asked = Overrides(style, tempo, key, meter, voice, performance)
    reading = understand(prompt, seed, asked)
    tune = None
    if melody is not None:
        tune, asked = open_tune(melody, asked, reading.brief)
        before, reading = reading, understand(prompt, seed, asked)
    style_values, told = reading.style, list(reading.warnings)
    if tune is not None:
        told += _overruled(before, reading.brief)
    if reading.brief.instrumental and lyrics is not None and not instrumental:
        told.append("the prompt asks for an instrumental, but there are lyrics: they are sung")
    silent = instrumental or (reading.brief.instrumental and lyrics is None)
    brief = replace(reading.brief, instrumental=silent, length_s=length_s or reading.brief.length_s)
    wordless = lyrics is None and not silent
    if wordless:
        asked_length = replace(reading, brief=brief)
        lyrics = draft_words(asked_length, seed, Wishes(language=language or "en"), lyricist, fetch=fetch)[0].text
    words = read_lyrics(lyrics, language=language, lexicon=lexicon, instrumental=silent)
    singer_voice = load_voice(brief.voice, brief.performance or None)
    player = find_accompanist(accompanist)
    if tune is None:
        plan = plan_song(brief, words, style_values, seed, length_s)
        told += form_warnings(brief, words, style_values, length_s)
    elif silent:
        raise InputError("a melody was given for an instrumental, which nobody sings: give lyrics, or leave it out")
    else:
        setting = set_words(tune, words, brief.tempo, Meter.parse(brief.meter), style_values)
        plan, notes = plan_setting(brief, words, setting, style_values, seed, length_s)
        told += setting.remarks
        told += setting_warnings(brief, words, setting, style_values, length_s)
    accompaniment = player.accompany(plan, brief, seed)
    comfortable = (singer_voice.range.comfortable_lowest, singer_voice.range.comfortable_highest)
    cast = cast_voices(words, brief.voice)
    if tune is not None:
        score = move_into_ranges(Score(notes, accompaniment.chords, words, plan), cast, brief.voice)
    elif words.syllables:
        score, remarks = write_melody(words, plan, accompaniment, comfortable, seed, style_values, brief.groove)
        told += remarks
        score = move_into_ranges(score, cast, brief.voice)
    else:
        score = Score((), accompaniment.chords, words, plan)
    backends = (
        ("lyricist", lyricist_backend(lyricist) if wordless else None),
        ("accompanist", accompanist_backend(accompanist)),
        *_tune_backend(melody),
    )
    title = title_of(words, brief.prompt)
    return paper_of(title, seed, brief, style_values, singer_voice, cast, accompaniment, score, backends, told)


def paper_of(
    title: str,
    seed: int,
    brief: Brief,
    style: Style,
    voice: Voice,
    cast: Cast,
    accompaniment: Accompaniment,
    score: Score,
    backends: tuple[tuple[str, Backend | None], ...] = (),
    told: Sequence[str] = (),
) -> Paper:
    """Return the paper of a score: its performance, the voices beside the lead, and what is to be told of both.

    Parameters
    ----------
    score : its lines where their singers sing them
    told : what is to be told already, before what the singers say
    """
    voices, missed = arrange_backing(score, accompaniment.timeline, cast, seed, brief)
    warnings = (*told, *cast.warnings, *score_warnings(score, accompaniment.timeline, cast), *missed)
    return Paper(
        title=title,
        seed=seed,
        brief=brief,
        style=style,
        voice=voice,
        lyrics=score.lyrics,
        plan=score.plan,
        accompaniment=accompaniment,
        score=score,
        performance=perform(score, accompaniment.timeline, voice, seed),
        cast=cast,
        voices=voices,
        backends=backends,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def write_melody(
    words: Lyrics,
    plan: Plan,
    accompaniment: Accompaniment,
    home: tuple[int, int],
    seed: int,
    style: Style,
    groove: Groove,
) -> tuple[Score, tuple[str, ...]]:
    """Return the melody of a seed, or where that is faulty the best of a few, and what is to be told of it.

    Parameters
    ----------
    home : lowest and highest MIDI note
    style, groove : which swing the voice shares with the band, section by section
    """
    written: list[tuple[int, int, Score, tuple[str, ...]]] = []
    for attempt in range(MELODIES_TRIED):
        own_seed = seed if attempt == 0 else int(generator(seed, "melody", attempt).integers(LARGEST_SEED))
        score = compose(words, plan, accompaniment, home, own_seed, style.syncopation)
        faults = melody_faults(score)
        written.append((len(faults), attempt, score, faults))
        if not faults:
            break
    left, attempt, score, _ = min(written, key=lambda melody: melody[:2])
    score = replace(score, notes=swing_melody(score.notes, plan, style, groove))
    if attempt == 0 and not left:
        return score, ()
    first = "; ".join(written[0][3])
    if attempt == 0:
        return score, (f"{FAULTY} that {len(written) - 1} others did not mend: {first}",)
    return score, (f"{PUT_ASIDE} ({first}): this is number {attempt + 1}",)


def _overruled(before: Reading, brief: Brief) -> list[str]:
    """Return what a prompt names and the tune has otherwise."""
    named = {decision.name for decision in before.understood}
    return [
        f"the prompt asks for the {what} {_plain(getattr(before.brief, what))}, the melody has "
        f"{_plain(getattr(brief, what))}: the melody's is taken"
        for what in ("tempo", "key", "meter")
        if what in named and getattr(before.brief, what) != getattr(brief, what)
    ]


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _tune_backend(melody: str | Path | None) -> tuple[tuple[str, Backend | None], ...]:
    """Return what is told of the file of a tune: its name and hash, nothing where the melody was composed."""
    if melody is None:
        return ()
    digest = hashlib.sha256(Path(melody).read_bytes()).hexdigest()
    return (("melody", Backend.of(printable(Path(melody).name), sha256=digest)),)


def read_lyrics(
    lyrics: str | Path | Lyrics | None,
    *,
    language: str | None = None,
    lexicon: Mapping[str, str] | str | Path | None = None,
    instrumental: bool = False,
) -> Lyrics:
    """Return the lyrics, parsed; raise InputError where they cannot be sung.

    Parameters
    ----------
    lyrics : the text of a sheet, its path (a `Path`, or one line that ends in `.txt`), or a parsed one
    language : of the text; None for what its `# Language:` line says, or else English
    lexicon : pronunciations of lower-case words that come before the dictionary's, or the path of a file of them
        (a `Path` or a text); a parsed sheet has its language and its pronunciations already, and takes neither
    instrumental : whether nobody sings: the result has no sections then
    """
    if instrumental:
        if lyrics is not None:
            raise InputError("lyrics were given for an instrumental, which has none: leave out one of the two")
        return Lyrics(language or "en", ())
    if lyrics is None:
        raise InputError("no lyrics were given: give a sheet, its text or its path")
    try:
        if isinstance(lyrics, Lyrics) and not (language is None and lexicon is None):
            given = "language" if language is not None else "lexicon"
            raise InputError(
                f"{given}= does nothing to lyrics that are parsed: give their text or the path of the sheet"
            )
        if isinstance(lexicon, str | Path):
            lexicon = read_lexicon(Path(lexicon), language)
        if isinstance(lyrics, str) and lyrics.endswith(SHEET_SUFFIX) and "\n" not in lyrics:
            lyrics = Path(lyrics)
        if isinstance(lyrics, str):
            return parse_sheet(lyrics, language, lexicon)
        if isinstance(lyrics, Path):
            return read_sheet(lyrics, language, lexicon)
    except LyricsError as err:
        raise InputError(str(err)) from err
    except MissingData as err:
        raise MissingPart(str(err)) from err
    if not lyrics.syllables:
        raise InputError("the lyrics have no words to sing: give at least one line")
    return lyrics


def title_of(lyrics: Lyrics, prompt: str = "") -> str:
    """Return the title of a song: its sheet's, or the first words of its chorus or first line, or of its prompt."""
    if lyrics.title:
        return printable(lyrics.title)
    sung = [section for section in lyrics.sections if not section.is_instrumental]
    if sung:
        section = next((s for s in sung if s.kind in ("chorus", "hook")), sung[0])
        line = next(line for line in section.lines if line.words)
        words = [word.text.replace("~", "") for word in line.words]
    else:
        words = re.split(r"[,;.:]", prompt)[0].split() or ["Song"]
    title = printable(" ".join(words[:TITLE_WORDS])).strip(" ,;:.!?-")
    return title[:1].upper() + title[1:]


def check_seed(seed: int) -> None:
    """Refuse a seed that cannot be."""
    if type(seed) is not int or not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"seed {seed!r} is out of range: use a whole number from 0 to {LARGEST_SEED}")


def _check_length(length_s: float | None) -> None:
    """Refuse a length that cannot be."""
    if length_s is not None and not (math.isfinite(length_s) and length_s > 0):
        raise InputError(f"length {length_s:g} s is not possible: use a number of seconds above 0")
