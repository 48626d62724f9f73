"""What lies under the data folder, and whether it is what was published.

    data_dir()/
      csi300/csi300.csv ...   the members of one source
      csi300/.stamp.json      what each file hashed to, when, at which size
      .partial/               downloads and locks; see fetch.py

Hashing 80 MB at every import of a lesson would be a nuisance, so a file whose size and modification
time still equal its stamp is believed; any other file is hashed again.
"""

import contextlib
import hashlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from course_lib import machine
from course_lib.datasets.archive.errors import (
    DamagedDataError,
    DataError,
    DataFolderError,
    MissingDataError,
)
from course_lib.datasets.archive.registry import Member, Source, get_source, sources

PRESENT, MISSING, DAMAGED = "present", "missing", "damaged"

_STAMP = ".stamp.json"


@dataclass(frozen=True)
class FileState:
    """One member on disk: `state` is "present", "missing" or "damaged"; `reason` says why not."""

    state: str
    reason: str = ""


@dataclass(frozen=True)
class SourceStatus:
    """One source at a glance.

    Attributes:
        name, title, licence: as registered.
        state: "present" (every member is whole), "damaged" (at least one is not what was published)
            or "missing" (at least one is not there, none is damaged).
        bytes_on_disk: what its members take now.
        download_bytes: size of the archive that a fetch downloads.
        path: the folder its members lie in, or will.
        problems: one sentence for each member that is missing or damaged.
        on_demand: as registered.
    """

    name: str
    title: str
    state: str
    bytes_on_disk: int
    download_bytes: int
    licence: str
    path: Path
    problems: tuple[str, ...]
    on_demand: bool = False


def data_dir() -> Path:
    """The folder that holds the data: COURSE_DATA, else the checkout's `data/`, else a user cache.

    The cache is `recurrence` under LOCALAPPDATA (Windows), ~/Library/Caches (macOS) or
    XDG_CACHE_HOME, by default ~/.cache. Nothing is created.

    Raises:
        DataFolderError: something that is no folder lies there, or it is below the home folder of a user
            whom nobody knows.
    """
    chosen = os.environ.get("COURSE_DATA")
    try:
        if chosen:
            folder = Path(os.path.realpath(Path(chosen).expanduser()))
        elif root := machine.checkout():
            folder = root / "data"
        else:
            folder = _user_cache() / "recurrence"
    except RuntimeError as error:  # pathlib's, where it does not know a home folder
        raise DataFolderError(
            f"Expected a folder for the data, received COURSE_DATA={chosen or ''}: {error} "
            "Set COURSE_DATA to a folder of your own."
        ) from error
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise DataFolderError(
            f"Expected a folder for the data, but {folder} is none. "
            "Set COURSE_DATA to a folder, or unset it."
        )
    return folder


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def status(name: str | None = None, *, verify: bool = False) -> list[SourceStatus]:
    """The state of one source, or of all of them, in registry order.

    Args:
        name: a registered name; None for all.
        verify: hash every file again instead of believing its stamp.

    Raises:
        UnknownDatasetError: if `name` is not registered.
        DataFolderError: see `data_dir`.
    """
    chosen = sources().values() if name is None else [get_source(name)]
    return [_source_status(source, verify) for source in chosen]


def _source_status(source: Source, verify: bool) -> SourceStatus:
    folder = data_dir() / source.name
    files = {member.file: check(source, member, verify=verify) for member in source.members}
    states = {file.state for file in files.values()}
    on_disk = 0
    for file in files:
        with contextlib.suppress(OSError):
            on_disk += (folder / file).stat().st_size
    return SourceStatus(
        name=source.name,
        title=source.title,
        state=next(state for state in (DAMAGED, MISSING, PRESENT) if state in states),
        bytes_on_disk=on_disk,
        download_bytes=source.size,
        licence=source.licence,
        path=folder,
        problems=tuple(f"{file}: {it.reason}" for file, it in files.items() if it.reason),
        on_demand=source.on_demand,
    )


def check(source: Source, member: Member, *, verify: bool = False) -> FileState:
    """Whether `member` is on disk and is what was published.

    Args:
        source: the source it belongs to.
        member: the member to look at.
        verify: hash the file even if its stamp still fits.
    """
    folder = data_dir() / source.name
    path = folder / member.file
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return FileState(MISSING, "not fetched yet")
    except OSError as error:
        return FileState(DAMAGED, f"it cannot be read: {error}")
    if found.st_size != member.size:
        return FileState(
            DAMAGED, f"expected {member.size:,} bytes, received {found.st_size:,} bytes"
        )
    fresh = {"sha256": member.sha256, "size": member.size, "mtime_ns": found.st_mtime_ns}
    if not verify and _read_stamps(folder).get(member.file) == fresh:
        return FileState(PRESENT)
    try:
        received = sha256_of(path)
    except OSError as error:
        return FileState(DAMAGED, f"it cannot be read: {error}")
    if received != member.sha256:
        return FileState(DAMAGED, f"expected sha256 {member.sha256}, received {received}")
    write_stamp(folder, member.file, fresh)
    return FileState(PRESENT)


def require(name: str) -> tuple[Source, Path]:
    """The source called `name` and its folder, once every member is known to be whole.

    This is what loaders call first; it never downloads.

    Raises:
        MissingDataError: if a member has not been fetched.
        DamagedDataError: if a member is not the file that was published; names the file.
        UnknownDatasetError: if `name` is not registered.
        DataFolderError: see `data_dir`.
    """
    source = get_source(name)
    folder = data_dir() / name
    for member in source.members:
        file = check(source, member)
        if file.state == MISSING:
            raise MissingDataError(
                f"{folder / member.file} is not there: {source.title} has not been fetched yet. "
                f"Run `course data fetch {name}`, or `make data` for everything."
            )
        if file.state == DAMAGED:
            raise DamagedDataError(
                f"{folder / member.file} is not the file that was published: {file.reason}. "
                f"Run `course data fetch {name} --force` to fetch it afresh."
            )
    return source, folder


def expect_count(source: Source, what: str, received: int) -> None:
    """Refuse data whose count differs from the registry's `counts.<what>`.

    Raises:
        DataError: with the expected and the received count.
    """
    expected = source.counts[what]
    if received != expected:
        raise DataError(
            f"{source.name}: expected {expected:,} {what.replace('_', ' ')}, received "
            f"{received:,}. The file is as published, so the loader and sources.toml disagree: "
            "report this."
        )


def expect_rows(name: str, frame, rules: dict) -> None:
    """Refuse a table with the first rule that a row breaks, and the first row that breaks it.

    Args:
        name: the data set's.
        frame: a DataFrame indexed by time.
        rules: what is expected -> a boolean Series, one entry a row, False where it is not so.

    Raises:
        DataError: with the rule, the row and its index.
    """
    for rule, holds in rules.items():
        if not holds.all():
            row = holds.to_numpy().argmin()
            raise DataError(
                f"{name}: expected {rule}, received {frame.iloc[row].to_dict()} at {frame.index[row]}"
            )


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_stamp(folder: Path, file: str, stamp: dict) -> None:
    """Remember what `file` hashed to. Best effort: a read-only folder only costs time later."""
    stamps = {**_read_stamps(folder), file: stamp}
    with contextlib.suppress(OSError):
        machine.write_atomically(folder / _STAMP, json.dumps(stamps, indent=1).encode("utf-8"))


def _read_stamps(folder: Path) -> dict:
    try:
        stamps = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}
