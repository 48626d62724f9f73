"""What `make test` does: style, unit tests, every lesson against its committed outputs, one table.

Each lesson runs in processes of its own, so that its memory is its own too. All lessons together run
two at a time, because TensorFlow computes in one thread here, for the sake of digits that repeat.
Lessons that are named run one after the other, so that their seconds are their own.
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

from course_lib.runner import arithmetic, comparison
from course_lib.runner.notebook import LessonError
from course_lib.runner.passed import Passed, modules_of

import psutil
from rich.console import Console
from rich.table import Table

SECONDS_PROMISED = 150  # what a lesson may take on a laptop; slower machines only get a remark
SHARING = 4 / 3  # a lesson takes this much longer beside another; measured on two cores: 1.27, 1.35
SECONDS_ALLOWED = 600  # four times that is no noise: something hangs
MEMORY_ALLOWED = 4 * 2**30

QUICK_TESTS = (
    "test_docs",
    "test_house",
    "test_notebooks",
    "test_packaging",
)  # a few seconds together

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
    why_no_digits: str = ""  # the reason why the digits were not compared
    report: str = ""  # pytest's, where a lesson failed


def prove(
    root: Path,
    lessons: list[Path],
    *,
    lessons_only: bool = False,
    again: bool = True,
    at_once: int = 1,
    other_arithmetic: bool = False,
) -> int:
    """Prove the course in the checkout at `root`; print as it goes; return the exit code.

    Args:
        lessons: the lessons to prove.
        lessons_only: without style and unit tests.
        again: run lessons, too, that have passed on this machine and of which nothing has changed since.
        at_once: lessons that run side by side.
        other_arithmetic: compute with older instructions and other kernels than lessons are saved with.
    """
    console = Console()
    settings = arithmetic.OTHER_ARITHMETIC if other_arithmetic else arithmetic.REPRODUCIBLE
    environment = arithmetic.handed_down({**os.environ, **settings})
    passed = Passed(root, environment)
    unchanged = [] if again else [lesson for lesson in lessons if passed.holds(lesson)]
    to_run = [lesson for lesson in lessons if lesson not in unchanged]
    if not lessons_only:
        console.print("Next: lint, format, unit tests, then lessons:", _names(to_run) or "none")
    if unchanged:
        console.print(
            f"Unchanged since they passed here, and so left out: {_names(unchanged)}. "
            "`course test --all` runs them, too."
        )
    results = [] if lessons_only else [*_style(root, console), _unit_tests(root, console)]
    proven = _prove_lessons(root, to_run, at_once, environment)
    for number, (lesson, result) in enumerate(zip(to_run, proven, strict=True), start=1):
        console.rule(f"lesson {result.name}")
        if result.report:
            print(result.report)
        console.print(f"{result.seconds:.0f} s", "; ".join(result.problems) or "passed")
        if left := to_run[number:]:
            console.print(f"left: {_names(left)}{_minutes(left, passed, at_once)}", style="dim")
        if not result.problems:
            passed.add(lesson, result.seconds)
        results.append(result)
    results += [
        Result(lesson.stem, 0, remarks=["unchanged since it passed"]) for lesson in unchanged
    ]
    if not lessons:
        results.append(Result("lessons", 0, problems=["found none in notebooks/"]))
    console.print(_table(results))
    if at_once > 1 and len(to_run) > 1:
        console.print(
            f"Lessons ran {at_once} at a time; alone, each takes about three quarters as long."
        )
    failed = [result.name for result in results if result.problems]
    console.print(f"Failed: {', '.join(failed)}" if failed else "Everything holds.", style="bold")
    return int(bool(failed))


def _names(lessons):
    return ", ".join(lesson.stem.partition("_")[0] for lesson in lessons)


def _minutes(lessons, passed, at_once):
    """How long the lessons will take, where it is known what each took the last time."""
    seconds = [passed.seconds(lesson) for lesson in lessons]
    if None in seconds:
        return ""
    return f", about {sum(seconds) / at_once / 60:.0f} minutes"


def check(root: Path, shortest: Path) -> int:
    """What a contributor runs before every commit: style, the tests a change can break, one short lesson.

    Args:
        root: the checkout, a git repository.
        shortest: the lesson that is run.
    """
    console = Console()
    changed = _changed(root)
    tests = tests_of(root, changed)
    console.print(f"{len(changed)} files changed. Next: lint, format, {_tests(tests)}, one lesson.")
    environment = arithmetic.handed_down({**os.environ, **arithmetic.REPRODUCIBLE})
    results = [*_style(root, console), _unit_tests(root, console, map(str, tests))]
    console.rule(f"lesson {shortest.stem}")
    results.append(prove_lesson(root, shortest, environment=environment))
    if results[-1].report:
        print(results[-1].report)
    console.print(_table(results))
    failed = [result.name for result in results if result.problems]
    console.print(
        f"Failed: {', '.join(failed)}" if failed else "Fit to be proven by `make test`.",
        style="bold",
    )
    return int(bool(failed))


def _tests(tests):
    names = [path.stem.removeprefix("test_") for path in tests]
    return f"tests of {', '.join(names[:8])}{' ...' if len(names) > 8 else ''}"


def _changed(root):
    """Files that differ from what others have: uncommitted ones, and commits not yet upstream."""
    commands = [
        ["git", "diff", "--name-only", "HEAD"],
        ["git", "ls-files", "--others", "--exclude-standard"],
        ["git", "diff", "--name-only", "@{upstream}...HEAD"],
    ]
    runs = [subprocess.run(it, cwd=root, capture_output=True, text=True) for it in commands]
    if runs[0].returncode:
        raise LessonError(f"Expected a git repository in {root}: {runs[0].stderr.strip()}")
    return sorted({root / line for run in runs for line in run.stdout.splitlines()})


def tests_of(root: Path, changed: list[Path]) -> list[Path]:
    """The files of unit tests that import a changed file, directly or not, and those that take no time.

    Args:
        root: the checkout.
        changed: files; of a notebook or a page, the tests that read them are among the quick ones.
    """
    changed = set(changed)
    return [
        path
        for path in sorted((root / "tests").rglob("test_*.py"))
        if path.stem in QUICK_TESTS or path in changed or changed & set(modules_of(path, root))
    ]


def _style(root, console):
    for name, arguments in (("lint", ["check"]), ("format", ["format", "--check"])):
        yield _step(root, console, name, [sys.executable, "-m", "ruff", *arguments, "."])


def _unit_tests(root, console, tests=()):
    workers = str(min(4, os.cpu_count() or 1))  # each imports TensorFlow: more would not be faster
    command = [sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "worksteal", *tests]
    environment = {"KERAS_BACKEND": "tensorflow", **os.environ}
    return _step(root, console, "unit tests", command, environment)


def _step(root, console, name, command, environment=None):
    console.rule(name)
    started = time.perf_counter()
    code = subprocess.run(command, cwd=root, env=environment).returncode
    problems = [f"exit code {code}, see above"] if code else []
    return Result(name, time.perf_counter() - started, problems=problems)


def _prove_lessons(root, lessons, at_once, environment):
    """The results in the order of the lessons, each as soon as it is there."""
    seconds_promised = SECONDS_PROMISED * (SHARING if at_once > 1 else 1)
    with ThreadPoolExecutor(at_once) as pool:
        try:
            yield from pool.map(
                lambda path: prove_lesson(root, path, seconds_promised, environment), lessons
            )
        except BaseException:
            # Only this thread hears Ctrl-C. `map` has called off what has not begun; stop what runs.
            for child in _children(psutil.Process()):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
            raise


def prove_lesson(
    root: Path,
    lesson: Path,
    seconds_promised: float = SECONDS_PROMISED,
    environment: dict | None = None,
) -> Result:
    """Run one lesson under nbval, by the rules of `comparison`; keep pytest's report if it fails.

    Args:
        root: the checkout.
        lesson: the notebook.
        seconds_promised: a lesson that takes longer gets a remark.
        environment: what `arithmetic.handed_down` returned; by default that of reproducible digits.
    """
    if environment is None:
        environment = arithmetic.handed_down({**os.environ, **arithmetic.REPRODUCIBLE})
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        *("-p", comparison.__name__, "--nbval", str(lesson)),
        *("--nbval-sanitize-with", str(root / comparison.SETTINGS)),
    ]
    with tempfile.TemporaryDirectory(prefix="course-") as scratch:
        environment = {
            **environment,
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
    result.why_no_digits = comparison.why_digits_differ(lesson, environment)
    if result.why_no_digits:
        result.remarks.append("digits not compared")
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
    if reasons := dict.fromkeys(filter(None, (result.why_no_digits for result in results))):
        table.caption = f"Digits not compared: {'; '.join(reasons)}."
    return table
