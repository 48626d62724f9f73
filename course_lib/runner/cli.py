"""The `course` command: list, run and prove lessons, fetch data, examine an installation."""

import argparse
import os
import sys
import time
from pathlib import Path

from course_lib import __version__
from course_lib.runner.notebook import (
    PROFILES,
    LessonError,
    check_target,
    find_lesson,
    lessons,
    notebooks_folder,
    run_lesson,
    title,
)

_CELL_TIMEOUT = {"laptop": 300, "full": None}


def main(argv: list[str] | None = None) -> int:
    """Carry out `course ...`; return the exit code: 0 well, 1 something failed, 2 wrong usage."""
    argv = sys.argv[1:] if argv is None else argv
    for stream in (sys.stdout, sys.stderr):
        # A console may lack a letter of a path. It shows the letter's number; without this, we would fail.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    args = _parser(argv).parse_args(argv)
    try:
        return args.run(args)
    except (LessonError, OSError) as error:
        print(f"course: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("course: interrupted", file=sys.stderr)
        return 130


def _parser(argv):
    parser = argparse.ArgumentParser(prog="course", description=__doc__)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="the lessons")
    listing.set_defaults(run=_list)

    run = commands.add_parser("run", help="run lessons in a fresh kernel and write them back")
    run.add_argument("lessons", nargs="*", metavar="LESSON", help="number, name or path: 03")
    run.add_argument("--all", action="store_true", help="every lesson")
    run.add_argument("--profile", choices=PROFILES, default="laptop", help="default: laptop")
    run.add_argument("--output", type=Path, metavar="FILE", help="write there, not over the lesson")
    run.set_defaults(run=_run, parser=run)

    # The other commands need not wait for pandas, which data sets are read with.
    if argv[:1] == ["data"]:
        from course_lib.runner import data as command

        command.add_parser(commands)
    else:
        commands.add_parser("data", help="list, fetch or verify the course's data sets")

    doctor = commands.add_parser("doctor", help="what is wrong here, and how to mend it")
    doctor.set_defaults(run=_doctor)

    test = commands.add_parser("test", help="prove the course, or only the lessons named")
    test.add_argument("lessons", nargs="*", metavar="LESSON", help="number, name or path: 03")
    test.set_defaults(run=_test)
    return parser


def _list(args):
    unreadable = []
    for path in lessons():
        try:
            print(f"{path.stem:<24} {title(path)}")
        except LessonError as error:
            unreadable.append(error)
    for error in unreadable:
        print(f"course: {error}", file=sys.stderr)
    return int(bool(unreadable))


def _run(args):
    if args.all == bool(args.lessons):
        args.parser.error("expected lessons to run, or --all")
    paths = lessons() if args.all else [find_lesson(name) for name in args.lessons]
    if args.output is not None and len(paths) != 1:
        args.parser.error(f"--output takes the result of one lesson; {len(paths)} were asked for")
    if args.output is not None:
        try:
            check_target(args.output)
        except LessonError as error:
            args.parser.error(f"--output: {error}")
    failed = []
    for path in paths:
        started = time.perf_counter()
        try:
            run_lesson(
                path,
                profile=args.profile,
                output=args.output,
                cell_timeout=_CELL_TIMEOUT[args.profile],
                on_cell=_Progress(path.stem),
            )
        except (LessonError, OSError) as error:
            # One broken lesson must not cost a night of full runs.
            print(f"\rcourse: {path.stem}: {error}", file=sys.stderr)
            failed.append(path.stem)
        else:
            print(f"\r{path.stem}: ran in {time.perf_counter() - started:.0f} s")
    if failed and len(paths) > 1:
        print(f"course: failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


class _Progress:
    """Which cell is running, on one line of a terminal; silent elsewhere."""

    def __init__(self, name):
        self._name = name

    def __call__(self, index, count):
        if sys.stderr.isatty():
            print(f"\r{self._name}: cell {index + 1} of {count} ", end="", file=sys.stderr)


def _doctor(args):
    from course_lib.runner import doctor

    return doctor.main()


def _test(args):
    from course_lib.runner import proof

    chosen = [find_lesson(name) for name in args.lessons]
    root = notebooks_folder().parent
    if chosen:
        return proof.prove(root, chosen, lessons_only=True)
    return proof.prove(root, lessons(), at_once=min(2, os.cpu_count() or 1))


if __name__ == "__main__":
    sys.exit(main())
