"""`course doctor`: a verdict for every state it can meet, and what to do about it."""

import sys

from course_lib.runner import doctor
from course_lib.runner.doctor import GIB, OK, PROBLEM, WARNING, Check

import pytest


def test_examine_has_a_verdict_and_a_finding_for_everything(monkeypatch):
    monkeypatch.setattr(doctor, "keras_import", lambda: [Check("keras", OK, "3")])  # 5 s
    checks = doctor.examine()
    assert {check.verdict for check in checks} <= {OK, WARNING, PROBLEM}
    assert all(check.name and check.found for check in checks)
    assert all(check.mend for check in checks if check.verdict != OK)
    assert {"Python", "environment", "keras", "Jupyter kernel", "memory", "disk"} <= {
        check.name for check in checks
    }


def test_keras_imports_quietly_here():
    keras, backend, devices = doctor.keras_import()
    assert keras.name == "keras"
    assert keras.verdict == OK, keras.found
    assert backend.found in ("tensorflow", "jax", "torch")
    assert devices.verdict in (OK, WARNING)


def probe(monkeypatch, code):
    monkeypatch.setattr(doctor, "_PROBE", code)
    return doctor.keras_import()


def test_noise_at_import_is_a_warning(monkeypatch):
    said = 'import sys; sys.stderr.write(\'I0000 noise\'); print(\'{"backend": "jax", "devices": []}\')'
    keras, backend, _ = probe(monkeypatch, said)
    assert keras.verdict == WARNING
    assert "I0000 noise" in keras.found
    assert backend.verdict == WARNING


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        ("raise ImportError('no')", "pip install -e ."),
        ("raise ModuleNotFoundError(\"No module named 'torch'\")", "KERAS_BACKEND"),
        ("import os; os._exit(7)", "pip install -e ."),
    ],
)
def test_a_keras_that_does_not_import_is_a_problem(monkeypatch, code, mend):
    (check,) = probe(monkeypatch, code)
    assert check.verdict == PROBLEM
    assert mend in check.mend


def test_an_old_python_is_a_problem():
    assert doctor.python((3, 10, 12)) == Check(
        "Python", PROBLEM, "3.10.12", "Install Python 3.11, 3.12 or 3.13."
    )
    assert doctor.python((3, 11, 0)).verdict == OK


def test_a_system_python_is_a_warning(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    assert doctor.environment().verdict == WARNING
    (tmp_path / "conda-meta").mkdir()
    assert doctor.environment().verdict == OK


def test_packages_out_of_range_or_missing_are_named():
    (check,) = doctor.packages(["rich>=1", "absent>=1; sys_platform == 'nowhere'"])
    assert (check.verdict, check.found) == (OK, "all 1 within their ranges")
    old, absent = doctor.packages(["rich>=999", "no-such-package-of-ours>=1"])
    assert (old.name, old.verdict) == ("rich", PROBLEM)
    assert "expected >=999" in old.found
    assert absent.found == "not installed, expected >=1"


def test_the_tensorflow_for_gpus_stands_in_for_the_other(monkeypatch):
    versions = {"tensorflow": "2.21.0"}
    monkeypatch.setattr(doctor, "_version", versions.get)
    assert doctor.packages(["tensorflow-cpu>=2.20"])[0].verdict == OK
    assert doctor.packages(["tensorflow-cpu>=3"])[0].verdict == PROBLEM


def test_a_course_that_is_not_installed_is_a_problem(monkeypatch):
    monkeypatch.setattr(doctor, "DISTRIBUTION", "no-such-package-of-ours")
    (check,) = doctor.packages()
    assert check.verdict == PROBLEM
    assert "not installed" in check.found


def test_a_gpu_that_is_there_but_unseen_is_a_warning(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: name)
    assert doctor.devices(["cpu:0"]).verdict == WARNING
    assert "make gpu" in doctor.devices(["cpu:0"]).mend
    assert doctor.devices(["cpu:0", "gpu:0"]).verdict == OK
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert doctor.devices(["cpu:0"]).verdict == OK


def test_little_memory_or_disk_is_a_warning():
    assert doctor.memory(GIB).verdict == WARNING
    assert doctor.memory(64 * GIB).verdict == OK
    assert doctor.disk(GIB).verdict == WARNING
    assert doctor.disk(64 * GIB).verdict == OK


def test_each_data_set_has_its_line(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    checks = doctor.data()
    assert {check.verdict for check in checks} == {WARNING}
    (tmp_path / "csi300").mkdir()
    (tmp_path / "csi300" / "csi300.csv").write_text("cut off")
    damaged = next(check for check in doctor.data() if check.name == "data csi300")
    assert damaged.verdict == PROBLEM
    assert "csi300.csv" in damaged.found
    assert "course data fetch csi300 --force" in damaged.mend


def test_exit_code_tells_problems_from_warnings(monkeypatch, capsys):
    checks = [Check("a", OK, "fine"), Check("b", WARNING, "so so", "do this")]
    monkeypatch.setattr(doctor, "examine", lambda: checks)
    assert doctor.main() == 0
    assert "-> do this" in capsys.readouterr().out
    checks.append(Check("c", PROBLEM, "broken", "do that"))
    assert doctor.main() == 1
    assert "1 problems, 1 warnings" in capsys.readouterr().out
