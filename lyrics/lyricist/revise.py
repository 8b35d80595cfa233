"""A sheet that is there: its next section in the same voice, or other words for one of its lines.

Metre and rhyme are read off the sheet: a line keeps the number of its syllables and the beats of the pattern that it
fills best, and rhymes with what it rhymed with.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from lyrics.errors import LyricsError
from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.chance import generator
from lyrics.lyricist.corpus import UNIT_SIZES, Corpus
from lyrics.lyricist.drafts import NOISE, ROLES, WrittenLine, WrittenSection
from lyrics.lyricist.forms import LABELS, SHAPES, Shape, pattern_of
from lyrics.lyricist.matter import Matter, find_matter
from lyrics.lyricist.metre import PATTERNS
from lyrics.lyricist.pieces import Voice, find_pieces
from lyrics.lyricist.points import genre_of
from lyrics.lyricist.pronouns import persons_in
from lyrics.lyricist.reading import content_of, last_word, words_of
from lyrics.lyricist.rhyme import GOOD, words_rhyme
from lyrics.lyricist.singles import single_lines, stands_alone
from lyrics.lyricist.stanza import Bench, Used, Wishes, fill, line_fit
from lyrics.meaning import Meaning
from lyrics.parse import parse_sheet
from lyrics.values import Line, Lyrics, Section

ALTERNATIVES = 5
LONGEST_TOPIC = 400
RHYME_LETTERS = "ABCDEFGH"


@dataclass(frozen=True, slots=True)
class Continuation:
    """A sheet with its next section, and what the user should know of it."""

    text: str
    section: WrittenSection
    notes: tuple[str, ...] = ()


def continue_sheet(text: str, brief: WritingBrief, seed: int = 0, kind: str = "") -> Continuation:
    """Return a sheet with the section that comes next.

    Parameters
    ----------
    text : the sheet
    brief : what the song is about; the words of the sheet count too
    kind : the kind of section to write; without it the form decides

    Raises
    ------
    LyricsError
        Where the sheet cannot be read, or nothing of the corpus goes on with it.
    """
    lyrics = _read(text)
    kind = kind or next_kind(lyrics)
    if kind not in ROLES:
        raise LyricsError(f"a section {kind!r} has no words: use one of {', '.join(ROLES)}")
    model = _model_of(lyrics, kind)
    asked = shape_of(model)
    bench, matter = _bench(text, lyrics, brief, seed)
    number = 1 + len({section.label for section in lyrics.sections if section.kind == kind and section.lines})
    turns = ROLES[kind]
    noise = generator(seed, "continue", kind).gumbel(0.0, NOISE, size=len(bench.pieces))
    tries = [(asked, "")]
    tries += [(replace(asked, scheme="X" * len(asked)), "without the sheet's rhymes")]
    tries += [(SHAPES[name], "in a stanza of its own") for name in ("common", "long", "sevens")]
    for shape, told in tries:
        stanza = fill(shape, bench, Wishes(turns[min(number, len(turns)) - 1]), _used(lyrics), noise)
        if stanza is None:
            continue
        lines = tuple(map(WrittenLine, stanza.lines, shape.patterns, shape.scheme))
        label = f"{LABELS[kind]} {number}" if kind == "verse" else LABELS[kind]
        written = "\n".join([f"[{label}]", *stanza.lines])
        notes = (f"the corpus has no section in the sheet's own shape: this one is {told}",) if told else ()
        return Continuation(f"{text.rstrip()}\n\n{written}\n", WrittenSection(kind, label, lines), notes)
    raise LyricsError(f"nothing of the corpus goes on with this sheet for {matter.topic[:60]!r}: use another prompt")


def next_kind(lyrics: Lyrics) -> str:
    """Return the kind of section that comes next in a song."""
    kinds = [section.kind for section in lyrics.sections if section.kind in ROLES]
    verses, choruses = kinds.count("verse"), kinds.count("chorus") + kinds.count("hook")
    if not kinds or (kinds[-1] in ("chorus", "hook", "bridge") and verses < 2):
        return "verse"
    if kinds[-1] == "verse" and not choruses:
        return "chorus"
    return "bridge" if kinds[-1] in ("chorus", "hook") and "bridge" not in kinds else "verse"


def rewrite_line(
    text: str, number: int, brief: WritingBrief, seed: int = 0, count: int = ALTERNATIVES
) -> tuple[str, ...]:
    """Return other words for a line of a sheet, the best first, of its metre and its rhymes.

    Parameters
    ----------
    number : of the line, counted from 1 in sung order, repeats expanded
    count : how many are wanted, at most

    Raises
    ------
    LyricsError
        Where there is no such line, or the corpus has no line for its place.
    """
    lyrics = _read(text)
    section, line = _find(lyrics, number)
    shown = " ".join(word.text for word in line.words)
    partners = [
        other.words[-1]
        for other in section.lines
        if other.words and other.text != line.text and words_rhyme(other.words[-1], line.words[-1]) in GOOD
    ]
    pattern = pattern_of_line(shown)
    bench, _ = _bench(text, lyrics, brief, seed)
    near = Meaning.load().embed([shown])[0]
    there = {words_of(other.text) for other in lyrics.lines}
    person = persons_in(shown) & {"I", "we", "she", "they"}
    rows: list[tuple[float, str]] = []
    for piece in bench.pieces:
        for i, words in enumerate(piece.lines):
            fit = line_fit(words, pattern)
            end = last_word(words)
            if not (fit.good and stands_alone(piece.lines, i)) or words_of(words) in there:
                continue
            if any(words_rhyme(end, other) not in GOOD for other in partners):
                continue
            worth = piece.worth - fit.clashes - 0.5 * abs(fit.added)
            worth += 1.5 * float(near @ piece.vector) if piece.vector is not None else 0.0
            other_person = persons_in(words) & {"I", "we", "she", "they"}
            worth -= 0.8 * bool(person and other_person and person != other_person)
            rows.append((worth, words))
    rows.sort(key=lambda row: (-row[0], row[1]))
    found = tuple(dict.fromkeys(words for _, words in rows))[:count]
    if not found:
        rhymes = " and ".join(f"{word.sung!r}" for word in partners)
        raise LyricsError(
            f"line {number} ({shown[:60]!r}): the corpus has no other line of {len(line.syllables)} syllables"
            + (f" that rhymes with {rhymes}" if partners else "")
            + ": give a prompt of another theme, or write it yourself"
        )
    return found


def replaced(text: str, number: int, words: str) -> str:
    """Return a sheet with other words in the row where line `number` is first written."""
    line = _find(_read(text), number)[1]
    rows = text.splitlines()
    for i, row in enumerate(rows):
        if row.strip() == line.text.strip():
            rows[i] = words
            return "\n".join(rows) + "\n"
    raise LyricsError(f"line {number} ({line.text[:60]!r}) is not written in a row of its own: change it by hand")


def pattern_of_line(text: str) -> str:
    """Return the pattern that a written line fills best among those of its number of syllables."""
    from lyrics.lyricist.reading import beats_of

    beats = beats_of(text)
    usual = pattern_of(len(beats))
    others = [pattern for pattern in PATTERNS.values() if len(pattern) == len(beats)]
    return min([usual, *others], key=lambda pattern: (line_fit(text, pattern), pattern))


def shape_of(section: Section) -> Shape:
    """Return the shape of a section that is written: the patterns of its lines, and letters for its rhymes."""
    lines = [line for line in section.lines if line.words]
    letters: list[str] = []
    for i, line in enumerate(lines):
        found = next((letters[j] for j in range(i) if words_rhyme(lines[j].words[-1], line.words[-1]) in GOOD), None)
        letters.append(found or str(i))
    counts = Counter(letters)
    names = dict(zip([key for key, count in counts.items() if count > 1], RHYME_LETTERS, strict=False))
    texts = [" ".join(word.text for word in line.words) for line in lines]
    return Shape(tuple(map(pattern_of_line, texts)), "".join(names.get(letter, "X") for letter in letters))


def _read(text: str) -> Lyrics:
    lyrics = parse_sheet(text)
    if lyrics.language != "en":
        raise LyricsError(f"the sheet is in language {lyrics.language!r}: only English (en) is written")
    return lyrics


def _find(lyrics: Lyrics, number: int) -> tuple[Section, Line]:
    for section in lyrics.sections:
        for line in section.lines:
            if line.number == number and line.words:
                return section, line
    raise LyricsError(f"line {number} is not there: the sheet has lines 1 to {len(lyrics.lines)}, repeats counted")


def _model_of(lyrics: Lyrics, kind: str) -> Section:
    """Return the section whose shape a new one of a kind takes: the last of its kind, else the first with words."""
    sung = [section for section in lyrics.sections if any(line.words for line in section.lines)]
    same = [section for section in sung if section.kind == kind]
    section = same[-1] if same else sung[0]
    lines = tuple(line for line in section.lines if line.words)[: 8 if same else 4]
    return replace(section, lines=lines[: 2 * (len(lines) // 2)] if len(lines) not in UNIT_SIZES else lines)


def _bench(text: str, lyrics: Lyrics, brief: WritingBrief, seed: int) -> tuple[Bench, Matter]:
    """Return the pieces that go with a sheet: of its theme and the prompt's, in the person it is written in."""
    words = " ".join(line.text for line in lyrics.lines)
    corpus = Corpus.load()
    about = brief if brief.topic else replace(brief, topic=_topic(brief, words))
    matter = find_matter(about, corpus)
    persons = Counter(person for line in lyrics.lines for person in persons_in(line.text))
    voices = [person for person in ("I", "we", "she", "they") if persons[person]]
    person = brief.person or max(voices, key=lambda one: persons[one], default="I")
    male = person == "she" and any(word in ("he", "his", "him") for word in words_of(words))
    sung = {words_of(line.text) for line in lyrics.lines}
    pieces = find_pieces(brief, matter, corpus, genre_of(brief), Voice(person, male), seed)
    pieces += single_lines(pieces)
    return Bench([p for p in pieces if not any(words_of(line) in sung for line in p.lines)]), matter


def _topic(brief: WritingBrief, words: str) -> str:
    from lyrics.lyricist.matter import topic_of, without_names

    return topic_of(without_names(brief.prompt)) or brief.prompt or words[:LONGEST_TOPIC]


def _used(lyrics: Lyrics) -> Used:
    """Return what a sheet has sung already."""
    used = Used()
    for line in lyrics.lines:
        if line.words:
            used.ends[line.words[-1].sung] = used.ends.get(line.words[-1].sung, 0) + 1
        for word in content_of(line.text):
            used.words[word] = used.words.get(word, 0) + 1
    return used
