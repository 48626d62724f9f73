"""What `make test` does: style, unit tests, every lesson against its committed outputs, one table.

Each lesson runs in processes of its own, so that its memory is its own too. All lessons together run
two at a time, because TensorFlow computes in one thread here to give the same digits everywhere;
lessons that are named run one after the other, so that their seconds are their own.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.runner.notebook import REPRODUCIBLE

import psutil
from rich.console import Console
from rich.table import Table

SECONDS_PROMISED = 150  # what a lesson may take on a laptop; slower machines only get a remark
SHARING = 4 / 3  # a lesson takes this much longer beside another; measured on two cores: 1.27, 1.35
SECONDS_ALLOWED = 600  # four times that is no noise: something hangs
CELL_SECONDS = 300  # nbval waits this long for a kernel that died
MEMORY_ALLOWED = 4 * 2**30

_SAMPLE_EVERY = 0.2


@dataclass
class Result:
    """One row of the table. `problems` fail the run, `remarks` do not."""

    name: str
    seconds: float
    peak_bytes: int | None = None
    claims: tuple[bool, ...] = ()
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    report: str = ""  # pytest's, where a lesson failed


def prove(root: Path, lessons: list[Path], *, lessons_only: bool = False, at_once: int = 1) -> int:
    """Prove the course in the checkout at `root`; print as it goes; return the exit code."""
    console = Console()
    results = [] if lessons_only else [*_style(root, console), _unit_tests(root, console)]
    for result in _prove_lessons(root, lessons, at_once):
        console.rule(f"lesson {result.name}")
        if result.report:
            print(result.report)
        console.print(f"{result.seconds:.0f} s", "; ".join(result.problems) or "passed")
        results.append(result)
    if not lessons:
        results.append(Result("lessons", 0, problems=["found none in notebooks/"]))
    console.print(_table(results))
    if at_once > 1:
        console.print(
            f"Lessons ran {at_once} at a time; alone, each takes about three quarters as long."
        )
    failed = [result.name for result in results if result.problems]
    console.print(f"Failed: {', '.join(failed)}" if failed else "Everything holds.", style="bold")
    return int(bool(failed))


def _style(root, console):
    for name, arguments in (("lint", ["check"]), ("format", ["format", "--check"])):
        yield _step(root, console, name, [sys.executable, "-m", "ruff", *arguments, "."])


def _unit_tests(root, console):
    workers = str(min(4, os.cpu_count() or 1))  # each imports TensorFlow: more would not be faster
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "worksteal"]
    environment = {"KERAS_BACKEND": "tensorflow", **os.environ}
    return _step(root, console, "unit tests", command, environment)


def _step(root, console, name, command, environment=None):
    console.rule(name)
    started = time.perf_counter()
    code = subprocess.run(command, cwd=root, env=environment).returncode
    problems = [f"exit code {code}, see above"] if code else []
    return Result(name, time.perf_counter() - started, problems=problems)


def _prove_lessons(root, lessons, at_once):
    """The results in the order of the lessons, each as soon as it is there."""
    seconds_promised = SECONDS_PROMISED * (SHARING if at_once > 1 else 1)
    with ThreadPoolExecutor(at_once) as pool:
        try:
            yield from pool.map(lambda path: prove_lesson(root, path, seconds_promised), lessons)
        except BaseException:
            # Only this thread hears Ctrl-C. `map` has called off what has not begun; stop what runs.
            for child in _children(psutil.Process()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
            raise


def prove_lesson(root: Path, lesson: Path, seconds_promised: float = SECONDS_PROMISED) -> Result:
    """Run one lesson under nbval, every output compared; keep pytest's report if it fails."""
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *("--nbval", "--nbval-current-env", f"--nbval-cell-timeout={CELL_SECONDS}"),
        *("--nbval-sanitize-with", str(root / "tests" / "nbval.cfg"), str(lesson)),
    ]
    with tempfile.TemporaryDirectory(prefix="course-") as scratch:
        environment = {
            **os.environ,
            **REPRODUCIBLE,
            "COURSE_RESULTS": scratch,
            "IPYTHONDIR": str(Path(scratch, "ipython")),
            "KERAS_HOME": str(Path(scratch, "keras")),
        }
        report = Path(scratch, "report.txt")
        with report.open("wb") as stream:
            code, seconds, peak = _measure(command, cwd=root, env=environment, stdout=stream)
        result = Result(lesson.stem, seconds, peak, _claims(Path(scratch, f"{lesson.stem}.json")))
        if code:
            result.report = report.read_text(encoding="utf-8", errors="replace")
    if code is None:
        result.problems.append(f"stopped after {SECONDS_ALLOWED} s")
    elif code:
        result.problems.append("a cell failed or its output changed, see above")
    elif seconds > seconds_promised:
        result.remarks.append(f"slower than the {seconds_promised:.0f} s promised")
    if not all(result.claims):
        result.problems.append(f"{result.claims.count(False)} claims do not hold")
    if peak > MEMORY_ALLOWED:
        result.problems.append(f"more memory than {MEMORY_ALLOWED / 2**30:.0f} GiB")
    return result


def _measure(command, **options):
    """Exit code (None: stopped for taking too long), seconds, and the peak memory of its children.

    The children of pytest are the lesson's kernel and whatever that starts. Sampled, because no
    system call tells it alike on Linux, macOS and Windows.
    """
    started, peak = time.perf_counter(), 0
    process = psutil.Popen(command, stderr=subprocess.STDOUT, **options)
    try:
        while process.poll() is None:
            if time.perf_counter() - started > SECONDS_ALLOWED:
                return None, time.perf_counter() - started, peak
            peak = max(peak, sum(map(_resident, _children(process))))
            time.sleep(_SAMPLE_EVERY)
        return process.returncode, time.perf_counter() - started, peak
    finally:
        if process.is_running():
            for child in [*_children(process), process]:
                child.kill()
            process.wait()


def _children(process):
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _resident(process):
    try:
        return process.memory_info().rss
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return 0


def _claims(path):
    if not path.is_file():
        return ()
    return tuple(claim["held"] for claim in json.loads(path.read_text(encoding="utf-8"))["claims"])


def _table(results):
    table = Table(title="What was proven")
    table.add_column("lesson", no_wrap=True)
    table.add_column("seconds", justify="right")
    table.add_column("peak memory", justify="right")
    table.add_column("claims held", justify="right")
    table.add_column("verdict")
    for result in results:
        memory = "" if result.peak_bytes is None else f"{result.peak_bytes / 2**20:,.0f} MiB"
        held = f"{sum(result.claims)} of {len(result.claims)}" if result.claims else ""
        verdict = "; ".join([*result.problems, *result.remarks]) or "ok"
        table.add_row(
            result.name,
            f"{result.seconds:.0f}",
            memory,
            held,
            verdict,
            style="red" if result.problems else None,
        )
    return table
