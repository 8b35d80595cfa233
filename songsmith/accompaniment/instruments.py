"""General MIDI instruments by name: program, family and the part each usually plays.

Source: MIDI Manufacturers Association, "General MIDI System Level 1", 1991; drum kits as in Roland GS.
"""

from __future__ import annotations

from dataclasses import dataclass

from songsmith.errors import InputError

PART_NAMES = ("drums", "bass", "harmony", "pad", "figure")


@dataclass(frozen=True, slots=True)
class Instrument:
    """A General MIDI sound.

    Parameters
    ----------
    name : lower case, the words a user would write first among its other names
    program : from 0; for a drum kit the kit's number
    family : what it is one of (`guitar`, `strings`, `drums`)
    part : the part of `PART_NAMES` it usually plays
    words : other names of the same sound
    """

    name: str
    program: int
    family: str
    part: str
    words: tuple[str, ...] = ()

    @property
    def is_drum(self) -> bool:
        return self.family == "drums"

    @property
    def all_names(self) -> tuple[str, ...]:
        return (self.name, *self.words)


def _family(family: str, part: str, first: int, rows: str) -> tuple[Instrument, ...]:
    """Return instruments of consecutive programs from rows `name, other name, ...`, one a line."""
    found = []
    for offset, row in enumerate(rows.strip().splitlines()):
        name, *words = (word.strip() for word in row.split(","))
        own_part = part
        if "@" in name:
            name, own_part = (word.strip() for word in name.split("@"))
        found.append(Instrument(name, first + offset, family, own_part, tuple(words)))
    return tuple(found)


INSTRUMENTS: tuple[Instrument, ...] = (
    *_family(
        "piano", "harmony", 0,
        """piano, grand piano, acoustic piano, upright piano, pianos
        bright piano, rock piano
        electric grand
        honky tonk, honky-tonk piano, saloon piano, tack piano
        electric piano, rhodes, e-piano, epiano, fender rhodes, wurlitzer, wurly
        fm piano, dx piano, fm electric piano, dx7
        harpsichord
        clavinet, clav""",
    ),
    *_family(
        "mallets", "figure", 8,
        """celesta
        glockenspiel, bells, glock
        music box
        vibraphone, vibes
        marimba
        xylophone
        tubular bells, church bells
        dulcimer, hammered dulcimer""",
    ),
    *_family(
        "organ", "pad", 16,
        """organ, hammond, hammond organ, drawbar organ
        percussive organ
        rock organ
        church organ, pipe organ
        reed organ, harmonium
        accordion
        harmonica @ figure, mouth organ
        bandoneon, tango accordion""",
    ),
    *_family(
        "guitar", "harmony", 24,
        """nylon guitar, classical guitar, spanish guitar, nylon string guitar, nylon-string guitar
        acoustic guitar, steel guitar, steel-string guitar, steel string guitar, acoustic guitars
        jazz guitar
        clean guitar, electric guitar, guitar, guitars, electric guitars
        muted guitar, palm-muted guitar
        overdriven guitar, crunch guitar
        distorted guitar, distortion guitar, heavy guitar, distorted guitars, heavy guitars
        guitar harmonics @ figure""",
    ),
    *_family(
        "bass", "bass", 32,
        """acoustic bass, upright bass, double bass, standup bass
        electric bass, fingered bass, bass guitar, finger bass
        picked bass
        fretless bass
        slap bass
        slap bass 2
        synth bass, bass synth
        rubber bass, deep synth bass, sub bass""",
    ),
    *_family(
        "strings", "pad", 40,
        """violin @ figure, violins
        viola @ figure
        cello @ figure, cellos
        contrabass
        tremolo strings
        pizzicato strings @ figure, pizzicato
        harp @ figure
        timpani @ figure""",
    ),
    *_family(
        "strings", "pad", 48,
        """strings, string section, string ensemble, orchestra, orchestral strings
        slow strings, lush strings
        synth strings
        synth strings 2""",
    ),
    *_family(
        "voices", "pad", 52,
        """choir, choir aahs, aahs
        oohs, voice oohs
        synth voice, synth choir
        orchestra hit @ figure""",
    ),
    *_family(
        "brass", "figure", 56,
        """trumpet, trumpets
        trombone, trombones
        tuba
        muted trumpet
        french horn @ pad, horns, french horns
        brass, brass section, horn section
        synth brass
        synth brass 2""",
    ),
    *_family(
        "saxophone", "figure", 64,
        """soprano sax, soprano saxophone
        alto sax, saxophone, sax, alto saxophone, saxophones
        tenor sax, tenor saxophone
        baritone sax, baritone saxophone
        oboe
        english horn, cor anglais
        bassoon
        clarinet""",
    ),
    *_family(
        "flute", "figure", 72,
        """piccolo
        flute, flutes
        recorder
        pan flute, panpipes
        blown bottle
        shakuhachi
        whistle, tin whistle
        ocarina""",
    ),
    *_family(
        "synth", "figure", 80,
        """square lead, chiptune, 8-bit synth
        synth lead, saw lead, lead synth, sawtooth synth
        calliope lead
        chiff lead
        charang
        voice lead
        fifths lead
        bass lead""",
    ),
    *_family(
        "pads", "pad", 88,
        """fantasia, new age pad
        warm pad, synth pad, pad, pads, synth pads
        poly synth, polysynth, synth, synths, synthesizer, synthesizers, analog synth
        space voice
        bowed glass, bowed pad
        metal pad
        halo pad
        sweep pad""",
    ),
    *_family(
        "effects", "figure", 96,
        """ice rain
        soundtrack @ pad
        crystal
        atmosphere
        brightness
        goblins
        echo drops
        star theme""",
    ),
    *_family(
        "plucked", "figure", 104,
        """sitar
        banjo
        shamisen
        koto
        kalimba, thumb piano, mbira
        bagpipes, bagpipe
        fiddle, country fiddle
        shehnai""",
    ),
    # A way of playing that is asked for by name: single notes of the chord, as the figure has them.
    Instrument("fingerpicked guitar", 25, "guitar", "figure", ("fingerstyle guitar", "fingerpicked acoustic guitar")),
    Instrument("steel drums", 114, "mallets", "figure", ("steel drum", "steelpan", "steel pan")),
    Instrument("drums", 0, "drums", "drums", ("standard kit", "drumkit", "acoustic drums")),
    Instrument("room kit", 8, "drums", "drums", ("room drums",)),
    Instrument("power kit", 16, "drums", "drums", ("rock drums", "power drums", "big drums")),
    Instrument("electronic kit", 24, "drums", "drums", ("electronic drums", "drum machine", "synth drums")),
    Instrument("808 kit", 25, "drums", "drums", ("808", "tr-808", "808 drums", "808s")),
    Instrument("jazz kit", 32, "drums", "drums", ("jazz drums",)),
    Instrument("brush kit", 40, "drums", "drums", ("brushes", "brushed drums", "brush drums")),
)  # fmt: skip

# Words that leave open which instrument of a family is meant, with the one that stands for it where nothing
# else decides.
GENERAL = {
    "bass": "electric bass",
    "guitar": "clean guitar",
    "synth": "poly synth",
    "drums": "drums",
}
_PLURALS = {
    "guitars": "guitar", "synths": "synth", "synthesizer": "synth", "synthesizers": "synth", "drum": "drums",
    "percussion": "drums", "drum kit": "drums", "drum set": "drums",
}  # fmt: skip
_BY_NAME = {name: instrument for instrument in INSTRUMENTS for name in instrument.all_names}


def instrument(name: str) -> Instrument:
    """Return the instrument of a name; raise InputError for a name that is not known."""
    found = _BY_NAME.get(GENERAL.get(name, name))
    if found is None:
        raise InputError(
            f"instrument {name!r} is not known: use a General MIDI name such as piano, acoustic guitar, "
            "strings, flute or drums"
        )
    return found


def spoken_names() -> dict[str, str]:
    """Return the words that mean an instrument, each with its canonical name.

    `rhodes` means `electric piano`; words that leave the instrument open mean one of `GENERAL`. Names of sound
    effects ("atmosphere") count only with "pad" or "synth" after them.
    """
    found = {name: name for name in GENERAL} | dict(_PLURALS)
    for entry in INSTRUMENTS:
        for word in entry.all_names:
            if entry.family == "effects":
                found |= {f"{word} pad": entry.name, f"{word} synth": entry.name}
            else:
                found.setdefault(word, entry.name)
    return found


def covers(name: str, candidate: Instrument, part: str) -> bool:
    """Return whether a name means an instrument playing a part: `guitar` is any guitar, `pad` the pad part."""
    return name in (candidate.family, part) or _BY_NAME.get(GENERAL.get(name, name)) == candidate
