"""The machine a lesson runs on: where the checkout lies, what computes, how a file is replaced safely."""

import contextlib
import os
import platform
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path


def checkout() -> Path | None:
    """The course's repository, when this package lies in one; None when it was installed alone."""
    root = Path(__file__).resolve().parents[1]
    return root if (root / "data" / "sources.toml").is_file() else None


def short_path(path: Path) -> str:
    """The path from the checkout down where it lies inside; the whole path elsewhere."""
    root = checkout()
    return str(path.relative_to(root)) if root and path.is_relative_to(root) else str(path)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name for a new file, which becomes `path` in one step when the block ends without an error.

    Whoever reads `path` finds the old file or the new one, never a half. After an error the old file is
    as it was. The permissions of the old file are kept. A symbolic link stays a link: the file it points
    to is replaced.

    Raises:
        OSError: the folder cannot be written to, the disk is full, or `path` is a folder.
    """
    path = Path(os.path.realpath(path))
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield partial
        with contextlib.suppress(OSError):
            shutil.copymode(path, partial)
        partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` in one step; see `replacing`.

    Raises:
        OSError: as `replacing`.
    """
    with replacing(path) as partial:
        partial.write_bytes(content)


def check_writable(folder: Path) -> None:
    """Look whether a file can be made in `folder`, by making one that vanishes at once.

    Raises:
        OSError: it cannot: there is no such folder, it may not be written to, or the disk is full.
    """
    with tempfile.TemporaryFile(dir=folder):
        pass


def hardware() -> dict:
    """What numbers were measured on: processor, cores, accelerators, versions of Python and Keras."""
    import keras

    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "accelerators": accelerators(),
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }


def processor() -> str:
    """The processor's name; Linux keeps it where `platform.processor` does not look."""
    try:
        for line in (
            Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        ):
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def accelerators() -> list[str]:
    """Names of the devices that are not the processor, as Keras's backend calls them."""
    import keras

    if keras.backend.backend() == "torch":  # for which Keras 3.15 cannot list devices
        import torch

        return [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return [name for name in keras.distribution.list_devices() if not name.startswith("cpu")]
