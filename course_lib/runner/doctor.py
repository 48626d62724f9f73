"""What is wrong with an installation, and how to mend it.

`course doctor` prints what `examine()` returns, and lesson 00 shows it as a table.
"""

import contextlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from course_lib.machine import short_path

OK, WARNING, PROBLEM = "ok", "warning", "problem"

DISTRIBUTION = "recurrence-course"
GIB = 2**30
DISK_WANTED = 2 * GIB  # the data unpacked, and room for what a full run saves
MEMORY_WANTED = 4 * GIB  # what a lesson may use at profile "laptop"

# Keras logs at its first import. This process may have imported it already, so a new one looks.
_PROBE = """
import json
import course_lib
import keras
from course_lib import machine
print()
print(json.dumps({"backend": keras.backend.backend(), "accelerators": machine.accelerators()}))
"""
_PROBE_SECONDS = 300  # far more than an import takes: what is not done by then hangs


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Attributes:
        name: what.
        verdict: "ok", "warning" (the course works, but not as it should) or "problem" (not).
        found: what is there.
        mend: what to do; empty when there is nothing to do.
    """

    name: str
    verdict: str
    found: str
    mend: str = ""


def examine() -> list[Check]:
    """Every check, in the order a learner would mend things."""
    checks = []
    for look in (python, environment, packages, keras_import, kernel, memory, disk, data):
        try:
            found = look()
        except Exception as error:  # a broken installation must not silence the other checks
            name = getattr(look, "__name__", "check").replace("_", " ")
            found = Check(name, PROBLEM, f"cannot be looked at: {error!r}", _REINSTALL)
        checks += found if isinstance(found, list) else [found]
    return checks


def main() -> int:
    """Print all checks; 1 if one of them is a problem."""
    from rich.console import Console
    from rich.text import Text

    console = Console()
    styles = {OK: "green", WARNING: "yellow", PROBLEM: "bold red"}
    checks = examine()
    for check in checks:
        line = Text.assemble((f"{check.verdict:<8}", styles[check.verdict]), f"{check.name}: ")
        console.print(line + Text(check.found), soft_wrap=True)
        if check.mend:
            console.print(Text(f"        -> {check.mend}"), soft_wrap=True)
    problems = sum(check.verdict == PROBLEM for check in checks)
    warnings = sum(check.verdict == WARNING for check in checks)
    console.print(f"{problems} problems, {warnings} warnings")
    return int(problems > 0)


def python(version: tuple[int, int, int] = sys.version_info[:3]) -> Check:
    """The interpreter's version; 3.11 brought tomllib and hashlib.file_digest, which we use."""
    found = ".".join(map(str, version))
    if version < (3, 11):
        return Check("Python", PROBLEM, found, "Install Python 3.11, 3.12 or 3.13.")
    return Check("Python", OK, found)


def environment() -> Check:
    """Whether this interpreter keeps its packages to itself."""
    prefix = Path(sys.prefix)
    if sys.prefix != sys.base_prefix:
        return Check("environment", OK, f"virtual environment {short_path(prefix)}")
    if (prefix / "conda-meta").is_dir():
        return Check("environment", OK, f"conda environment {prefix}")
    return Check(
        "environment",
        WARNING,
        f"the system's own Python in {prefix}",
        "Other programs may change its packages. `make lab` makes an environment of its own.",
    )


def packages(requirements: list[str] | None = None) -> list[Check]:
    """Every dependency against its range: one line, or one for each that is amiss."""
    from packaging.requirements import Requirement

    if requirements is None:
        try:
            requirements = importlib.metadata.requires(DISTRIBUTION) or []
        except importlib.metadata.PackageNotFoundError:
            return [
                Check("packages", PROBLEM, f"{DISTRIBUTION} is not installed", _REINSTALL),
            ]
    wanted = [Requirement(text) for text in requirements]
    wanted = [it for it in wanted if it.marker is None or it.marker.evaluate({"extra": ""})]
    amiss = []
    for requirement in wanted:
        version = _version(requirement.name)
        if version is None and requirement.name == "tensorflow-cpu":
            version = _version("tensorflow")  # the one for GPUs stands in for it
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            found = f"{version or 'not installed'}, expected {requirement.specifier}"
            amiss.append(Check(requirement.name, PROBLEM, found, _REINSTALL))
    return amiss or [Check("packages", OK, f"all {len(wanted)} within their ranges")]


def _version(distribution):
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


_MEND_FOLDER = "Point COURSE_DATA at a folder of your own, or unset it."
_REINSTALL = "Run `pip install -e .` in the course's folder, or delete .venv and run `make lab`."


def keras_import() -> list[Check]:
    """Whether Keras imports, without a word, and on which backend and devices it computes."""
    try:
        run = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", _PROBE],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        found = f"did not import within {_PROBE_SECONDS} s"
        return [Check("keras", PROBLEM, found, _REINSTALL)]
    noise = run.stderr.strip()
    if run.returncode:
        reason = noise.splitlines()[-1] if noise else f"exit code {run.returncode}"
        return [Check("keras", PROBLEM, f"does not import: {reason}", _mend_import(reason))]
    probe = _last_json(run.stdout)
    version = importlib.metadata.version("keras")
    checks = [Check("keras", OK, f"{version}, imports quietly")]
    if noise:
        found = f"{version}, imports with {len(noise.splitlines())} lines of log: {noise[:200]}"
        mend = "Harmless. If TF_CPP_MIN_LOG_LEVEL or TF_ENABLE_ONEDNN_OPTS is set, unset it."
        checks = [Check("keras", WARNING, found, mend)]
    return [*checks, backend(probe["backend"]), devices(probe["accelerators"])]


def _last_json(said):
    """What the probe found; other programs may print before and after it."""
    for line in reversed(said.splitlines()):
        if line.startswith("{"):
            with contextlib.suppress(ValueError):
                return json.loads(line)
    raise ValueError(f"expected a line of JSON from Keras's probe, received {said[-200:]!r}")


def _mend_import(reason):
    if "No module named 'torch'" in reason or "No module named 'jax'" in reason:
        return "Unset KERAS_BACKEND, or install what it asks for: `pip install -e '.[torch,jax]'`."
    return _REINSTALL


def backend(name: str) -> Check:
    """Which backend Keras uses. Lessons run on all; the numbers they print come from TensorFlow."""
    if name == "tensorflow":
        return Check("backend", OK, name)
    return Check(
        "backend",
        WARNING,
        name,
        "Lessons work, but numbers differ in the last digits; `export KERAS_BACKEND=tensorflow`.",
    )


def devices(accelerators: list[str]) -> Check:
    """What Keras computes on. A processor alone is fine; a GPU that Keras does not see is not.

    Args:
        accelerators: the devices that Keras sees, as `machine.accelerators` names them.
    """
    if accelerators:
        return Check("devices", OK, ", ".join(accelerators))
    if shutil.which("nvidia-smi") and os.environ.get("CUDA_VISIBLE_DEVICES") != "-1":
        return Check(
            "devices",
            WARNING,
            "CPU only, though this machine seems to have an NVIDIA GPU",
            "Run `make gpu` in the course's folder (Linux).",
        )
    return Check("devices", OK, 'CPU only, which is what profile "laptop" is made for')


def kernel() -> Check:
    """Whether Jupyter's kernel "python3" is this interpreter."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    mend = "Run `python -m ipykernel install --sys-prefix` with the course's Python."
    if importlib.util.find_spec("ipykernel") is None:
        return Check("Jupyter kernel", PROBLEM, "ipykernel is not installed", _REINSTALL)
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Check("Jupyter kernel", PROBLEM, "none called python3", mend)
    except Exception as error:  # json's, traitlets's, the system's
        found = f"the one called python3 cannot be read: {error!r}"
        return Check("Jupyter kernel", PROBLEM, found, mend)
    # A bare "python" means: the Python that Jupyter itself runs on.
    if Path(program).name != program and Path(program).parent != Path(sys.executable).parent:
        return Check("Jupyter kernel", WARNING, f"python3 starts {program}", mend)
    return Check("Jupyter kernel", OK, "python3 starts this Python")


def memory(available: int | None = None) -> Check:
    """Memory that programs could still get."""
    import psutil

    available = psutil.virtual_memory().available if available is None else available
    found = f"{available / GIB:.1f} GiB available"
    if available >= MEMORY_WANTED:
        return Check("memory", OK, found)
    mend = f"A lesson may need {MEMORY_WANTED // GIB} GiB: close other programs and kernels."
    return Check("memory", WARNING, found, mend)


def disk(free: int | None = None) -> Check:
    """Room where the data goes."""
    from course_lib.datasets import DataError, data_dir

    try:
        folder = data_dir()
        existing = next(path for path in (folder, *folder.parents) if os.path.isdir(path))
        free = shutil.disk_usage(existing).free if free is None else free
    except (DataError, OSError, StopIteration) as error:
        found = f"room for the data cannot be looked at: {str(error) or 'no such disk'}"
        return Check("disk", PROBLEM, found, _MEND_FOLDER)
    found = f"{free / GIB:.1f} GiB free in {short_path(existing)}"
    if free >= DISK_WANTED:
        return Check("disk", OK, found)
    mend = f"The course wants {DISK_WANTED // GIB} GiB: make room, or point COURSE_DATA elsewhere."
    return Check("disk", WARNING, found, mend)


def data() -> list[Check]:
    """Each data set: whole, missing or damaged."""
    from course_lib.datasets import DataError, status
    from course_lib.datasets.archive.errors import DataFolderError

    try:
        sources = status()
    except DataFolderError as error:
        return [Check("data", PROBLEM, str(error), _MEND_FOLDER)]
    except DataError as error:
        mend = "Run `git checkout data/sources.toml` in the course's folder, or reinstall."
        return [Check("data", PROBLEM, str(error), mend)]
    checks = []
    for source in sources:
        name = f"data {source.name}"
        if source.state == "present":
            checks.append(Check(name, OK, f"{source.bytes_on_disk / 1e6:,.1f} MB, whole"))
        elif source.state == "missing" and source.on_demand:
            checks.append(Check(name, OK, "not fetched yet; its lesson does"))
        elif source.state == "missing":
            mend = f"Run `course data fetch {source.name}`, or `make data` for everything."
            checks.append(Check(name, WARNING, "not fetched yet", mend))
        else:
            mend = f"Run `course data fetch {source.name} --force`."
            checks.append(Check(name, PROBLEM, "; ".join(source.problems), mend))
    return checks
