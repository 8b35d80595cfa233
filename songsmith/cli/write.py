"""`songsmith write`: the words of a song."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from songsmith.cli.console import Json, app, number, warn, whole
from songsmith.errors import InputError

if TYPE_CHECKING:
    from lyrics.lyricist.drafts import Draft
    from songsmith.prompt import Reading
    from songsmith.writing import Wishes


@app.command(epilog='Example: [bold]songsmith write "a slow folk song about leaving home" --out words.txt[/bold]')
def write(
    prompt: Annotated[str, typer.Argument(help="What the song should be and what it is about.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Sheet to write; without it, it is printed.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    seed: Annotated[int, typer.Option(metavar="N", parser=whole, help="Another seed gives other words.")] = 0,
    form: Annotated[
        str | None, typer.Option(help="Sections in order: 'verse chorus verse chorus bridge chorus'.")
    ] = None,
    scheme: Annotated[
        str | None, typer.Option(help="Rhymes of a stanza: ABAB, AABB; X for a line without one: XAXA.")
    ] = None,
    syllables: Annotated[
        int | None, typer.Option(metavar="N", parser=whole, help="Syllables in a line, 4 to 12.")
    ] = None,
    language: Annotated[str, typer.Option(metavar="CODE", help="Language of the words: en.")] = "en",
    title: Annotated[str | None, typer.Option(help="The title, which the chorus sings.")] = None,
    keywords: Annotated[str | None, typer.Option(help="Words to sing, separated by commas.")] = None,
    avoid: Annotated[str | None, typer.Option(help="Words not to sing, separated by commas.")] = None,
    style: Annotated[str | None, typer.Option(help="A style of 'songsmith styles', or a .toml file.")] = None,
    tempo: Annotated[float | None, typer.Option(metavar="BPM", parser=number, help="Quarter notes a minute.")] = None,
    meter: Annotated[str | None, typer.Option(help="4/4, 3/4 or 6/8.")] = None,
    drafts: Annotated[
        int | None,
        typer.Option(
            metavar="K", parser=whole, help="Drafts to write, of which the best is taken; 6, of a language model 1."
        ),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Print every draft, the best first.")] = False,
    going_on: Annotated[
        Path | None, typer.Option("--continue", metavar="SHEET", help="Write the next section of this sheet.")
    ] = None,
    rewrite: Annotated[
        Path | None, typer.Option(metavar="SHEET", help="Give other words for a line of this sheet; needs --line.")
    ] = None,
    line: Annotated[
        int | None, typer.Option(metavar="N", parser=whole, help="The line to rewrite, from 1 in sung order.")
    ] = None,
    lyricist: Annotated[
        str, typer.Option(help="Who writes: corpus, or hf: and the name, folder or GGUF file of a language model.")
    ] = "corpus",
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Download the model of --lyricist if it is not here.")
    ] = False,
    explicit: Annotated[bool, typer.Option("--explicit", help="Accept coarse words.")] = False,
    as_json: Json = False,
) -> None:
    """Write the words of a song: a lyric sheet that 'songsmith make --lyrics' sings."""
    from songsmith.writing import Wishes, draft_words, reading_of

    if out is not None and out.exists() and not overwrite:
        raise InputError(f"{out}: is there already: give another --out, or --overwrite")
    if going_on is not None and rewrite is not None:
        raise InputError("--continue and --rewrite are two things: give one of them")
    if (rewrite is None) != (line is None):
        raise InputError("--rewrite SHEET and --line N go together: give both")
    wishes = Wishes(
        form=tuple((form or "").replace(",", " ").replace(">", " ").lower().split()),
        scheme=(scheme or "").upper(),
        syllables=syllables,
        language=language,
        title=title or "",
        keywords=_listed(keywords),
        avoid=_listed(avoid),
        explicit=explicit,
    )
    reading = reading_of(prompt, seed, style, tempo, meter)
    for warning in reading.warnings:
        if "person's style" in warning:
            warn(warning)
    if going_on is not None:
        _continue(going_on, reading, wishes, seed, out, as_json)
    elif rewrite is not None and line is not None:
        _rewrite(rewrite, line, reading, wishes, seed, out, as_json)
    else:
        found = draft_words(reading, seed, wishes, lyricist, drafts, fetch)
        _show(found, out, show_all, as_json)


def _listed(words: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (words or "").split(",") if word.strip())


def _show(found: tuple[Draft, ...], out: Path | None, show_all: bool, as_json: bool) -> None:
    """Print the best draft, or all of them, or write the best to a file."""
    best = found[0]
    for note in best.notes:
        warn(note)
    if out is not None:
        _save(out, best.text)
    if as_json:
        result: dict[str, Any] = _table(best)
        result["drafts"] = [_table(draft) for draft in found]
        result["file"] = str(out.resolve()) if out is not None else None
        print(json.dumps(result, ensure_ascii=False, indent=2))
    elif out is not None:
        ranked = f", the best of {len(found)} drafts" if len(found) > 1 else ""
        print(f"{best.title}: {len(best.lines)} lines, {best.worth:.2f} of 1{ranked}")
        print(f"sheet: {out}")
    elif show_all:
        for place, draft in enumerate(found, 1):
            scores = ", ".join(f"{name} {value:.2f}" for name, value in draft.scores)
            print(f"# Draft {place}: {draft.worth:.3f} ({scores})\n{draft.text}")
    else:
        print(best.text, end="")


def _table(draft: Draft) -> dict[str, Any]:
    return {
        "title": draft.title,
        "text": draft.text,
        "worth": draft.worth,
        "scores": dict(draft.scores),
        "sections": [
            {
                "kind": section.kind,
                "label": section.label,
                "lines": [{"text": one.text, "pattern": one.pattern, "rhyme": one.letter} for one in section.lines],
            }
            for section in draft.sections
        ],
    }


def _continue(sheet: Path, reading: Reading, wishes: Wishes, seed: int, out: Path | None, as_json: bool) -> None:
    """Write the next section of a sheet."""
    from songsmith.writing import next_section

    kind = wishes.form[0] if wishes.form else ""
    found = next_section(sheet, reading, seed, replace(wishes, form=()), kind)
    for note in found.notes:
        warn(note)
    if out is not None:
        _save(out, found.text)
    if as_json:
        section = {"kind": found.section.kind, "label": found.section.label}
        lines = [one.text for one in found.section.lines]
        print(json.dumps({**section, "lines": lines, "text": found.text}, ensure_ascii=False, indent=2))
    elif out is not None:
        print(f"{found.section.label}: {len(found.section.lines)} lines\nsheet: {out}")
    else:
        print(found.text, end="")


def _rewrite(
    sheet: Path, line: int, reading: Reading, wishes: Wishes, seed: int, out: Path | None, as_json: bool
) -> None:
    """Print other words for a line; with a file, the sheet with the first of them goes there."""
    from songsmith.writing import other_words

    found, text = other_words(sheet, line, reading, seed, wishes)
    if out is not None:
        _save(out, text)
    if as_json:
        print(json.dumps({"line": line, "alternatives": list(found), "text": text}, ensure_ascii=False, indent=2))
        return
    print("\n".join(found))
    if out is not None:
        print(f"sheet with the first of them: {out}")


def _save(path: Path, text: str) -> None:
    """Write a sheet under a name of its own first, so that no half of one is ever left."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
