"""What a lesson's outcome depends on, and which lessons have passed under just that.

A lesson need not run again where its notebook, the modules it imports, the data, the versions and the
arithmetic are what they were when it last passed on this machine.
"""

import ast
import hashlib
import json
import sys
from importlib import metadata
from pathlib import Path

from course_lib import machine
from course_lib.datasets import data_dir
from course_lib.runner import arithmetic
from course_lib.runner.notebook import LessonError, read_notebook

PACKAGE = "course_lib"


class Passed:
    """The lessons that have passed here: in `results/.passed.json` of the checkout at `root`.

    Args:
        root: the checkout.
        environment: the environment that lessons run in; its arithmetic counts.
    """

    def __init__(self, root: Path, environment: dict):
        self._root = root
        self._file = root / "results" / ".passed.json"
        self._here = {
            "python": sys.version,
            "arithmetic": json.loads(arithmetic.handed_down(environment)[arithmetic.VARIABLE]),
            "packages": sorted(f"{it.name} {it.version}" for it in metadata.distributions()),
            "data": _data(),
        }
        try:
            self._lessons = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._lessons = {}

    def holds(self, lesson: Path) -> bool:
        """Whether `lesson` has passed under just what it would meet now."""
        return self._lessons.get(lesson.stem, {}).get("circumstances") == self.circumstances(lesson)

    def seconds(self, lesson: Path) -> float | None:
        """What the lesson took when it last passed; None when it never has."""
        return self._lessons.get(lesson.stem, {}).get("seconds")

    def add(self, lesson: Path, seconds: float) -> None:
        """Remember that `lesson` has passed. Best effort: in a read-only checkout it only runs again."""
        self._lessons[lesson.stem] = {
            "circumstances": self.circumstances(lesson),
            "seconds": round(seconds, 1),
        }
        content = json.dumps(self._lessons, indent=1, sort_keys=True) + "\n"
        try:
            self._file.parent.mkdir(exist_ok=True)
            machine.write_atomically(self._file, content.encode())
        except OSError:
            pass

    def circumstances(self, lesson: Path) -> str:
        """A hash of the notebook, of the modules it imports, and of what is the same for every lesson."""
        digest = hashlib.sha256(json.dumps(self._here, sort_keys=True).encode())
        settings = [self._root / "pyproject.toml", self._root / "tests" / "nbval.cfg"]
        results = self._root / "results" / f"{lesson.stem}.json"
        for path in [lesson, results, *settings, *modules_of(lesson, self._root)]:
            digest.update(path.read_bytes() if path.is_file() else b"-")
        return digest.hexdigest()


def modules_of(path: Path, root: Path) -> list[Path]:
    """The modules of course_lib that a notebook or a Python file imports, directly or through another.

    Raises:
        LessonError: `path` is neither.
    """
    found, left = set(), set(_imports(path, root))
    while left:
        module = left.pop()
        found.add(module)
        left |= set(_imports(module, root)) - found
    return sorted(found)


def _imports(path, root):
    """Files of the package, or Python files beside `path`, that the source of `path` names."""
    for name in _names(path):
        parts = name.split(".")
        if parts[0] != PACKAGE:
            beside = path.with_name(f"{parts[0]}.py")  # tests import `parity` so
            if beside.is_file() and path.suffix == ".py":
                yield beside
            continue
        for length in range(1, len(parts) + 1):
            place = root.joinpath(*parts[:length])
            for module in (place / "__init__.py", place.with_suffix(".py")):
                if module.is_file():
                    yield module


def _names(path):
    """What `path` imports, as full names; of `from a import b` both a and a.b."""
    if path.suffix == ".ipynb":
        cells = (cell for cell in read_notebook(path).cells if cell.cell_type == "code")
        sources = [_without_magics(cell.source) for cell in cells]
    else:
        sources = [path.read_text(encoding="utf-8")]
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError as error:
            raise LessonError(f"{path} has a cell that is not Python: {error}") from error
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _without_magics(source):
    return "\n".join("pass" if line[:1] in "%!" and line else line for line in source.splitlines())


def _data():
    """What lies in the data folder, from the stamps that the fetcher writes."""
    found = []
    for stamp in sorted(data_dir().glob("*/.stamp.json")):
        try:
            files = json.loads(stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        found += [(stamp.parent.name, name, file.get("sha256")) for name, file in files.items()]
    return sorted(found)
