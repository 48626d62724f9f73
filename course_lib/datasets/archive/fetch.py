"""Fetching data sets: download, check, take out the members, check again, rename.

    data_dir()/.partial/<name>.lock     one process at a time fetches a source
    data_dir()/.partial/<name>.archive  a verified archive that is still needed
    data_dir()/.partial/<name>-*/       a download on its way

Any step may be interrupted: the next fetch clears what is half done and goes on with what is
missing.
"""

import contextlib
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from course_lib.datasets.archive import store
from course_lib.datasets.archive.download import check_archive, download
from course_lib.datasets.archive.errors import ArchiveHashError, DataError, DiskFullError
from course_lib.datasets.archive.extract import extract
from course_lib.datasets.archive.registry import Member, Source, get_source, sources

from filelock import FileLock
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


def fetch_all(
    names: Iterable[str] | None = None,
    *,
    on_demand: bool = False,
    progress: bool = True,
    force: bool = False,
    verify: bool = False,
) -> list[Path]:
    """Fetch several sources one after the other; see `fetch`.

    Args:
        names: registered names; None for every source that is not fetched on demand only. All are
            checked before anything is fetched.
        on_demand: without names, those that are fetched on demand, too.

    Returns:
        The folder of each, in the order given.
    """
    if names is None:
        names = [name for name, it in sources().items() if on_demand or not it.on_demand]
    chosen = list(names)
    for name in chosen:
        get_source(name)
    return [fetch(name, progress=progress, force=force, verify=verify) for name in chosen]


def fetch(name: str, *, progress: bool = True, force: bool = False, verify: bool = False) -> Path:
    """Make sure that every file of one source is here and whole; download what is not.

    A source that is here already costs a few `stat` calls. Missing and damaged files are fetched;
    whole ones are left alone. Safe to interrupt, to repeat and to run in several processes at once.

    Args:
        name: a registered name.
        progress: show a bar on a terminal, or one line a source anywhere else; False for silence.
        force: fetch everything afresh, whatever is here.
        verify: hash every file that is here instead of believing its stamp.

    Returns:
        The folder that holds the files, `data_dir() / name`.

    Raises:
        UnknownDatasetError: (also a ValueError) if the registry has no such name.
        DownloadError: if the archive cannot be had (`OfflineError`, `ToolMissingError`,
            `ArchiveHashError` are the commoner reasons).
        ArchiveContentError, MemberHashError: if the archive does not hold what it should.
        DiskFullError: if there is not enough room, before or during.
        DataFolderError: if a file lies where the data folder should.
        DataError: if the folder cannot be written.
    """
    source = get_source(name)
    folder = store.data_dir() / name
    archive = store.data_dir() / ".partial" / f"{name}.archive"
    console = Console(stderr=True, quiet=not progress)
    if not force and not os.path.exists(archive) and not _unfinished(source, verify):
        console.print(f"{name}: already here", highlight=False)
        return folder
    try:
        with _locked(source, console):
            # Another process may have done the work while this one waited for the lock.
            members = list(source.members) if force else _unfinished(source, verify)
            if members:
                _fetch_members(source, members, folder, archive, console)
            archive.unlink(missing_ok=True)
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise DiskFullError(
                f"{name}: the disk filled up while its files were written; the half-written one "
                f"was removed. It needs {(source.size + source.members_size) / 1e6:,.0f} MB while "
                f"fetching. Make room and run `course data fetch {name}` again."
            ) from error
        raise DataError(
            f"{name}: expected to be able to write under {store.data_dir()}, received: {error}. "
            "Close notebooks that use the data, or set COURSE_DATA to a folder of your own."
        ) from error
    taken = sum(member.size for member in members)
    done = f"fetched {len(members)} of {len(source.members)} files, {taken / 1e6:,.1f} MB"
    console.print(f"{name}: {done if members else 'already here'}", highlight=False)
    return folder


def require_or_fetch(name: str) -> tuple[Source, Path]:
    """`store.require`, for a source that is fetched on demand: what is missing is fetched first.

    Nothing is shown unless something is fetched.

    Raises:
        DamagedDataError: if a file is there and is not the one that was published.
        DataError: whatever `fetch` raises.
    """
    source = get_source(name)
    states = {store.check(source, member).state for member in source.members}
    if store.MISSING in states and store.DAMAGED not in states:
        fetch(name)
    return store.require(name)


def _unfinished(source: Source, verify: bool) -> list[Member]:
    return [
        member
        for member in source.members
        if store.check(source, member, verify=verify).state != store.PRESENT
    ]


@contextlib.contextmanager
def _locked(source: Source, console: Console) -> Iterator[None]:
    """Hold the source's lock. The system drops it if this process dies, so it never goes stale."""
    partial = store.data_dir() / ".partial"
    partial.mkdir(parents=True, exist_ok=True)
    lock = FileLock(partial / f"{source.name}.lock")
    with contextlib.suppress(TimeoutError):
        lock.acquire(timeout=0.2)
    if not lock.is_locked:
        console.print(f"{source.name}: waiting for another process that is fetching it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _fetch_members(
    source: Source, members: list[Member], folder: Path, archive: Path, console: Console
) -> None:
    """Clear what an earlier run left half done, have the archive, take `members` out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    for half_done in archive.parent.glob(f"{source.name}-*"):
        shutil.rmtree(half_done, ignore_errors=True)
    for half_done in folder.glob(".*.part"):
        half_done.unlink(missing_ok=True)

    kept = _is_verified(source, archive)
    _require_space(source, members, kept)
    if not kept:
        with (
            tempfile.TemporaryDirectory(
                dir=archive.parent, prefix=f"{source.name}-", ignore_cleanup_errors=True
            ) as work,
            _download_bar(source, console) as on_bytes,
        ):
            os.replace(download(source, Path(work), on_bytes), archive)
    extract(archive, source, members, folder)
    for member in members:
        stamp = {"sha256": member.sha256, "size": member.size}
        stamp["mtime_ns"] = (folder / member.file).stat().st_mtime_ns
        store.write_stamp(folder, member.file, stamp)


def _is_verified(source: Source, archive: Path) -> bool:
    """Whether an interrupted fetch left the whole archive; one that is not whole is removed."""
    if not archive.exists():
        return False
    try:
        check_archive(source, archive)
    except ArchiveHashError:
        archive.unlink()
        return False
    return True


def _require_space(source: Source, members: list[Member], archive_is_here: bool) -> None:
    extracted = sum(member.size for member in members)
    # While pip moves a download to its place there are two copies of it for a moment.
    needed = extracted if archive_is_here else max(2 * source.size, source.size + extracted)
    free = shutil.disk_usage(store.data_dir()).free
    if free < needed:
        raise DiskFullError(
            f"{source.name}: expected {needed / 1e6:,.1f} MB of free disk under "
            f"{store.data_dir()}, received {free / 1e6:,.1f} MB. Make room, or set "
            "COURSE_DATA to a folder on another disk."
        )


@contextlib.contextmanager
def _download_bar(source: Source, console: Console) -> Iterator[Callable[[int], None]]:
    """A function to call with the bytes that have arrived; draws a bar on a terminal only."""
    if console.is_jupyter and not console.quiet:
        # A notebook has no terminal to draw on, but it obeys the carriage return.
        print(f"{source.name}: {source.size / 1e6:,.0f} MB, fetched once", file=sys.stderr)
        yield lambda received: print(
            f"\r{min(received, source.size) / source.size:4.0%}", end="", file=sys.stderr
        )
        print(file=sys.stderr)
        return
    if console.quiet or not console.is_terminal:
        yield lambda received: None
        return
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task(source.name, total=source.size)
        yield lambda received: bars.update(task, completed=min(received, source.size))
