"""A DiffSinger voicebank on disk: its configuration, its phonemes, and which files it consists of.

The layout is the one that OpenUtau reads: `dsconfig.yaml` in the bank's folder names the rest; the vocoder has a
folder with a `vocoder.yaml`, the variance model may have one, too (`dsvariance/dsconfig.yaml`). Banks come from
strangers: only plain values are read, every file has to lie inside the bank, and sizes are bounded.
Source: the configuration keys and their defaults, https://github.com/openvpi/DiffSinger (deployment) and
https://github.com/stakira/OpenUtau (OpenUtau.Core/DiffSinger).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from songsmith.errors import InputError, MissingPart
from songsmith.shown import shown
from songsmith.tables import Table

CONFIG, VOCODER_CONFIG = "dsconfig.yaml", "vocoder.yaml"
DICTIONARIES = ("dsdict-{language}.yaml", "dsdict.yaml")
CURVES = ("energy", "breathiness", "voicing", "tension")
LARGEST_TEXT, LARGEST_DICTIONARY, LARGEST_MODEL, MOST_PHONEMES = 300_000, 3 * 10**7, 2 * 10**9, 20_000
"""Bytes, and entries."""

INSTALL = "pip install pyyaml"


@dataclass(frozen=True, slots=True)
class Mel:
    """What the acoustic model and the vocoder have to agree on; `base` may differ, it is converted."""

    sample_rate: int
    hop_size: int
    bins: int
    base: str

    @property
    def frame_s(self) -> float:
        return self.hop_size / self.sample_rate


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What an acoustic or a variance model needs to know about its inputs.

    Parameters
    ----------
    frame_s : seconds
    phonemes, languages : name to number; no languages where the models ask for none
    speaker : file of the speaker's vector, None for a bank of one speaker
    hidden_size : length of that vector
    is_continuous : whether sampling is told its number of steps, not by how much it is sped up
    depth : share of the sampling that shallow diffusion does, None without it
    by_word : whether the linguistic encoder is given words, not phonemes, with their lengths
    predicted : the curves that a variance model predicts
    key_shift : semitones by which gender -1 and 1 shift the formants
    """

    frame_s: float
    phonemes: Mapping[str, int]
    languages: Mapping[str, int]
    speaker: Path | None
    hidden_size: int
    is_continuous: bool
    depth: float | None
    by_word: bool
    predicted: tuple[str, ...]
    key_shift: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Variance:
    """The models that predict energy, breathiness and the like."""

    part: Part
    linguistic: Path
    model: Path


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """A voicebank.

    Parameters
    ----------
    name : of its folder
    part : of the acoustic model
    mel, vocoder_mel : what the acoustic model makes and what the vocoder takes
    replacements : English phonemes, lower-case ARPAbet, to those of the bank, as its dictionary says
    files : every file that decides how the bank sounds
    """

    name: str
    part: Part
    mel: Mel
    vocoder_mel: Mel
    acoustic: Path
    vocoder: Path
    variance: Variance | None
    replacements: Mapping[str, str]
    files: tuple[Path, ...]

    def sha256(self) -> str:
        """Return the hash of all its files, wherever they lie."""
        found = []
        for path in self.files:
            with path.open("rb") as file:
                found.append(hashlib.file_digest(file, "sha256").digest())
        return hashlib.sha256(b"".join(sorted(found))).hexdigest()


def read_bank(folder: Path, language: str = "en", speaker: str | None = None, vocoder: Path | None = None) -> Bank:
    """Return the voicebank in a folder.

    Parameters
    ----------
    language : of the lyrics; decides the dictionary
    speaker : name, or the end of the name, of one of several; the first for None
    vocoder : folder of the vocoder, for banks that have none in their own

    Raises MissingPart where a file or PyYAML is missing, InputError where one is not what it should be.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise MissingPart(f"{folder}: there is no such folder: give the folder of a DiffSinger voicebank")
    reader = _Reader(root)
    values = reader.yaml(reader.file(CONFIG, "a DiffSinger voicebank has one"))
    table = Table(f"{folder.name}/{CONFIG}", values)
    part = reader.part(root, values, speaker)
    acoustic = reader.file(table.text("acoustic"), "the acoustic model", largest=LARGEST_MODEL)
    variance = reader.variance(values, speaker)
    place, own = reader.vocoder(vocoder, table.text("vocoder", default="") if values.get("vocoder") else "")
    settings = Table(f"{place.name}/{VOCODER_CONFIG}", own)
    model = reader.file(settings.text("model", default="model.onnx"), "the vocoder", place, LARGEST_MODEL)
    mel, vocoder_mel = _mel(table, values), _mel(settings, own)
    for what in ("sample_rate", "hop_size", "bins"):
        ours, theirs = getattr(mel, what), getattr(vocoder_mel, what)
        if ours != theirs:
            raise InputError(
                f"voicebank {folder.name!r}: its {what} is {ours}, that of the vocoder {place.name!r} is {theirs}:"
                " give the vocoder that belongs to the bank"
            )
    replacements = reader.replacements(language)
    return Bank(
        folder.name, part, mel, vocoder_mel, acoustic, model, variance, replacements, tuple(sorted(reader.files))
    )


class _Reader:
    """Reads files inside one folder and keeps which they were."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files: set[Path] = set()

    def file(self, name: str, what: str, folder: Path | None = None, largest: int = LARGEST_TEXT) -> Path:
        """Return a file named in a configuration; raise where it is missing, too large or outside the bank."""
        inside = folder if folder is not None and not folder.is_relative_to(self.root) else self.root
        try:
            path = ((folder or self.root) / name.replace("\\", "/")).resolve()
            is_file = path.is_file()
        except (OSError, ValueError, RuntimeError) as err:  # too long, a zero character, links in a circle
            raise InputError(f"{inside.name}: {shown(name, 60)} cannot be the name of a file ({what})") from err
        if not path.is_relative_to(inside):
            raise InputError(f"{inside.name}: {name!r} is outside the folder: a voicebank may use its own files only")
        if not is_file:
            raise MissingPart(f"{inside.name}: {name} is missing ({what}): get the whole voicebank")
        if path.stat().st_size > largest:
            raise InputError(f"{path}: larger than {largest} bytes, which no such file is")
        self.files.add(path)
        return path

    def yaml(self, path: Path, text: str | None = None) -> dict[str, Any]:
        """Return the mapping in a YAML file, plain values only."""
        try:
            import yaml  # not its C loader, which crashes on deep nesting
        except ImportError as err:
            raise MissingPart(
                f"the singer 'diffsinger' needs PyYAML: {INSTALL}; the voice 'heart' sings without"
            ) from err
        try:
            values = _plain(_text(path) if text is None else text)
        except (yaml.YAMLError, RecursionError, ValueError) as err:
            problem = str(err).splitlines()[0] if str(err) else type(err).__name__
            raise InputError(f"{path}: not a valid YAML file ({problem}): get the voicebank again") from err
        if not isinstance(values, dict):
            raise InputError(f"{path}: holds no settings but {type(values).__name__}: get the voicebank again")
        return values

    def part(self, folder: Path, values: dict[str, Any], speaker: str | None) -> Part:
        """Return what a model's configuration says of its inputs."""
        table = Table(f"{folder.name}/{CONFIG}", values)
        phonemes = self._phonemes(table.text("phonemes", default="phonemes.txt"), folder)
        languages: Mapping[str, int] = {}
        if _flag(table, values, "use_lang_id"):
            path = self.file(table.text("languages"), "the numbers of languages", folder)
            languages = _numbers(path, _json(path))
        is_continuous = _flag(table, values, "use_continuous_acceleration")
        is_shallow = _flag(table, values, "use_variable_depth", _flag(table, values, "use_shallow_diffusion"))
        depth = None
        if is_shallow:
            depth = min(1.0, table.number("max_depth", 0.0, 1e6) / (1.0 if is_continuous else 1000.0))
        hidden = table.integer("hidden_size", 1, 65_536, 256)
        key_shift = (-5.0, 5.0)
        if values.get("augmentation_args"):
            shifting = table.table("augmentation_args").table("random_pitch_shifting", optional=True)
            key_shift = shifting.interval("range", -24.0, 24.0, key_shift)
        return Part(
            frame_s=table.integer("hop_size", 16, 8192, 512) / table.integer("sample_rate", 8000, 192_000, 44_100),
            phonemes=phonemes,
            languages=languages,
            speaker=self._speaker(table, values, speaker, folder, hidden),
            hidden_size=hidden,
            is_continuous=is_continuous,
            depth=depth,
            by_word=_flag(table, values, "predict_dur", True),
            predicted=tuple(
                name for name in CURVES if _flag(table, values, f"predict_{name}", name in ("energy", "breathiness"))
            ),
            key_shift=key_shift,
        )

    def variance(self, values: dict[str, Any], speaker: str | None) -> Variance | None:
        """Return the variance models, those of `dsvariance/` before those of the bank's own configuration."""
        folder = self.root / "dsvariance"
        if (folder / CONFIG).is_file():
            values = self.yaml(self.file(CONFIG, "the variance model's configuration", folder))
        elif values.get("variance"):
            folder = self.root
        else:
            return None
        table = Table(f"{folder.name}/{CONFIG}", values)
        return Variance(
            self.part(folder, values, speaker),
            self.file(table.text("linguistic"), "the linguistic encoder", folder, LARGEST_MODEL),
            self.file(table.text("variance"), "the variance model", folder, LARGEST_MODEL),
        )

    def vocoder(self, given: Path | None, name: str) -> tuple[Path, dict[str, Any]]:
        """Return the vocoder's folder and configuration: the one given, the bank's own, or one it names inside."""
        inside = [self.root / "dsvocoder"]
        if re.fullmatch(r"[\w.-]+", name) and name not in (".", ".."):
            inside.append(self.root / name)
        for folder in [given.resolve()] if given else inside:
            if (folder / VOCODER_CONFIG).is_file():
                return folder, self.yaml(self.file(VOCODER_CONFIG, "the vocoder's configuration", folder))
        where = f"{given} holds no {VOCODER_CONFIG}" if given else f"it has no dsvocoder/{VOCODER_CONFIG}"
        raise MissingPart(
            f"voicebank {self.root.name!r} needs the vocoder {name or 'of its maker'!r} and {where}: put the"
            " vocoder's folder into the bank as dsvocoder/, or name it in the voice file"
            ' ([backend] vocoder = "FOLDER")'
        )

    def replacements(self, language: str) -> dict[str, str]:
        """Return what the bank's dictionary replaces; its words are not needed: ours have their phonemes."""
        for pattern in DICTIONARIES:
            for folder in (self.root, self.root / "dsvariance", self.root / "dsdur", self.root / "dspitch"):
                name = pattern.format(language=language)
                if not (folder / name).is_file():
                    continue
                path = self.file(name, "the dictionary", folder, LARGEST_DICTIONARY)
                text = re.sub(r"(?ms)^entries[ \t]*:.*?(?=^[A-Za-z_]|\Z)", "", _text(path))
                if len(text) > LARGEST_TEXT:
                    raise InputError(
                        f"{path}: more than {LARGEST_TEXT} characters beside its words: get the bank again"
                    )
                rows = (self.yaml(path, text) if text.strip() else {}).get("replacements") or []
                if not isinstance(rows, list):
                    raise InputError(f"{path}: replacements are not a list: get the voicebank again")
                pairs = [(row.get("from"), row.get("to")) for row in rows if isinstance(row, dict)]
                return {a: b for a, b in pairs if isinstance(a, str) and isinstance(b, str)}
        return {}

    def _phonemes(self, name: str, folder: Path) -> Mapping[str, int]:
        path = self.file(name, "the list of phonemes", folder)
        if path.suffix.lower() == ".json":
            return _numbers(path, _json(path))
        return _numbers(path, {line.strip(): k for k, line in enumerate(_text(path).splitlines()) if line.strip()})

    def _speaker(
        self, table: Table, values: dict[str, Any], speaker: str | None, folder: Path, hidden: int
    ) -> Path | None:
        """Return the file of the speaker that is asked for, of the first where none is."""
        names = table.texts("speakers", optional=True) if values.get("speakers") else ()
        if not names:
            if speaker is not None:
                raise InputError(f"voicebank {self.root.name!r} has one speaker only: leave backend.speaker out")
            return None
        chosen = [name for name in names if speaker is None or name == speaker or name.endswith(f".{speaker}")]
        if not chosen:
            raise InputError(
                f"voicebank {self.root.name!r} has no speaker {speaker!r}: use one of {', '.join(names[:60])}"
            )
        path = self.file(f"{chosen[0]}.emb", "the speaker's vector", folder)
        if path.stat().st_size != 4 * hidden:
            raise InputError(f"{path}: {path.stat().st_size} bytes, not {hidden} float32 values: get the bank again")
        return path


def _plain(text: str) -> object:
    """Return what a YAML text holds; an alias is refused: a few of them, each of the one before, fill any memory."""
    import yaml

    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError(f"it repeats a value by the alias *{event.anchor[:40]}, write it out")
    return yaml.safe_load(text)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({err}): get the voicebank again") from err


def _json(path: Path) -> object:
    try:
        return json.loads(_text(path))
    except (ValueError, RecursionError) as err:
        raise InputError(f"{path}: not valid JSON ({err}): get the voicebank again") from err


def _numbers(path: Path, values: object) -> Mapping[str, int]:
    """Return a mapping from names to numbers, checked."""
    if not isinstance(values, dict) or not values or len(values) > MOST_PHONEMES:
        raise InputError(f"{path}: not a list of 1 to {MOST_PHONEMES} names: get the voicebank again")
    for name, number in values.items():
        if not isinstance(name, str) or type(number) is not int or not 0 <= number < 2**31:
            raise InputError(
                f"{path}: {shown(name, 60)} has the number {shown(number, 60)}, not a whole one from 0:"
                " get the bank again"
            )
    return values


def _flag(table: Table, values: dict[str, Any], key: str, default: bool = False) -> bool:
    value = values.get(key, default)
    if not isinstance(value, bool):
        raise table.wrong(key, value, "true or false")
    return value


def _mel(table: Table, values: dict[str, Any]) -> Mel:
    base = values.get("mel_base", "10")
    if base not in ("10", "e", 10):
        raise table.wrong("mel_base", base, "10 or e")
    return Mel(
        table.integer("sample_rate", 8000, 192_000, 44_100),
        table.integer("hop_size", 16, 8192, 512),
        table.integer("num_mel_bins", 1, 1024, 128),
        str(base),
    )
