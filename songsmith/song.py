"""The whole song as one value: what was asked, written, planned, played, sung and rendered, and what did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lyrics.values import Lyrics
from songsmith.accompaniment.parts import Part
from songsmith.audio import Audio
from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.kept import Kept
from songsmith.mixing.loudness import Measured
from songsmith.mixing.strip import Strip
from songsmith.performance import Performance
from songsmith.plan import Chord, Plan
from songsmith.score import Note
from songsmith.timeline import Timeline


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """The rendered sound of a song.

    Parameters
    ----------
    mix : stereo
    stems : name to stereo audio of the mix's own length, after every effect and gain: they sum to `mix`
    dry_vocals : the lead vocal before any effect, mono; None in an instrumental
    strips : what the mix did to the stems of voices, where that is known: with it a line can be sung anew in it
    kept : the files that hold this sound already, but for some pieces, where it came from a folder
    measured : what the mixer measured of `mix`, None where it did not make it
    """

    mix: Audio
    stems: Mapping[str, Audio]
    dry_vocals: Audio | None = None
    strips: Mapping[str, Strip] = field(default_factory=dict)
    kept: Kept | None = None
    measured: Measured | None = None

    @property
    def known(self) -> Measured | None:
        """What was measured of the very samples of the mix, None where nothing was."""
        return self.measured if self.measured is not None and self.measured.samples is self.mix.samples else None


VOICE_KINDS = ("second", "harmony", "double", "backing")


@dataclass(frozen=True, slots=True, eq=False)
class VoicePart:
    """A voice beside the lead: a second singer, a harmony, a double of the lead, or one singing `(backing)` words.

    Parameters
    ----------
    name : unique in its song
    kind : one of `VOICE_KINDS`
    voice : name of the voice preset that sings it
    pan, level_db : where it stands, -1 to 1, and its level against the lead's
    lyrics : what it sings, in lines numbered as in the song; syllables are counted from 0 within it
    notes, performance : as those of the lead, for these lyrics
    """

    name: str
    kind: str
    voice: str
    pan: float
    level_db: float
    lyrics: Lyrics
    notes: tuple[Note, ...]
    performance: Performance

    def __post_init__(self) -> None:
        if self.kind not in VOICE_KINDS:
            raise InputError(f"voice {self.name!r}: kind {self.kind!r} is not known: use {', '.join(VOICE_KINDS)}")
        if not -1.0 <= self.pan <= 1.0 or not -60.0 <= self.level_db <= 12.0:
            raise InputError(f"voice {self.name!r}: pan {self.pan} or level {self.level_db} dB is out of range")


@dataclass(frozen=True, slots=True)
class Backend:
    """What did one job: its name, and facts about it (`version`, `weights_sha256`, ...) as name and value."""

    name: str
    facts: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, name: str, **facts: str) -> Backend:
        """Return a backend with its facts as keywords: `Backend.of("heart", version="0.2.1")`."""
        return cls(name, tuple(facts.items()))


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made the song.

    Parameters
    ----------
    songsmith : version of songsmith
    backends : role (`lyricist`, `accompanist`, `singer`, `soundfont`, ...) and what filled it, None where
        nothing did (the lyrics were given)
    warnings : what the listener should know, in plain words
    """

    songsmith: str
    backends: tuple[tuple[str, Backend | None], ...] = ()
    warnings: tuple[str, ...] = ()

    def backend(self, role: str) -> Backend | None:
        """Return what filled a role, None where nothing did."""
        return dict(self.backends).get(role)

    def since(self, earlier: Provenance, role: str, did: Backend) -> Provenance:
        """Return this one with what an earlier one says of the roles that it leaves open, and one role more."""
        roles = dict(earlier.backends)
        roles.update({name: one for name, one in self.backends if one is not None})
        roles[role] = did
        return replace(self, backends=tuple(roles.items()))


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """A song: everything needed to make it again, edit it or judge it.

    Parameters
    ----------
    title : what it is called
    seed : the integer that decided everything left open
    brief, lyrics, plan, timeline, chords, notes, parts, performance : the values of each stage; notes and
        performance hold the lead only
    voices : second singers, harmonies, doubles and backing words
    provenance : what made it
    report : what `songsmith.evaluation.check` measured, None before that
    audio : the rendered sound, where it is in memory
    folder : where the song was loaded from, if it was; its sound is read from there when asked for
    """

    title: str
    seed: int
    brief: Brief
    lyrics: Lyrics
    plan: Plan
    timeline: Timeline
    chords: tuple[Chord, ...]
    notes: tuple[Note, ...]
    parts: tuple[Part, ...]
    performance: Performance
    provenance: Provenance
    voices: tuple[VoicePart, ...] = ()
    report: Mapping[str, Any] | None = None
    audio: Mix | None = field(default=None, repr=False)
    folder: Path | None = None

    def read_audio(self) -> Mix:
        """Return the rendered sound: the one in memory, or else the files of the song's folder.

        Raises InputError where there is neither.
        """
        from songsmith.songfolder import read_mix

        if self.audio is not None:
            return self.audio
        if self.folder is None:
            raise InputError(f"song {self.title!r} has no sound yet: render it, or load it from its folder")
        return read_mix(self.folder)

    def save(self, folder: str | Path, overwrite: bool = False, audio_format: str = "wav") -> Path:
        """Write the song's folder and return its path; see `songsmith.project.save`."""
        from songsmith.project import save

        return save(self, Path(folder), overwrite, audio_format)
