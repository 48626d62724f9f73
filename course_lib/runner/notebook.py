"""Run a lesson in a fresh kernel and write it back so that a second run changes not one byte.

A notebook is its own source here, so the file must depend on the lesson alone. Kernel and language are
always the same, cells keep their ids, keys are sorted, and nothing is kept of when and where it ran.
"""

import asyncio
import contextlib
import errno
import hashlib
import itertools
import json
import os
import re
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from course_lib import machine

if TYPE_CHECKING:
    # Only here: importing nbformat takes three seconds, and `course data` has no use for it.
    from nbformat import NotebookNode

PROFILES = ("laptop", "full")

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

# Settings under which two machines print the same digits. `course run` writes outputs under them, and
# `course test` compares outputs under them.
# The lessons talk about one backend. One instruction set and one thread fix the order in which an
# operation adds. Two operations may run side by side, because that changes no sum. A GPU adds in an
# order of its own.
REPRODUCIBLE = {
    "KERAS_BACKEND": "tensorflow",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "2",
    "CUDA_VISIBLE_DEVICES": "-1",
}

_KEPT_CELL_METADATA = ("jupyter", "tags")


class LessonError(Exception):
    """A lesson cannot be found, read, run or written; the message says which and why."""


# -- finding ---------------------------------------------------------------------------------------


def notebooks_folder() -> Path:
    """The folder of the lessons, beside the package in a checkout.

    Raises:
        LessonError: course_lib is installed without the lessons.
    """
    root = machine.checkout()
    if root is None or not (root / "notebooks").is_dir():
        raise LessonError(
            "Expected course_lib to lie in the course's repository, beside the lessons. "
            "Clone the repository and run `pip install -e .` there."
        )
    return root / "notebooks"


def lessons(folder: Path | None = None) -> list[Path]:
    """Every lesson, in the order of its number; 07b_x.ipynb follows 07_x.ipynb."""
    return sorted(
        path
        for path in (folder or notebooks_folder()).glob("*.ipynb")
        if re.match(r"\d\d[a-z]?_", path.name) and path.is_file()
    )


def find_lesson(name: str, folder: Path | None = None) -> Path:
    """The lesson called `name`: its number (3, 03 or 07b), its name, or the start of its name.

    A path means the very file it leads to, wherever that lies. A name with a folder in it is a path, and
    so is the name of an .ipynb file in the working folder.

    Raises:
        LessonError: there is none, or several; it lists them.
    """
    path = Path(name)
    in_a_folder = "/" in name or os.sep in name
    if in_a_folder or path.suffix == ".ipynb":
        if os.path.isfile(path):
            return path.absolute()
        if in_a_folder:
            there = "a folder" if os.path.isdir(path) else "nothing that can be read"
            raise LessonError(
                f"Expected a notebook at {name}, but there is {there}. The course's own lessons are "
                "also found by their numbers, as in `course run 03`."
            )
    known = lessons(folder)
    stem = path.name.removesuffix(".ipynb")
    digits = re.fullmatch(r"(\d+)([a-z]?)", stem)
    number = f"{int(digits[1]):02d}{digits[2]}_" if digits else None
    exact = [path for path in known if path.stem == stem]
    found = exact or [
        path
        for path in known
        if path.stem.startswith(number or stem)
        or (not number and path.stem.partition("_")[2].startswith(stem))
    ]
    if len(found) == 1 and stem:
        return found[0]
    several = "several lessons are" if found and stem else "no lesson is"
    listed = "\n  ".join(path.stem for path in known) or "(the folder is empty)"
    raise LessonError(f"Expected one lesson, but {several} called {name!r}. Lessons:\n  {listed}")


def title(path: Path) -> str:
    """The first heading of the lesson at `path`.

    Raises:
        LessonError: it is not a notebook.
    """
    for cell in _parse(path)["cells"]:
        heading = re.search(r"^# (.+)$", "".join(cell["source"]), re.M)
        if cell["cell_type"] == "markdown" and heading:
            return heading[1].strip()
    return ""


def read_notebook(path: Path) -> "NotebookNode":
    """The notebook at `path`, every cell with an id of its own.

    Raises:
        LessonError: it is not a notebook.
    """
    import nbformat

    # nbformat gives a random id to a cell that has none, or that has another cell's. So ours come first.
    notebook = _parse(path)
    notebook["nbformat_minor"] = 5
    seen = set()
    for cell in notebook["cells"]:
        cell["id"] = _cell_id(cell, seen)
    try:
        return nbformat.reads(json.dumps(notebook), as_version=4)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LessonError(f"{path} cannot be read as a notebook: {error}") from error


def _parse(path):
    """The file as it is, once it has proven to be a list of cells with sources."""
    try:
        notebook = json.loads(path.read_bytes())
        if notebook["nbformat"] != 4:
            raise ValueError(f"expected format 4, received {notebook['nbformat']}")
        for cell in notebook["cells"]:
            cell["cell_type"], "".join(cell["source"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LessonError(f"{path} cannot be read as a notebook: {error!r}") from error
    return notebook


def _cell_id(cell, seen):
    """The cell's own id, which editors keep when cells move; else one made from its source."""
    source = "".join(cell["source"])
    wanted = cell.get("id") or hashlib.sha256(source.encode()).hexdigest()[:8]
    new, copies = wanted, 1
    while new in seen:
        copies += 1
        new = f"{wanted}-{copies}"
    seen.add(new)
    return new


# -- normal form -----------------------------------------------------------------------------------


def normalise(notebook: "NotebookNode") -> "NotebookNode":
    """Take out of `notebook`, in place, what runs and editors add and no reader needs."""
    _replace(notebook.metadata, kernelspec=KERNELSPEC, language_info={"name": "python"})
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in _KEPT_CELL_METADATA if cell.metadata.get(key)}
        _replace(cell.metadata, **kept)
        for output in cell.get("outputs", ()):
            _normalise_output(output)
    return notebook


def _normalise_output(output):
    if "metadata" in output:  # sizes, isolation: about this run's front end, not about the result
        _replace(output.metadata)
    if output.output_type == "error":  # frames hold this machine's paths and memory addresses
        output.traceback = [f"{output.ename}: {output.evalue}"]


def _replace(node, **values):
    node.clear()
    node.update(values)


def to_bytes(notebook: "NotebookNode") -> bytes:
    """The notebook as `course run` writes it.

    Raises:
        LessonError: it is no valid notebook.
    """
    import nbformat

    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise LessonError(f"Not a valid notebook: {error.message}") from error
    return (nbformat.writes(notebook) + "\n").encode("utf-8")


def write_notebook(notebook: "NotebookNode", path: Path) -> None:
    """Replace `path` in one step, so that an interruption leaves the old file.

    Raises:
        LessonError: it is no valid notebook.
        OSError: see `machine.replacing`.
    """
    machine.write_atomically(path, to_bytes(notebook))


# -- running ---------------------------------------------------------------------------------------


def set_profile(notebook: "NotebookNode", profile: str) -> None:
    """Set the one dial: the line `PROFILE = "laptop"` of the cell tagged `parameters`, nothing else.

    Raises:
        LessonError: not exactly one such cell or line.
    """
    if profile not in PROFILES:
        raise LessonError(f"Expected profile {' or '.join(PROFILES)}. Received: {profile!r}")
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    if len(cells) != 1:
        raise LessonError(f"Expected one cell tagged `parameters`. Received: {len(cells)}")
    source, lines = re.subn(
        r'^PROFILE = "laptop"(?=[ \t]*(#.*)?$)',
        f'PROFILE = "{profile}"',
        cells[0].source,
        flags=re.M,
    )
    if lines != 1:
        raise LessonError(
            f'Expected one line `PROFILE = "laptop"` in the `parameters` cell. Received: {lines}'
        )
    cells[0].source = source


def execute(
    notebook: "NotebookNode",
    *,
    folder: Path,
    reproducible: bool,
    cell_timeout: float | None = None,
    on_cell: Callable[[int, int], None] = lambda index, count: None,
) -> None:
    """Run every cell, in place, in a new kernel of this very interpreter.

    Args:
        notebook: what to run; old outputs are dropped first.
        folder: the kernel's working folder.
        reproducible: run under the settings of `REPRODUCIBLE`.
        cell_timeout: seconds that one cell may take; None for no limit.
        on_cell: called with (index, number of cells) before each cell.

    Raises:
        LessonError: a cell failed, took too long, or killed its kernel; it names the cell.
    """
    # Imported late: `course list` does not need them and should answer at once.
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    current = 0

    def started(cell, cell_index):
        nonlocal current
        current = cell_index
        on_cell(cell_index, len(notebook.cells))

    with _clean_settings(reproducible) as environment:
        client = NotebookClient(
            notebook,
            km=_kernel_manager(),
            timeout=cell_timeout,
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
            on_cell_start=started,
        )
        try:
            asyncio.run(_interruptible(client, env=environment))
        except CellExecutionError as error:
            reason = f"{error.ename}: {_without_colour(error.evalue):.2000}"
        except CellTimeoutError:
            reason = f"it took longer than {cell_timeout:g} s"
        except DeadKernelError:
            reason = "its kernel died, most often for want of memory"
        else:
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    cell.outputs = merge_streams(cell.outputs)
            return
    source = notebook.cells[current].source
    raise LessonError(
        f"Cell {current + 1} of {len(notebook.cells)} (id {notebook.cells[current].id}) failed: "
        f"{reason}\n\n{_excerpt(source)}"
    )


async def _interruptible(client, **options):
    """Execute; Ctrl-C stops the kernel and arrives as KeyboardInterrupt.

    nbclient has a handler for Ctrl-C. It stops the kernel without telling the client, which then fails
    with an AssertionError. Our handler replaces it and cancels the task. nbclient reports a cancelled
    task as a dead kernel, so our handler also notes that there was an interruption.
    """
    from nbclient.exceptions import DeadKernelError

    task, interrupted = asyncio.current_task(), False

    def interrupt():
        nonlocal interrupted
        interrupted = True
        task.cancel()

    def take_over(notebook):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            # Windows, and threads other than the main one, have no such handlers. Python's own stays.
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)

    client.on_notebook_start = take_over
    try:
        # cleanup_kc: nbclient leaves a kernel running that it did not start by itself.
        await client.async_execute(cleanup_kc=True, **options)
    except (DeadKernelError, asyncio.CancelledError):
        if interrupted:
            raise KeyboardInterrupt from None
        raise


def _kernel_manager():
    """A kernel of this interpreter, whatever else is registered as "python3" on this machine."""
    from ipykernel.kernelspec import RESOURCES, get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class ThisInterpreter(KernelSpecManager):
        def get_kernel_spec(self, kernel_name):
            # By default the kernel logs into our terminal how it is connected and how it was stopped.
            quiet = ["--IPKernelApp.log_level=CRITICAL"]
            return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict(extra_arguments=quiet))

    return AsyncKernelManager(kernel_name=KERNELSPEC["name"], kernel_spec_manager=ThisInterpreter())


@contextlib.contextmanager
def _clean_settings(reproducible):
    """Our environment for the kernel, without the learner's IPython start-up files and Keras settings."""
    with tempfile.TemporaryDirectory(prefix="course-") as home:
        yield {
            **os.environ,
            "IPYTHONDIR": str(Path(home, "ipython")),
            "KERAS_HOME": str(Path(home, "keras")),
            **(REPRODUCIBLE if reproducible else {}),
        }


def _without_colour(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _excerpt(source, lines=12):
    shown = source.splitlines()
    more = [f"... {len(shown) - lines} more lines"] if len(shown) > lines else []
    return "\n".join(f"    {line:.200}" for line in [*shown[:lines], *more])


def merge_streams(outputs: "list[NotebookNode]") -> "list[NotebookNode]":
    """The outputs with all pieces of stdout joined, all pieces of stderr joined, as a terminal shows them.

    A carriage return takes back what stands before it in its line. The order in which the first pieces of
    stdout and stderr arrive is left to chance, so a stderr directly before stdout changes places with it.

    nbclient's `coalesce_streams` does the same, but its search for carriage returns takes time that grows
    with the square of a line's length: seconds for 100,000 characters, minutes for a million.
    """
    merged, pieces = [], {}
    for output in outputs:
        if output.output_type != "stream":
            merged.append(output)
        elif output.name in pieces:
            pieces[output.name].append(output.text)
        else:
            pieces[output.name] = [output.text]
            merged.append(output)
    for output in merged:
        if output.output_type == "stream":
            text = "".join(pieces[output.name])
            output.text = re.sub(r"^.*\r(?=[^\n])", "", text, flags=re.M)
    for first, second in itertools.pairwise(range(len(merged))):
        if [merged[i].get("name") for i in (first, second)] == ["stderr", "stdout"]:
            merged[first], merged[second] = merged[second], merged[first]
    return merged


def check_target(path: Path) -> None:
    """Look whether a notebook could be written to `path`, before hours are spent on one.

    Raises:
        LessonError: it could not; the message says why.
    """
    if os.path.isdir(path):
        raise LessonError(f"Expected a file to write to, but {path} is a folder.")
    if os.path.lexists(path) and not os.path.isfile(path):
        raise LessonError(f"Expected a file to write to, but {path} is none.")
    folder = Path(os.path.realpath(path)).parent
    if not os.path.isdir(folder):
        raise LessonError(f"Expected a place to write to, but the folder {folder} does not exist.")
    try:
        machine.check_writable(folder)
        if os.path.isfile(path) and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "the file is read-only", str(path))
    except OSError as error:
        raise LessonError(f"{path} cannot be written, so nothing was run: {error}") from error


def run_lesson(
    path: Path,
    *,
    profile: str = "laptop",
    output: Path | None = None,
    cell_timeout: float | None = None,
    on_cell: Callable[[int, int], None] = lambda index, count: None,
) -> None:
    """Run the lesson at `path` and write the result.

    At profile "laptop" the result replaces the lesson, unless `output` names another file. At "full"
    the lesson stays as it is and the result goes to `output`, or nowhere: the numbers of a full run
    are in results/.

    Raises:
        LessonError: the lesson failed, or its result cannot be written. Nothing has been written. That the
            result cannot be written is told before anything runs.
    """
    before = _content(path)
    notebook = normalise(read_notebook(path))
    set_profile(notebook, profile)
    target = output or (path if profile == "laptop" else None)
    if target is not None:
        check_target(target)
    execute(
        notebook,
        folder=path.parent,
        reproducible=profile == "laptop",
        cell_timeout=cell_timeout,
        on_cell=on_cell,
    )
    normalise(notebook)
    if target is None:
        return
    if target is path and _content(path) != before:
        raise LessonError(
            f"{path} was changed while it ran, so the result was not written over it. "
            "Save it, close it and run again."
        )
    try:
        write_notebook(notebook, target)
    except OSError as error:
        raise LessonError(f"{path} ran, but {target} could not be written: {error}") from error


def _content(path):
    """The file's bytes; None when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def is_normal(path: Path) -> bool:
    """Whether the file is byte for byte what `course run` would write for its cells and outputs."""
    return path.read_bytes() == to_bytes(normalise(read_notebook(path)))
