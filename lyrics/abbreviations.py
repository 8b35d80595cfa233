"""Abbreviations of languages other than English, in full."""

from __future__ import annotations

BARE = {
    "es": {
        "dr": "doctor", "dra": "doctora", "etc": "etcétera", "kg": "kilos", "km": "kilómetros", "sr": "señor",
        "sra": "señora", "sres": "señores", "srta": "señorita", "ud": "usted", "uds": "ustedes", "vs": "versus",
    },
    "fr": {
        "dr": "docteur", "etc": "et cetera", "kg": "kilos", "km": "kilomètres", "mgr": "monseigneur",
        "mlle": "mademoiselle", "mme": "madame", "mmes": "mesdames", "svp": "s'il vous plaît", "vs": "versus",
    },
    "it": {
        "cmq": "comunque", "dott": "dottor", "dr": "dottor", "ecc": "eccetera", "etc": "eccetera", "kg": "chili",
        "km": "chilometri", "nn": "non", "vs": "versus",
    },
    "pt": {
        "dr": "doutor", "dra": "doutora", "etc": "etcétera", "kg": "quilos", "km": "quilômetros", "pq": "porque",
        "sr": "senhor", "sra": "senhora", "srta": "senhorita", "tb": "também", "tbm": "também", "vc": "você",
        "vcs": "vocês", "vs": "versus",
    },
    "de": {
        "bzw": "beziehungsweise", "dr": "doktor", "etc": "et cetera", "kg": "kilo", "km": "kilometer",
        "usw": "und so weiter", "vs": "versus",
    },
}  # fmt: skip
"""Read so with a full stop or without."""

STOPPED = {
    "es": {"av": "avenida", "d": "don", "núm": "número", "pág": "página", "prof": "profesor", "sta": "santa"},
    "fr": {"av": "avenue", "bd": "boulevard", "m": "monsieur", "prof": "professeur", "st": "saint", "ste": "sainte"},
    "it": {
        "avv": "avvocato", "ing": "ingegner", "prof": "professor", "s": "san", "sig": "signor", "sig.na": "signorina",
        "sig.ra": "signora",
    },
    "pt": {"av": "avenida", "d": "dom", "pág": "página", "prof": "professor", "profa": "professora", "sta": "santa"},
    "de": {
        "ca": "circa", "d.h": "das heißt", "fr": "frau", "hr": "herr", "nr": "nummer", "prof": "professor",
        "st": "sankt", "str": "straße", "u.a": "unter anderem", "z.b": "zum beispiel",
    },
}  # fmt: skip
"""Read so where a full stop follows; a single letter only as a capital."""


def in_full(core: str, part: str, language: str) -> str | None:
    """Return the words that an abbreviation stands for, None where it is none.

    Parameters
    ----------
    core, part : the word without and with the punctuation around it, as written
    """
    lower = core.lower()
    if (words := BARE[language].get(lower)) is not None:
        return words
    if f"{core}." not in part or (len(core) == 1 and core.islower()):
        return None
    return STOPPED[language].get(lower)
