"""Imports go one way: values, then stages, then faces; `lyrics` stands alone; heavy packages come late."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lyrics
import songsmith

ROOT = Path(songsmith.__file__).resolve().parent
LYRICS = Path(lyrics.__file__).resolve().parent

# Lower layers first; a module may import from its own layer and from those before it.
LAYERS = (
    ("errors", "units", "seeds", "threads", "resources", "registry", "shown", "npz", "tables", "fieldreader"),
    ("cache",),
    ("audio", "theory", "timeline", "plan", "brief", "score", "performance", "accompaniment.parts"),
    ("mixing.limiter", "mixing.curves", "mixing.strip", "mixing.loudness", "song", "kept", "wavpatch", "origins"),
    ("accompaniment.grids", "accompaniment.instruments", "singing.alphabet", "singing.phonemes", "singing.voices"),
    ("keyfinding", "phrasing", "composing", "rhythm", "melody", "melodics", "metre", "tunes", "underlay"),
    ("styles", "mixing", "export", "serialize", "wholesong", "deserialize"),
    ("structure", "picture", "harmonise", "harmonies", "cast", "presets"),
    ("expression", "singing.network", "singing.phrase", "singing.warp", "singing.natural"),
    ("prompt", "writing", "form", "setting", "fit_report", "revise", "compose", "align"),
    ("told", "accompaniment", "singing", "mix", "songfolder", "project", "backing"),
    ("analysis", "placing", "mixing.over", "separation"),
    ("vocals", "evaluation", "compare", "picture.comparison", "picture.analysis", "variations"),
    ("paper", "lone_melody", "pipeline", "doctor"),
    ("listened", "ground", "sungtune", "over", "accompanying", "generated"),
    ("varying", "vary"),
    ("editing",),
    ("extension",),
    ("batching",),
    ("", "cli", "__main__"),
)  # fmt: skip

HEAVY = (
    "torch",
    "onnxruntime",
    "onnx",
    "scipy",
    "pedalboard",
    "parselmouth",
    "soundfile",
    "g2p_en",
    "nltk",
    "rich",
    "matplotlib",
    "mutagen",
)


def layer_of(module: str) -> int:
    """Return the layer of a module named below `songsmith`, that of its folder where it has none itself."""
    while module:
        for i, names in enumerate(LAYERS):
            if module in names:
                return i
        module = module.rpartition(".")[0]
    return len(LAYERS) - 1


def imports(path: Path, at_import_time_only: bool) -> set[str]:
    """Return the absolute names that a file imports, those inside functions and type checks left out if asked."""
    found: set[str] = set()
    nodes: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if not (at_import_time_only and (inside or typing_only)):
            nodes.extend(ast.iter_child_nodes(node))
    return found


def modules() -> list[tuple[str, Path]]:
    """Return every module of songsmith as (name below the package, file)."""
    rows = []
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        rows.append((".".join(p for p in parts if p != "__init__"), path))
    return rows


@pytest.mark.parametrize(
    ("module", "path"), modules(), ids=lambda value: str(value) if isinstance(value, str) else ""
)
def test_imports_go_down(module: str, path: Path) -> None:
    known = {f"songsmith.{name}" for name, _ in modules() if name}
    for name in imports(path, at_import_time_only=True) & known:
        below = name.removeprefix("songsmith.")
        assert layer_of(below) <= layer_of(module), f"songsmith.{module} imports {name}, a layer above it"


def test_every_module_has_a_layer() -> None:
    named = {name for names in LAYERS for name in names}
    for module, _ in modules():
        assert module in named or module.partition(".")[0] in named, f"songsmith.{module} is in no layer"


def test_lyrics_know_nothing_of_songsmith() -> None:
    for path in sorted(LYRICS.rglob("*.py")):
        outside = [n for n in imports(path, at_import_time_only=False) if n.split(".")[0] == "songsmith"]
        assert not outside, f"{path.name} imports {outside}"


@pytest.mark.parametrize("module", ["songsmith", "songsmith.cli", "songsmith.pipeline", "lyrics"])
def test_heavy_packages_come_late(module: str) -> None:
    code = f"import {module}, sys; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    allowed = {"rich"} if module == "songsmith.cli" else set()
    assert set(loaded) <= allowed


def test_no_pickle_and_no_shell() -> None:
    for path in [*ROOT.rglob("*.py"), *LYRICS.rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        for word in ("import pickle", "allow_pickle=True", "shell=True", "os.system(", "eval(", "exec("):
            assert word not in text, f"{path.name}: {word}"
