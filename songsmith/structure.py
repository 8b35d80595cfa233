"""The order of a song's sections and their lengths in bars.

The sections of a sheet come in its own order; a form that the brief asks for says where instrumental sections
stand between them. Where the two disagree the sheet wins, so no word is lost, repeated or moved. Sections without
words take up what a length asks for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lyrics.values import KINDS, Lyrics, Section
from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.phrasing import lay_lines
from songsmith.styles import Style
from songsmith.timeline import TAIL_S, Meter

LONGEST_WORDLESS_BARS = 16
"""Where a length asks for more bars without words than this in one place, interludes and solos are put in."""

LONGEST_FRAME_BARS = 8
"""A beginning or an ending is lengthened no further where other sections can be."""

SLACK_BARS = 4
"""By so much in all the lengths above are overstepped before another section is put in."""

LEAST_BARS = 2
"""A section is not shorter, however little is sung in it, unless the sheet says so."""

LEAD_IN_BARS = 2
"""Bars before the voice where a form begins with words."""

INSTRUMENTAL_LENGTH_S = 120.0
"""About the length of a song without words where nothing says how long it is to be."""

WORDLESS_S: Mapping[str, float] = {
    "verse": 16.0,
    "prechorus": 8.0,
    "chorus": 16.0,
    "postchorus": 8.0,
    "hook": 8.0,
    "bridge": 16.0,
    "solo": 16.0,
    "drop": 16.0,
    "interlude": 8.0,
    "build": 8.0,
    "intro": 8.0,
    "outro": 8.0,
}
"""Usual length of a section without words."""

PLAYED_KINDS = ("intro", "solo", "interlude", "build", "drop", "outro")
"""Kinds of section that a form may put between those of the sheet."""

FILLER_KINDS = ("interlude", "solo")
_CHORUSES = ("chorus", "hook", "postchorus", "drop")


@dataclass(frozen=True, slots=True)
class Draft:
    """A section before it has its place in the song; `voice` says for each bar whether it is sung in."""

    section: Section
    bars: int
    voice: tuple[bool, ...]


def draft_sections(
    brief: Brief,
    lyrics: Lyrics | None,
    style: Style,
    length_s: float | None = None,
    on_tune: Sequence[Section] = (),
) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    """Return the sections of a song in order, each with its bars, and what the user should be told about them.

    Parameters
    ----------
    brief : tempo, meter, form and length are taken from it; where it is instrumental nothing is sung
    lyrics : the sheet; None, or one without any section, for a song whose form is the brief's or the style's
    style : its usual form is that of songs without a sheet
    length_s : wins over the brief's
    on_tune : sections of the sheet, with bars and without lines, that are sung on a tune which is given

    Raises
    ------
    InputError : where the words do not fit into the bars or the length asked for
    """
    meter = Meter.parse(brief.meter)
    bar_s = meter.beats_per_bar * 60.0 / brief.tempo
    length_s = brief.length_s if length_s is None else length_s
    _check_form(brief.form)
    sheet = lyrics.sections if lyrics is not None else ()
    if brief.instrumental:
        sheet = tuple(replace(section, lines=()) for section in sheet)
    if not sheet:
        drafts = _without_sheet(brief.form, style, bar_s, length_s or INSTRUMENTAL_LENGTH_S)
        return tuple(drafts if length_s is None else _fit_length(drafts, length_s, bar_s)[0]), ()
    sections, told = merge_form(sheet, brief.form)
    drafts = [
        Draft(section, section.bars, (True,) * section.bars)
        if section.bars and any(section is one for one in on_tune)
        else _draft(section, brief.tempo, meter)
        for section in sections
    ]
    if drafts[0].section.kind != "intro" and (not brief.form or any(drafts[0].voice)):
        drafts.insert(0, _wordless(Section("intro", "Intro"), bar_s))
        if brief.form:
            drafts[0] = Draft(Section("intro", "Intro", bars=LEAD_IN_BARS), LEAD_IN_BARS, (False,) * LEAD_IN_BARS)
            told.append(f"the form begins with words: {LEAD_IN_BARS} bars of intro lead in")
    if drafts[-1].section.kind != "outro" and not brief.form:
        drafts.append(_wordless(Section("outro", "Outro"), bar_s))
    if length_s is not None:
        drafts, inserted = _fit_length(drafts, length_s, bar_s)
        if inserted:
            told.append(
                f"the length of {length_s:g} s is more than the words need: "
                f"{inserted} instrumental section{'s were' if inserted > 1 else ' was'} put in between them"
            )
    return tuple(drafts), tuple(told)


def _check_form(form: Sequence[str]) -> None:
    for kind in form:
        if kind not in KINDS:
            raise InputError(f"form: the section kind {kind!r} is not known; use one of {', '.join(KINDS)}")


def merge_form(sheet: Sequence[Section], form: Sequence[str]) -> tuple[list[Section], list[str]]:
    """Return the sections of a sheet in its order with the instrumental ones of a form where the form has them.

    As many sections as possible stand where the form has their kind; a sheet's section that the form does not
    have stands before the next that both have. A kind that is sung and has no words is left out and told.
    """
    if not form:
        return list(sheet), []
    # most[i][j]: how many of form[i:] and sheet[j:] can be matched in order (longest common subsequence).
    most = [[0] * (len(sheet) + 1) for _ in range(len(form) + 1)]
    for i in reversed(range(len(form))):
        for j in reversed(range(len(sheet))):
            most[i][j] = max(most[i + 1][j], most[i][j + 1], (form[i] == sheet[j].kind) * (most[i + 1][j + 1] + 1))
    merged: list[Section] = []
    extra: list[str] = []
    missing: list[str] = []
    i = j = 0
    while i < len(form) or j < len(sheet):
        opens = i == 0 and i < len(form) and form[i] == "intro"
        if j < len(sheet) and not opens and (i == len(form) or most[i][j + 1] == most[i][j]):
            merged.append(sheet[j])
            extra.append(sheet[j].label)
            j += 1
        elif j < len(sheet) and form[i] == sheet[j].kind and most[i][j] == most[i + 1][j + 1] + 1:
            merged.append(sheet[j])
            i, j = i + 1, j + 1
        else:
            if form[i] in PLAYED_KINDS:
                merged.append(Section(form[i], form[i].title()))
            else:
                missing.append(form[i])
            i += 1
    told = []
    if extra:
        told.append(f"the form does not have {_listed(extra)} of the lyrics: kept in the order of the sheet")
    if missing:
        told.append(f"the form asks for {_listed(missing)} that the lyrics have no words for: left out")
    return merged, told


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"{name!r}" for name in dict.fromkeys(names))


def _draft(section: Section, tempo: float, meter: Meter) -> Draft:
    """Give a section of the sheet its bars and its voice mask."""
    bar_s = meter.beats_per_bar * 60.0 / tempo
    if section.is_instrumental:
        return _wordless(section, bar_s)
    try:
        slots = lay_lines(section.lines, section.bars, tempo, meter)
    except InputError as err:
        raise InputError(f"section [{section.label}]: {err}") from err
    needed = slots[-1].bar + slots[-1].bars
    bars = section.bars or max(LEAST_BARS, needed + needed % 2)
    return Draft(section, bars, (True,) * needed + (False,) * (bars - needed))


def _wordless(section: Section, bar_s: float) -> Draft:
    """Return a section without words: its own bars, or a power of two of the usual length."""
    bars = section.bars or max(LEAST_BARS, 2 ** round(math.log2(WORDLESS_S[section.kind] / bar_s)))
    return Draft(section, bars, (False,) * bars)


def _without_sheet(form: Sequence[str], style: Style, bar_s: float, length_s: float) -> list[Draft]:
    """Return the sections of a song without a sheet.

    The style's usual form loses sections of its middle where there is little room, and comes round again where
    there is much; a form that was asked for is kept.
    """
    kinds = list(form or style.form)
    bars = round((length_s - TAIL_S) / bar_s)
    if not form:
        while len(kinds) > 3 and bars < 4 * len(kinds):
            kinds.pop(-2)
        usual = sum(_usual_bars(kind, style, bar_s) for kind in kinds)
        kinds = [kinds[0], *kinds[1:-1] * max(1, round(bars / usual)), kinds[-1]]
    seen: dict[str, int] = {}
    drafts = []
    for kind in kinds:
        seen[kind] = seen.get(kind, 0) + 1
        label = kind.title() if kinds.count(kind) == 1 else f"{kind.title()} {seen[kind]}"
        count = _usual_bars(kind, style, bar_s)
        drafts.append(Draft(Section(kind, label), count, (False,) * count))
    return drafts


def _usual_bars(kind: str, style: Style, bar_s: float) -> int:
    """Return the usual length of a section without words, in whole rounds where the style's chords go in twelves."""
    bars = _wordless(Section(kind, kind), bar_s).bars
    longest = max(len(progression) for progression in style.progressions_for(kind, style.mode))
    return 12 * max(1, round(bars / 12)) if longest == 12 and bars > 6 else bars


def _fit_length(drafts: Sequence[Draft], length_s: float, bar_s: float) -> tuple[list[Draft], int]:
    """Give the sections without words, but for those with bars of their own, the bars that make up a length.

    Returns the sections, and how many were put in because the others would have become too long.
    """
    fitted = list(drafts)
    bars = round((length_s - TAIL_S) / bar_s)
    is_open = [not any(draft.voice) and draft.section.bars is None for draft in fitted]
    fixed = sum(draft.bars for draft, loose in zip(fitted, is_open, strict=True) if not loose)
    spare = bars - fixed
    if spare < sum(is_open):
        needs = (
            "these lyrics, which need" if any(any(draft.voice) for draft in drafts) else "these sections, which need"
        )
        raise InputError(
            f"length {length_s:g} s is too short for {needs} {(fixed + sum(is_open)) * bar_s + TAIL_S:.0f} s "
            "at this tempo: ask for more, use fewer lines or sections, or a faster tempo"
        )
    inserted = 0
    if any(any(draft.voice) for draft in drafts) and spare > 0:
        inner = sum(
            loose and draft.section.kind not in ("intro", "outro")
            for draft, loose in zip(fitted, is_open, strict=True)
        )
        frame = LONGEST_FRAME_BARS * (sum(is_open) - inner)
        wanted = math.ceil((spare - frame - SLACK_BARS) / LONGEST_WORDLESS_BARS)
        inserted = max(0 if any(is_open) else 1, wanted - inner)
        fitted = _with_fillers(fitted, inserted, bar_s)
    elif not any(is_open) and spare > 0:
        fitted, inserted = [*fitted, _wordless(Section("outro", "Outro"), bar_s)], 1
    places = [i for i, draft in enumerate(fitted) if not any(draft.voice) and draft.section.bars is None]
    for i, count in zip(places, _shares(spare, [fitted[i] for i in places]), strict=True):
        fitted[i] = replace(fitted[i], bars=count, voice=(False,) * count)
    return fitted, inserted


def _with_fillers(drafts: list[Draft], count: int, bar_s: float) -> list[Draft]:
    """Put interludes and solos between sung sections: after choruses first, the same number in every place."""
    if not count:
        return drafts
    inner = [
        i
        for i in range(len(drafts) - 1)
        if any(drafts[i].voice) and any(any(d.voice) for d in drafts[i + 1 :])
    ]  # fmt: skip
    after_chorus = [i for i in inner if drafts[i].section.kind in _CHORUSES]
    last_sung = max(i for i, draft in enumerate(drafts) if any(draft.voice))
    places = [*after_chorus, *(i for i in inner if i not in after_chorus)] or [last_sung]
    rounds = [places[k % len(places)] for k in range(count)]
    result: list[Draft] = []
    number = 0
    for i, draft in enumerate(drafts):
        result.append(draft)
        for _ in range(rounds.count(i)):
            kind = FILLER_KINDS[number % 2] if count > 1 else "solo"
            result.append(_wordless(Section(kind, kind.title()), bar_s))
            number += 1
    return result


def _shares(spare: int, drafts: Sequence[Draft]) -> list[int]:
    """Share bars among sections in proportion to their usual lengths, in fours and twos where that goes.

    Beginning and ending take no more than `LONGEST_FRAME_BARS` each where others can take the rest. Every section
    gets at least one bar; the last takes what makes no pair.
    """
    if not drafts:
        return []
    is_frame = [draft.section.kind in ("intro", "outro") for draft in drafts]
    weights = [float(draft.bars) for draft in drafts]
    exact = [spare * weight / sum(weights) for weight in weights]
    inner = sum(weight for weight, frame in zip(weights, is_frame, strict=True) if not frame)
    if inner:
        exact = [
            min(share, LONGEST_FRAME_BARS) if frame else share for share, frame in zip(exact, is_frame, strict=True)
        ]
        rest = spare - sum(share for share, frame in zip(exact, is_frame, strict=True) if frame)
        exact = [s if frame else rest * w / inner for s, w, frame in zip(exact, weights, is_frame, strict=True)]
    shares = [max(1, 4 * round(share / 4) if share >= 6 else 2 * round(share / 2)) for share in exact]
    while spare - sum(shares) >= 2:
        shares[max(range(len(shares)), key=lambda i: (exact[i] - shares[i], i))] += 2
    if (sum(shares) - spare) % 2 and shares[-1] > 1:
        shares[-1] -= 1
    while spare < sum(shares):
        place = max(range(len(shares)), key=lambda i: (shares[i] > 1, shares[i] - exact[i], i))
        shares[place] -= 2 if shares[place] > 2 and sum(shares) - spare >= 2 else 1
    shares[-1] += spare - sum(shares)
    return shares
