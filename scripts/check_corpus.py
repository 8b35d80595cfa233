"""Checks files of the lyricist's corpus: python scripts/check_corpus.py lyrics/corpus/theme_sea.txt ...

Prints the faults of each file by line, `!` for what has to be mended and `?` for what is to be looked at, then tables
of what there is. Without files it checks all of them. Ends with 1 where there are faults.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from lyrics.errors import LyricsError
from lyrics.lyricist.cliches import cliches_in
from lyrics.lyricist.corpus import ROLES, SLOT, Corpus, Unit, parse_corpus
from lyrics.lyricist.metre import PATTERNS, best_pattern, fit
from lyrics.lyricist.pronouns import persons_in
from lyrics.lyricist.reading import beats_of, heard, plain, words_of
from lyrics.lyricist.rhyme import rhyme_family, rhyme_of
from lyrics.wordlists import function_words

FOLDER = Path(__file__).parents[1] / "lyrics" / "corpus"
BAD_ENDINGS = {"the", "a", "an", "of", "to", "and", "my", "is", "it", "that", "your", "his", "our", "with", "for"}
BAD_ENDINGS |= {"from", "but", "or", "if", "as", "at", "be", "was", "are", "will", "would", "so"}
PAST = {"was", "were", "did", "had", "knew", "went", "came", "took", "said", "stood", "left", "ran", "kept", "gave"}
PRESENT = {"is", "are", "am", "i'm", "you're", "it's", "there's", "don't", "know", "knows", "want", "need", "comes"}
SHARE = 0.08
CLUSTER = 4


def main() -> None:
    """Check the files that are named."""
    parser = argparse.ArgumentParser(description="Checks files of the lyricist's corpus.")
    parser.add_argument("files", nargs="*", type=Path, help="files; all of lyrics/corpus without any")
    parser.add_argument("--quiet", action="store_true", help="print no `?` lines and no tables")
    options = parser.parse_args()
    everywhere = sorted(FOLDER.glob("*.txt"))
    files = options.files or everywhere
    others: dict[str, list[tuple[str, int, frozenset[str]]]] = defaultdict(list)
    seen: dict[tuple[str, ...], tuple[str, int]] = {}
    for path in everywhere:
        if path.resolve() not in {file.resolve() for file in files}:
            remember(parse(path, quiet=True), seen, others)
    faults = 0
    for path in files:
        corpus = parse(path)
        if corpus is None:
            faults += 1
            continue
        found = sorted(problems(corpus, seen, others), key=lambda row: row[0])
        faults += sum(mark == "!" for _, mark, _ in found)
        for number, mark, text in found:
            if mark == "!" or not options.quiet:
                print(f"{path.name}:{number}: {mark} {text}")
        if not options.quiet:
            tables(path.name, corpus)
    print(f"{faults} faults")
    sys.exit(1 if faults else 0)


def parse(path: Path, quiet: bool = False) -> Corpus | None:
    try:
        return parse_corpus(path.read_text(encoding="utf-8"), path.stem)
    except (LyricsError, UnicodeDecodeError) as err:
        if not quiet:
            print(f"{path.name}: ! {err}")
        return None


def remember(
    corpus: Corpus | None,
    seen: dict[tuple[str, ...], tuple[str, int]],
    others: dict[str, list[tuple[str, int, frozenset[str]]]],
) -> None:
    for unit in corpus.units if corpus else ():
        for i, line in enumerate(unit.lines):
            note(line, unit.place[0], unit.place[1] + i, seen, others)


def note(
    line: str,
    name: str,
    number: int,
    seen: dict[tuple[str, ...], tuple[str, int]],
    others: dict[str, list[tuple[str, int, frozenset[str]]]],
) -> None:
    words = words_of(plain(line))
    seen[words] = (name, number)
    content = frozenset(word for word in words if word not in function_words())
    for word in content:
        others[word].append((name, number, content))


def problems(
    corpus: Corpus,
    seen: dict[tuple[str, ...], tuple[str, int]],
    others: dict[str, list[tuple[str, int, frozenset[str]]]],
) -> Iterator[tuple[int, str, str]]:
    """Yield what is wrong: line number, mark, what."""
    endings: Counter[str] = Counter()
    openings: Counter[str] = Counter()
    for unit in corpus.units:
        number = unit.place[1]
        for i, line in enumerate(unit.lines):
            for mark, text in line_problems(line, unit):
                yield number + i, mark, f"{text}: {line}"
            yield from ((number + i, mark, f"{text}: {line}") for mark, text in twins(line, seen, others))
            note(line, unit.place[0], number + i, seen, others)
            endings[heard(plain(line)).words[-1].sung] += 1
            openings[words_of(line)[0]] += 1
        yield from ((number, mark, f"{text}: {' / '.join(unit.lines)}") for mark, text in unit_problems(unit))
    for half in corpus.halves:
        beats = beats_of(plain(half.text))
        if len(beats) != 4 or fit(beats, PATTERNS["I4"]).clashes > 1:
            yield (
                half.place[1],
                "!",
                f"a half has 4 syllables, da-DUM da-DUM; this has {shown(half.text)}: {half.text}",
            )
    total = max(60, sum(endings.values()))
    for word, count in endings.most_common():
        if count > max(5, 0.03 * total):
            yield 0, "?", f"{count} lines end with {word!r}"
    for word, count in openings.most_common():
        if count > 0.22 * total:
            yield 0, "?", f"{count} lines begin with {word!r}"


def line_problems(line: str, unit: Unit) -> Iterator[tuple[str, str]]:
    text = plain(line)
    if not line.lstrip("<{")[:1].isupper() and not line.lstrip("<").startswith("{"):
        yield "!", "no capital at the start"
    if text.endswith((".", ",", ";")):
        yield "!", "a mark at the end"
    words = words_of(text)
    if words and words[-1] in BAD_ENDINGS:
        yield "!", f"ends on the small word {words[-1]!r}"
    for phrase in cliches_in(text):
        yield "!", f"cliche {phrase!r}"
    for name, _ in SLOT.findall(line):
        if name.lower() == "topic":
            if line != unit.lines[0]:
                yield "!", "{topic} stands in the first line of a unit only"
        elif line.rstrip("?!>").endswith("}"):
            yield "!", "a slot ends the line, where a rhyme stands"
    if "{topic" in line.lower():
        return
    name, found = best_pattern(beats_of(text))
    if not found.good:
        yield "!", f"metre: {shown(text)}; nearest is {name} {PATTERNS[name]} with {found.clashes} clashes"
    elif found.clashes:
        yield "?", f"one clash with {name} {PATTERNS[name]}: {shown(text)}"
    load = max(consonants(text), default=0)
    if load > CLUSTER:
        yield "?", f"{load} consonants in a row are hard to sing"


def unit_problems(unit: Unit) -> Iterator[tuple[str, str]]:
    text = " ".join(unit.lines)
    inside = persons_in(plain(text)) - {"you"}
    meant = set(unit.persons) - {"none", "you"}
    if "she" not in unit.persons and re.search(r"\b(he|him|his)\b", text.lower()):
        yield "?", "he/him/his outside person=she: is it clear inside the unit who that is?"
    strange = persons_in(plain(text)) - {"they"}
    if "none" in unit.persons and strange:
        yield "!", f"person=none, but pronouns of {', '.join(sorted(strange))}"
    elif meant and not inside & meant and not (meant <= {"I", "we"} and ("you" in strange or unit.role == "hook")):
        yield "!", f"person={','.join(unit.persons)}, but no such pronoun"
    elif "you" in unit.persons and "you" not in persons_in(plain(text)):
        yield "?", "person=you without you: a command? then all is well"
    if {"I", "we"} <= set(unit.persons) and re.search(r"\b(myself|ourselves|alone|both|together)\b", text.lower()):
        yield "!", "person=I,we with a word that says how many there are"
    words = set(words_of(text))
    if unit.tense == "present" and words & PAST and not words & PRESENT:
        yield "?", f"tense=present, but {', '.join(sorted(words & PAST))}"
    if unit.tense == "past" and words & PRESENT and not words & PAST:
        yield "?", f"tense=past, but {', '.join(sorted(words & PRESENT))}"
    if unit.tense == "future" and not words & {"will", "gonna"} and not re.search(r"'ll\b|going to|won't", text):
        yield "?", "tense=future without will, 'll, won't or going to"
    if unit.role == "hook" and "<" not in text:
        yield "!", "a hook has its title in < >"
    if unit.role != "hook" and "<" in text:
        yield "!", "only hooks have a title in < >"
    opening = words_of(unit.lines[0])[:1]
    if unit.role != "turn" and opening and opening[0] in ("and", "but", "so", "or", "then"):
        yield "!", f"a unit of role {unit.role} opens with {opening[0]!r}"
    if len(unit.lines) == 2 and "{topic" not in text.lower():
        yield from pair_problems(unit.lines)


def pair_problems(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    first, second = map(plain, lines)
    ends = [heard(text).words[-1].sung for text in (first, second)]
    a, b = len(beats_of(first)), len(beats_of(second))
    kind = rhyme_of(first, second)
    if ends[0] == ends[1]:
        yield "!", f"both lines end with {ends[0]!r}"
    elif abs(a - b) <= 1:
        if kind not in ("perfect", "family"):
            yield "!", f"the lines are of {a} and {b} syllables, so they should rhyme; the rhyme is {kind}"
        elif kind == "family":
            yield "?", f"rhyme by family only ({ends[0]}, {ends[1]})"
    elif a - b == 2 and kind in ("perfect", "family"):
        yield "?", "an 8/6 pair whose lines rhyme with each other"
    elif a - b not in (2, 3):
        yield "!", f"lines of {a} and {b} syllables are no pair: 8/6, 8/8, 7/7, 10/10, 6/6, 9/9"


def twins(
    line: str,
    seen: dict[tuple[str, ...], tuple[str, int]],
    others: dict[str, list[tuple[str, int, frozenset[str]]]],
) -> Iterator[tuple[str, str]]:
    words = words_of(plain(line))
    if words in seen:
        yield "!", "the same line stands at {}:{}".format(*seen[words])
        return
    content = frozenset(word for word in words if word not in function_words())
    shared: Counter[tuple[str, int, frozenset[str]]] = Counter()
    for word in content:
        shared.update(others[word])
    for (name, number, other), count in shared.most_common(1):
        if len(content) >= 3 and count >= 0.8 * len(content | other):
            yield "!", f"nearly the line {name}:{number}"


def consonants(text: str) -> list[int]:
    """Return the lengths of the runs of consonants between the vowels of a line."""
    runs, run = [], 0
    for syllable in heard(text).syllables:
        for phoneme in syllable.phonemes:
            run = 0 if phoneme.is_vowel else run + 1
            runs.append(run)
    return runs


def shown(text: str) -> str:
    """Return the syllables of a line, those with a strong stress in capitals."""
    line = heard(text)
    weights = beats_of(text).weights
    pairs = zip(line.syllables, weights, strict=True)
    return f"{len(weights)} syllables " + "-".join(s.text.upper() if w >= 0.55 else s.text for s, w in pairs)


def tables(name: str, corpus: Corpus) -> None:
    """Print what there is."""
    lines = sum(len(unit.lines) for unit in corpus.units)
    print(f"\n{name}: {lines} sung lines in {len(corpus.units)} units, {len(corpus.halves)} halves, ", end="")
    print(f"{len(corpus.entries)} bank entries")
    for title, key in (
        ("role", lambda unit: unit.role),
        ("person", lambda unit: unit.persons[0]),
        ("tense", lambda unit: unit.tense),
        ("metre", unit_metre),
    ):
        counts: Counter[str] = Counter()
        for unit in corpus.units:
            counts[key(unit)] += len(unit.lines)
        print(f"  {title:7}", "  ".join(f"{key} {count}" for key, count in counts.most_common()))
    if lacking := [role for role in ROLES if role not in {unit.role for unit in corpus.units}]:
        print(f"  no lines of role {', '.join(lacking)}")
    slots = sum("{" in line for unit in corpus.units for line in unit.lines)
    classes = Counter(entry.kind for entry in corpus.entries)
    print(f"  slots   {slots} lines;  banks  " + "  ".join(f"{kind} {count}" for kind, count in classes.items()))
    families: Counter[str] = Counter()
    for unit in corpus.units:
        for line in unit.lines if len(unit.lines) != 2 or not unit_metre(unit).startswith("CM") else unit.lines[1:]:
            families[rhyme_family(heard(plain(line)).words[-1])] += 1
    total = sum(families.values())
    print(f"  rhymes  {len(families)} families: " + "  ".join(f"{k} {n}" for k, n in families.most_common(24)))
    for family, count in families.items():
        if count > max(8, SHARE * total):
            print(f"  ? rhyme family {family} has {count} of {total} ends: use others")
    waiting = Counter(
        rhyme_family(heard(plain(unit.lines[1])).words[-1]) for unit in corpus.units if unit_metre(unit) == "CM 8/6"
    )
    alone = [family for family, count in waiting.items() if count == 1]
    if alone:
        print(f"  ? CM pairs without a partner that rhymes: {', '.join(alone)}")


def unit_metre(unit: Unit) -> str:
    if "{topic" in " ".join(unit.lines).lower():
        return "topic"
    names = [best_pattern(beats_of(plain(line)))[0] for line in unit.lines]
    shape = "/".join(str(len(PATTERNS[name])) for name in names)
    short = {"I8 I6": "CM", "T7 I6": "CM", "I8 I8": "LM", "T7 T7": "T7"}.get(" ".join(names[:2]), names[0])
    return f"{short} {shape}"


if __name__ == "__main__":
    main()
