"""sources.toml and the code that reads it."""

import shutil
import subprocess
import sys
from pathlib import Path

from course_lib.datasets import get_source, sources
from course_lib.datasets.archive import registry
from course_lib.datasets.archive.errors import DataError, RegistryError, UnknownDatasetError

import pytest

PACKAGE = Path(registry.__file__).parents[1]

VALID = """
[toy]
title = "A toy"
kind = "pypi"
package = "toy-data"
version = "1.0"
archive = "wheel"
sha256 = "{sha}"
size = 10
licence = "Do as you like."
citation = "Somebody (2026)."
counts = {{rows = 3}}
members = [{{path = "toy/data.csv", file = "data.csv", sha256 = "{sha}", size = 5}}]
""".format(sha="0" * 64)


def read(tmp_path, text):
    path = tmp_path / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return registry.read_registry(path)


def test_the_real_registry_holds_its_sources_in_order():
    members = {name: len(source.members) for name, source in sources().items()}
    assert list(members.items()) == [
        ("csi300", 1),
        ("conll2003", 3),
        ("imdb", 1),
        ("glove", 2),
        ("traffic", 1),
        ("power_curves", 2),
        ("people_daily", 1),
        ("word_tests", 3),
        ("cmudict", 1),
        ("tang_poems", 1),
        ("brown", 1),
        ("home_strings", 2),
        ("glove_100d", 1),
        ("chinese_vectors", 1),
    ]


def test_what_everybody_downloads_is_no_more_than_a_quarter_of_a_gigabyte():
    for_all = [source for source in sources().values() if not source.on_demand]
    assert sum(source.size for source in for_all) < 250e6
    assert [source.name for source in sources().values() if source.on_demand] == [
        "tang_poems",
        "brown",
        "home_strings",
        "glove_100d",
        "chinese_vectors",
    ]


def test_every_source_has_its_line_and_its_card_in_the_readme():
    readme = registry.registry_file().with_name("README.md").read_text(encoding="utf-8")
    for name, source in sources().items():
        assert f"\n## {name}: " in readme
        line = next(line for line in readme.splitlines() if line.startswith(f"| `{name}` |"))
        sizes = [f"{size / 1e6:.1f} MB" for size in (source.size, source.members_size)]
        assert [cell.strip() for cell in line.split("|")][3:5] == sizes


def test_the_real_registry_names_no_host_and_no_machine():
    text = registry.registry_file().read_text(encoding="utf-8").lower()
    for forbidden in ("://", "http", "pypi.org", "npmjs", "/home", "/work", "/root", "/tmp"):
        assert forbidden not in text


def test_a_source_reads_as_written(tmp_path):
    toy = read(tmp_path, VALID)["toy"]
    assert (toy.name, toy.package, toy.version, toy.size) == ("toy", "toy-data", "1.0", 10)
    assert toy.counts["rows"] == 3
    assert toy.members == (registry.Member("toy/data.csv", "data.csv", "0" * 64, 5),)
    assert toy.members_size == 5
    assert toy.tag == "" and toy.on_demand is False and toy.members[0].matches == 1


def test_a_source_cannot_be_changed(tmp_path):
    known = read(tmp_path, VALID)
    with pytest.raises(AttributeError):
        known["toy"].size = 11
    with pytest.raises(TypeError):
        known["toy"].counts["rows"] = 4
    with pytest.raises(TypeError):
        known["other"] = known["toy"]


@pytest.mark.parametrize("archive", ["wheel", "sdist"])
def test_pypi_archives(tmp_path, archive):
    text = VALID.replace('archive = "wheel"', f'archive = "{archive}"')
    assert read(tmp_path, text)["toy"].archive == archive


def test_a_wheel_may_name_its_tag(tmp_path):
    tag = "cp311-cp311-manylinux_2_28_x86_64"
    assert read(tmp_path, VALID.replace("size = 10", f'size = 10\ntag = "{tag}"'))["toy"].tag == tag


def test_a_source_may_be_fetched_on_demand_and_a_member_may_be_many(tmp_path):
    text = VALID.replace("size = 10", "size = 10\non_demand = true")
    text = text.replace(
        'toy/data.csv", file = "data.csv', 'toy/*.csv", matches = 3, file = "csv.tar'
    )
    toy = read(tmp_path, text)["toy"]
    assert toy.on_demand is True and toy.members[0].matches == 3


def test_npm_sources_are_admitted(tmp_path):
    text = VALID.replace('"pypi"', '"npm"').replace('"wheel"', '"tarball"')
    text = text.replace('"toy-data"', '"@scope/toy-data"')
    assert read(tmp_path, text)["toy"].package == "@scope/toy-data"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[toy]", "[Toy]", "expected a name"),
        ('kind = "pypi"', 'kind = "conda"', "expected kind"),
        ('archive = "wheel"', 'archive = "tarball"', "expected archive"),
        ('"toy-data"', '"--index-url=x"', "package"),
        ('"toy-data"', '"toy data"', "package"),
        ('version = "1.0"', 'version = ">=1.0"', "version"),
        ('version = "1.0"', "version = 1.0", "version"),
        ("A toy", "", "title"),
        ("Somebody", "https://somewhere", "citation"),
        ('licence = "Do as you like."\n', "", "missing fields ['licence']"),
        ("size = 10", "size = 10\nurl = 'x'", "unknown fields ['url']"),
        ("size = 10", "size = 10\ntag = 'win_amd64'", "tag"),
        ("size = 10", "size = 10\ntag = 'cp39-cp39-any --pre'", "tag"),
        ('"wheel"', "'sdist'\ntag = 'cp39-cp39-any'", "expected none but for a wheel"),
        ("size = 10", "size = 10\non_demand = 'yes'", "on_demand: expected true or false"),
        ("size = 5", "size = 5, matches = 2", "a name that ends in .tar"),
        ("size = 5", "size = 5, matches = 0", "matches: expected a positive"),
        ("size = 10", "size = 0", "positive whole number"),
        ("size = 10", "size = true", "positive whole number"),
        ('sha256 = "0', 'sha256 = "G', "sha256"),
        ("{rows = 3}", "{}", "counts"),
        ("{rows = 3}", "{rows = -3}", "counts.rows"),
        ("members = [{", "members = []\n#", "members"),
        ('"toy/data.csv"', '"../data.csv"', "path"),
        ('"toy/data.csv"', '"/etc/data.csv"', "path"),
        ('file = "data.csv"', 'file = "../data.csv"', "file"),
        ('file = "data.csv"', 'file = "a/data.csv"', "file"),
        ('file = "data.csv"', 'file = ".stamp.json"', "file"),
        ("[toy]", "[toy", "TOML"),
    ],
)
def test_a_malformed_entry_is_refused_by_field(tmp_path, old, new, complaint):
    assert old in VALID
    with pytest.raises(RegistryError) as caught:
        read(tmp_path, VALID.replace(old, new, 1))
    assert complaint in str(caught.value)


def test_two_members_may_not_share_a_file_name(tmp_path):
    member = VALID[VALID.index("[{") + 1 : VALID.rindex("]")]
    with pytest.raises(RegistryError, match="different file names"):
        read(tmp_path, VALID.replace(member, f"{member}, {member}"))


def test_an_unknown_name_lists_the_known_and_suggests_the_nearest():
    with pytest.raises(UnknownDatasetError) as caught:
        get_source("glvoe")
    message = str(caught.value)
    assert "csi300, conll2003, imdb, glove" in message
    assert "'glvoe'" in message
    assert "Did you mean 'glove'?" in message
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, DataError)


def test_an_installed_copy_finds_its_registry_and_a_user_cache_and_imports_no_keras(tmp_path):
    site = tmp_path / "site-packages"
    shutil.copytree(PACKAGE, site / "course_lib" / "datasets")
    # without it the copy is a namespace package, and an editable install of the course goes before it
    for module in ("__init__.py", "machine.py"):
        shutil.copy(PACKAGE.parent / module, site / "course_lib")
    shutil.copy(
        registry.registry_file(), site / "course_lib" / "datasets" / "archive" / "sources.toml"
    )
    code = (
        "import sys; from course_lib.datasets import data_dir\n"
        "from course_lib.datasets.archive import registry\n"
        "print(registry.registry_file()); print(data_dir())\n"
        "print(registry.get_source('glove').name)\n"
        "ours = [m for m in sys.modules if m.startswith('course_lib.')]\n"
        "print(all(m.startswith(('course_lib.datasets', 'course_lib.machine')) for m in ours))\n"
        "print({'keras', 'tensorflow', 'torch', 'jax'} & set(sys.modules))\n"
    )
    environment = {"PYTHONPATH": str(site), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert Path(said[0]) == site / "course_lib" / "datasets" / "archive" / "sources.toml"
    if sys.platform == "linux":
        assert Path(said[1]) == tmp_path / "cache" / "recurrence"
    assert said[2:] == ["glove", "True", "set()"]


def test_a_lost_registry_says_where_it_was_expected(tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.machine.checkout", lambda: None)
    monkeypatch.setattr(registry, "__file__", str(tmp_path / "a" / "b" / "registry.py"))
    with pytest.raises(RegistryError, match=r"sources\.toml was not found.*Reinstall"):
        registry.registry_file()
