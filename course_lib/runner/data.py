"""The `course data` command: what is here, fetch, verify."""

import argparse
import sys

from course_lib.datasets.archive.errors import DataError
from course_lib.datasets.archive.fetch import fetch_all
from course_lib.datasets.archive.store import (
    DAMAGED,
    MISSING,
    PRESENT,
    SourceStatus,
    data_dir,
    status,
)

from rich.console import Console
from rich.table import Table
from rich.text import Text

_STYLES = {PRESENT: "green", MISSING: "yellow", DAMAGED: "red"}


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Add `data` to the subcommands of an argument parser.

    The parser that comes back sets `run` to `main`, so the caller need only `args.run(args)`.
    """
    parser = subparsers.add_parser("data", help="list, fetch or verify the course's data sets")
    parser.set_defaults(run=main, action="list")
    actions = parser.add_subparsers(title="actions")

    fetch = actions.add_parser("fetch", help="download what is missing or damaged")
    fetch.add_argument(
        "names", nargs="*", metavar="NAME", help="data sets; none means all small ones"
    )
    fetch.add_argument("--all", action="store_true", help="those that a lesson fetches, too")
    fetch.add_argument("--force", action="store_true", help="fetch afresh, whatever is here")
    fetch.set_defaults(action="fetch")

    verify = actions.add_parser("verify", help="hash every file that is here")
    verify.set_defaults(action="verify")
    return parser


def main(args: argparse.Namespace) -> int:
    """Carry out a parsed `course data ...`; return the exit code.

    1 if something failed, or if `verify` found damage; the reason is printed in one message.
    """
    try:
        if args.action == "fetch":
            fetch_all(args.names or None, on_demand=args.all, force=args.force)
            return 0
        found = status(verify=args.action == "verify")
    except DataError as error:
        print(f"course data: {error}", file=sys.stderr)
        return 1
    if args.action == "verify":
        return _report_verified(found)
    console = Console()
    console.print(_table(found))
    console.print(Text(f"Data folder: {data_dir()}"), soft_wrap=True)
    return 0


def _table(found: list[SourceStatus]) -> Table:
    table = Table(show_lines=True)
    table.add_column("name", no_wrap=True)
    table.add_column("what it is, and its licence")
    table.add_column("state", no_wrap=True)
    table.add_column("on disk", justify="right", no_wrap=True)
    table.add_column("download", justify="right", no_wrap=True)
    for source in found:
        what = Text.assemble(source.title, "\n", (source.licence, "dim"))
        for problem in source.problems if source.state == DAMAGED else ():
            what.append(f"\n{problem}", style="red")
        state = Text(source.state, style=_STYLES[source.state])
        sizes = (f"{size / 1e6:,.1f} MB" for size in (source.bytes_on_disk, source.download_bytes))
        table.add_row(source.name, what, state, *sizes)
    return table


def _report_verified(found: list[SourceStatus]) -> int:
    for source in found:
        if source.state != DAMAGED:
            print(f"{source.name}: {'whole' if source.state == PRESENT else 'not fetched yet'}")
            continue
        print(f"{source.name}: damaged. Run `course data fetch {source.name} --force`.")
        for problem in source.problems:
            print(f"  {problem}")
    return int(any(source.state == DAMAGED for source in found))
