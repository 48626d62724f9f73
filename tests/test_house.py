"""The plan of the house: which room may import which, read from the source of every module."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "course_lib"

NETWORKS = {"cells", "variants", "recurrent", "attention", "porting", "scratch"}
TASKS = {
    "tagging",
    "embeddings",
    "forecasting",
    "language_models",
    "hinted_counts",
    "decoding",
    "joint_ngrams",
    "sequence_scores",
    "memory",
    "observers",
    "rivals",
}
DESK = {"training", "plots", "claims", "datasets"}

# room -> rooms it may import besides itself; `scratch` is NumPy alone
MAY_IMPORT = {
    "machine": set(),
    "checks": set(),
    "resampling": set(),
    "scratch": {"checks"},
    **{room: NETWORKS | {"checks"} for room in NETWORKS - {"scratch"}},
    **{room: NETWORKS | {"checks", "resampling"} for room in TASKS},
    **{room: {"machine", "checks"} for room in DESK},
    "runner": {"machine", *DESK},
}

# imported before a learner has chosen a backend, or where nobody needs one
WITHOUT_KERAS = {
    "machine",
    "checks",
    "claims",
    "datasets",
    "decoding",
    "hinted_counts",
    "joint_ngrams",
    "memory",
    "observers",
    "resampling",
    "rivals",
    "runner",
    "scratch",
}


def modules():
    """(room, path) of every module; a package is one room. `__init__` of course_lib is the door."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        if parts != ("__init__.py",):
            yield parts[0].removesuffix(".py"), path


def imports(path, *, top_only=False):
    """Full names of what a module imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: imports are written out, without dots"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_imported(path):
    names = (name.split(".") for name in imports(path))
    return {parts[1] for parts in names if parts[0] == "course_lib" and len(parts) > 1} - {
        "__version__"
    }


@pytest.mark.parametrize(
    ("room", "path"), list(modules()), ids=lambda it: str(it).rpartition("course_lib/")[2]
)
def test_arrows_point_one_way(room, path):
    assert room in MAY_IMPORT, f"{path.name} is in no room of the plan"
    strangers = rooms_imported(path) - {room} - MAY_IMPORT[room]
    assert not strangers, f"{path.relative_to(PACKAGE)} imports {sorted(strangers)}"


@pytest.mark.parametrize(
    ("room", "path"), list(modules()), ids=lambda it: str(it).rpartition("course_lib/")[2]
)
def test_no_keras_where_nobody_has_chosen_a_backend(room, path):
    tops = {name.split(".")[0] for name in imports(path, top_only=True)}
    if room in WITHOUT_KERAS:
        assert not tops & {"keras", "tensorflow", "jax", "torch"}


def test_an_arrow_the_wrong_way_is_seen(tmp_path):
    module = tmp_path / "machine.py"
    module.write_text("def f():\n    from course_lib.claims import Claims\n    import keras\n")
    assert rooms_imported(module) == {"claims"}
    assert set(imports(module)) == {"course_lib.claims.Claims", "keras"}
    assert list(imports(module, top_only=True)) == []
