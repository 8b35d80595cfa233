"""Our phonemes in the alphabet of a voicebank.

In this order: what the voice file says, what the bank's dictionary replaces, the phoneme with the language before
it (`en/aa`), and the phoneme itself, small as DiffSinger's English banks write ARPAbet, or in capitals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from songsmith.errors import InputError
from songsmith.singing.diffsinger.bank import Bank
from songsmith.singing.phonemes import bare

SILENT = "SP"
SPECIAL = {"AH0": ("ax", "ah"), "HH": ("hh", "h")}
SHOWN = 60

Spelling = Mapping[str, tuple[str, ...]]


def spell(symbols: Iterable[str], bank: Bank, language: str, own: Mapping[str, str]) -> Spelling:
    """Return the bank's phonemes for each of ours; raise InputError where there are none.

    Parameters
    ----------
    symbols : as in a performance, with stress digits
    own : what the voice file says, by our phoneme with or without its stress
    """
    known = bank.part.phonemes
    if SILENT not in known:
        raise InputError(
            f"voicebank {bank.name!r} has no phoneme {SILENT!r} for silence: use a whole DiffSinger bank"
        )
    result: dict[str, tuple[str, ...]] = {}
    lacking: list[str] = []
    for symbol in sorted(set(symbols)):
        written = own.get(symbol, own.get(bare(symbol)))
        if written is not None:
            result[symbol] = tuple(written.split())
            wrong = [name for name in result[symbol] if name not in known]
            if wrong:
                raise InputError(
                    f"phonemes.{bare(symbol)} = {written!r}: voicebank {bank.name!r} has no {wrong[0]!r};"
                    f" {_has(known)}"
                )
            continue
        found = next((name for name in _candidates(symbol, bank, language) if name in known), None)
        if found is None:
            lacking.append(bare(symbol))
        else:
            result[symbol] = (found,)
    if lacking:
        names = ", ".join(dict.fromkeys(lacking))
        raise InputError(
            f"voicebank {bank.name!r} has no phoneme for {names}: say in a voice file what it sings instead"
            f' ([phonemes] {lacking[0]} = "..."); {_has(known)}'
        )
    return result


def _candidates(symbol: str, bank: Bank, language: str) -> Iterable[str]:
    names = SPECIAL.get(symbol, (bare(symbol).lower(),))
    for name in names:
        yield from (bank.replacements[name],) if name in bank.replacements else ()
    for name in names:
        yield f"{language}/{name}"
    for name in names:
        yield from (name, name.upper())


def _has(known: Mapping[str, int]) -> str:
    names = list(known)
    return f"it has {' '.join(names[:SHOWN])}{' ...' if len(names) > SHOWN else ''}"
