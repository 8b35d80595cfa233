"""The songs that the analysis is measured on: prompts, tempi, keys and meters, the sheets they sing, their seeds.

Settings were chosen on `tuning` and `practice`; changes were looked at on `test` and `fresh`, too; on `judge` nothing
was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

SHEETS = (
    "[Verse]\nThe baker counts the morning trays\nAnd flour settles on the stair\nA bicycle goes down the hill\n"
    "With half the village in its hair\n[Chorus]\nRing the bell, ring it slow\nEverybody ought to know",
    "[Verse]\nI kept your letter in a drawer\nUnder the maps of older wars\n[Chorus]\nCome back, come back to me\n"
    "Over the copper-coloured sea\n[Verse 2]\nThe postman shook his heavy head\n"
    "There is no street like that, he said\n"
    "[Chorus]",
    "[Verse]\nNeon on the window pane\nA taxi waiting in the rain\nNobody has to know your name\n"
    "[Chorus]\nWe are alive, we are alive tonight\nHold up your hands against the light\n[Outro]",
    "[Intro]\n[Verse]\nSlow is the river, slow is the day\nWillow and heron, nothing to say\n"
    "[Bridge]\nAnd if it ever turns to snow\nI will be here to see it go\n"
    "[Verse]\nSlow is the river\nGone is the day",
    "[Verse]\nThe tinker's dog has found a shoe\nThe tinker found the other one\n"
    "They danced along the avenue\nUntil the avenue was gone\n"
    "[Chorus]\nLeft foot, right foot, mind the puddle\nAny two of us can muddle through",
    "[Verse]\nThirteen cranes above the yard\nCopper dust upon my sleeve\n[Pre-Chorus]\nI could stay, I could go\n"
    "[Chorus]\nTell me when the whistle blows\nTell me when to leave\n"
    "[Verse 2]\nThirteen ships without a name\nNone of them was built for me\n[Chorus]",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A song to render: what `songsmith.make` takes, the number of a sheet, and `font` 1 for the second SoundFont.

    `band` is the accompanist.
    """

    prompt: str
    tempo: float
    key: str
    meter: str
    sheet: int
    seed: int
    font: int
    voice: str = "heart"
    band: str = "patterns"


TEST = (
    Case("warm folk with fingerpicked guitar", 96, "G major", "4/4", 0, 11, 0),
    Case("slow piano ballad", 60, "A minor", "4/4", 1, 12, 1, "alto"),
    Case("driving rock", 140, "E minor", "4/4", 2, 13, 0, "tenor"),
    Case("celtic waltz", 150, "D major", "3/4", 0, 14, 1, "soprano"),
    Case("tender lullaby, soft", 72, "F major", "6/8", 3, 15, 0),
    Case("house, four on the floor", 124, "C minor", "4/4", 2, 16, 1, "alto"),
    Case("punk, fast and loud", 180, "A major", "4/4", 2, 17, 0, "tenor"),
    Case("bossa nova, sunny", 128, "Bb major", "4/4", 1, 18, 1, "heart"),
    Case("country waltz", 110, "C major", "3/4", 1, 19, 0, "baritone"),
    Case("soul ballad in six eight", 66, "Eb major", "6/8", 0, 20, 1, "alto"),
    Case("reggae, relaxed", 76, "D minor", "4/4", 1, 21, 0, "tenor"),
    Case("synthwave at night", 104, "F# minor", "4/4", 2, 22, 1, "heart"),
    Case("swing with a big band", 160, "Bb major", "4/4", 0, 23, 0, "alto"),
    Case("gospel, uplifting", 84, "Ab major", "6/8", 0, 24, 1, "soprano"),
    Case("hip hop, heavy drums", 88, "G minor", "4/4", 3, 25, 0, "baritone"),
    Case("trance, euphoric", 138, "B minor", "4/4", 2, 26, 1, "soprano"),
    Case("lofi beats, rainy", 70, "E minor", "4/4", 3, 27, 0, "heart"),
    Case("funk, tight", 108, "D minor", "4/4", 1, 28, 1, "tenor"),
    Case("bluegrass, banjo", 170, "G major", "4/4", 0, 29, 0, "tenor"),
    Case("cinematic, strings and horns", 80, "D minor", "3/4", 3, 30, 1, "soprano"),
    Case("disco, glitter", 118, "A minor", "4/4", 1, 31, 0, "alto"),
    Case("slow blues", 62, "E major", "6/8", 1, 32, 1, "baritone"),
    Case("latin, salsa feel", 100, "A minor", "4/4", 0, 33, 0, "tenor"),
    Case("pop, bright and catchy", 116, "Db major", "4/4", 2, 34, 1, "heart"),
    Case("rnb, smooth", 68, "F minor", "4/4", 1, 35, 0, "alto"),
    Case("folk rock jig", 120, "A minor", "6/8", 0, 36, 1, "tenor"),
    Case("metal, heavy", 152, "C minor", "4/4", 3, 37, 0, "baritone"),
    Case("acoustic waltz, calm", 90, "E major", "3/4", 2, 38, 1, "heart"),
    Case("techno, dark", 132, "F minor", "4/4", 2, 39, 0, "alto"),
    Case("trap, sparse", 144, "C# minor", "4/4", 1, 40, 1, "heart"),
)
TUNING = (
    Case("pop rock", 122, "A major", "4/4", 2, 511, 0),
    Case("jazzy ballad with piano", 64, "Eb major", "4/4", 3, 512, 1, "alto"),
    Case("folk waltz", 132, "G minor", "3/4", 1, 513, 0, "tenor"),
    Case("sea shanty", 96, "D minor", "6/8", 0, 514, 1, "baritone"),
    Case("drum heavy synth pop", 168, "F major", "4/4", 1, 515, 0, "soprano"),
    Case("country train beat", 112, "B major", "4/4", 0, 516, 1, "tenor"),
    Case("soul, slow jam", 74, "C minor", "6/8", 2, 517, 0, "alto"),
    Case("ambient, floating", 82, "F# major", "3/4", 3, 518, 1, "heart"),
)

FRESH = (
    Case("indie folk, banjo and brushes", 104, "D major", "4/4", 1, 901, 0, "alto"),
    Case("ska, upbeat", 156, "G major", "4/4", 0, 902, 1, "tenor"),
    Case("jazz waltz", 168, "F major", "3/4", 2, 903, 0),
    Case("chillout, slow and airy", 66, "C minor", "4/4", 3, 904, 1, "soprano"),
    Case("irish ballad, harp", 63, "E minor", "6/8", 1, 905, 0, "alto"),
    Case("electro, driving bass", 126, "A minor", "4/4", 2, 906, 1),
    Case("motown soul", 112, "Bb major", "4/4", 0, 907, 0, "baritone"),
    Case("march, brass", 100, "C major", "6/8", 3, 908, 1, "tenor"),
    Case("country rock", 136, "A major", "4/4", 1, 909, 0, "heart"),
    Case("downtempo blues", 74, "E minor", "4/4", 2, 910, 1, "baritone"),
)
"""Songs of the rule's band on which nothing was chosen."""

PRACTICE = (
    Case("folk singer, strummed guitar", 92, "C major", "4/4", 4, 1301, 0, "heart", "diffusion"),
    Case("ska, upbeat", 150, "A major", "4/4", 5, 1302, 1, "tenor", "diffusion"),
    Case("waltz with accordion", 144, "G major", "3/4", 4, 1303, 0, "alto", "diffusion"),
    Case("shuffle blues", 84, "A minor", "4/4", 1, 1304, 1, "baritone", "patterns"),
    Case("dreamy ambient", 60, "D major", "4/4", 3, 1305, 0, "soprano", "diffusion"),
    Case("gospel ballad", 69, "Bb major", "6/8", 5, 1306, 1, "alto", "diffusion"),
    Case("reggae, sunny", 82, "G major", "4/4", 4, 1307, 0, "tenor", "diffusion"),
    Case("disco", 120, "E minor", "4/4", 2, 1308, 1, "alto", "patterns"),
    Case("irish jig", 114, "D major", "6/8", 0, 1309, 0, "heart", "diffusion"),
    Case("punk rock", 176, "E major", "4/4", 5, 1310, 1, "tenor", "diffusion"),
    Case("jazz waltz, brushes", 126, "Eb major", "3/4", 1, 1311, 0, "alto", "diffusion"),
    Case("lofi, sleepy", 74, "F major", "4/4", 5, 1312, 1, "heart", "patterns"),
    Case("trap", 140, "D minor", "4/4", 2, 1313, 0, "heart", "diffusion"),
    Case("country two-step", 108, "D major", "4/4", 0, 1314, 1, "baritone", "diffusion"),
    Case("synthwave", 98, "B minor", "4/4", 4, 1315, 0, "soprano", "diffusion"),
    Case("soul in six eight", 78, "C major", "6/8", 1, 1316, 1, "tenor", "patterns"),
    Case("salsa", 104, "C minor", "4/4", 5, 1317, 0, "tenor", "diffusion"),
    Case("cinematic waltz, strings", 96, "A minor", "3/4", 3, 1318, 1, "soprano", "diffusion"),
    Case("metal", 160, "E minor", "4/4", 2, 1319, 0, "baritone", "diffusion"),
    Case("bossa nova", 134, "F major", "4/4", 4, 1320, 1, "heart", "patterns"),
    Case("rnb, late night", 64, "Ab major", "4/4", 2, 1321, 0, "alto", "diffusion"),
    Case("swing", 172, "C major", "4/4", 0, 1322, 1, "alto", "diffusion"),
    Case("folk waltz, slow", 84, "E minor", "3/4", 5, 1323, 0, "heart", "diffusion"),
    Case("techno", 130, "G minor", "4/4", 1, 1324, 1, "soprano", "patterns"),
)
"""Songs of the default band, one in four the rule's, for choosing settings."""

JUDGE = (
    Case("acoustic folk, harmonica", 98, "E major", "4/4", 5, 2701, 0, "tenor", "diffusion"),
    Case("off-beat ska with horns", 164, "Bb major", "4/4", 4, 2702, 1, "alto", "diffusion"),
    Case("viennese waltz, strings", 174, "A major", "3/4", 0, 2703, 0, "soprano", "diffusion"),
    Case("slow shuffle, electric guitar", 66, "G major", "4/4", 5, 2704, 1, "baritone", "diffusion"),
    Case("drifting ambient, bells", 72, "F# minor", "4/4", 3, 2705, 0, "heart", "patterns"),
    Case("gospel choir in six eight", 88, "F major", "6/8", 4, 2706, 1, "soprano", "diffusion"),
    Case("roots reggae", 70, "E minor", "4/4", 2, 2707, 0, "baritone", "diffusion"),
    Case("glossy disco strings", 122, "C minor", "4/4", 0, 2708, 1, "alto", "diffusion"),
    Case("celtic jig, whistle", 106, "G major", "6/8", 5, 2709, 0, "heart", "diffusion"),
    Case("three chord punk", 168, "D major", "4/4", 4, 2710, 1, "tenor", "patterns"),
    Case("jazz trio waltz", 138, "Bb major", "3/4", 2, 2711, 0, "heart", "diffusion"),
    Case("lofi hip hop, vinyl", 80, "D minor", "4/4", 0, 2712, 1, "heart", "diffusion"),
    Case("dark trap, bells", 132, "B minor", "4/4", 5, 2713, 0, "tenor", "diffusion"),
    Case("honky tonk country", 116, "F major", "4/4", 1, 2714, 1, "baritone", "diffusion"),
    Case("retro synthwave drive", 110, "A minor", "4/4", 2, 2715, 0, "heart", "patterns"),
    Case("soul ballad", 60, "Db major", "6/8", 0, 2716, 1, "alto", "diffusion"),
    Case("latin dance, congas", 112, "D minor", "4/4", 4, 2717, 0, "tenor", "diffusion"),
    Case("film score, broad and slow", 64, "C minor", "3/4", 1, 2718, 1, "soprano", "diffusion"),
    Case("heavy metal gallop", 180, "F# minor", "4/4", 1, 2719, 0, "baritone", "diffusion"),
    Case("samba and bossa guitar", 146, "A minor", "4/4", 3, 2720, 1, "soprano", "patterns"),
    Case("smooth rnb", 76, "Eb major", "4/4", 4, 2721, 0, "alto", "diffusion"),
    Case("big band swing", 148, "F major", "4/4", 2, 2722, 1, "tenor", "diffusion"),
    Case("country waltz, fiddle", 102, "D major", "3/4", 4, 2723, 0, "baritone", "diffusion"),
    Case("warehouse techno", 136, "D minor", "4/4", 5, 2724, 1, "soprano", "diffusion"),
    Case("funk with slap bass", 100, "E minor", "4/4", 0, 2725, 0, "tenor", "patterns"),
    Case("piano pop, hopeful", 86, "C major", "4/4", 5, 2726, 1, "heart", "diffusion"),
    Case("house with piano stabs", 126, "Ab major", "4/4", 4, 2727, 0, "alto", "diffusion"),
    Case("lullaby, music box", 90, "G major", "3/4", 3, 2728, 1, "soprano", "diffusion"),
    Case("bluegrass breakdown", 158, "A major", "4/4", 5, 2729, 0, "tenor", "diffusion"),
    Case("sea shanty with accordion", 124, "E minor", "6/8", 4, 2730, 1, "baritone", "patterns"),
)
"""Thirty more, on which nothing was chosen: their figures are the ones to believe."""

SETS = {"test": TEST, "tuning": TUNING, "fresh": FRESH, "practice": PRACTICE, "judge": JUDGE}
