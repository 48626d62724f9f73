"""`course doctor`: a verdict for every state it can meet, and what to do about it."""

import sys

from course_lib.datasets import sources
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
    said = """import sys; sys.stderr.write('I0000 noise')
print('{"backend": "jax", "accelerators": []}')"""
    keras, backend, _ = probe(monkeypatch, said)
    assert keras.verdict == WARNING
    assert "I0000 noise" in keras.found
    assert backend.verdict == WARNING


def test_words_around_the_finding_are_overheard(monkeypatch):
    said = """print('sitecustomize says hello'); print('{"backend": "jax", "accelerators": ["gpu:0"]}')
print('{and goodbye')"""
    assert probe(monkeypatch, said)[2].found == "gpu:0"


def test_words_that_no_console_has_are_read(monkeypatch):
    said = """import sys; sys.stderr.buffer.write(b'\\xff \\xe8\\xaf\\xbe')
print('{"backend": "jax", "accelerators": []}')"""
    assert "\ufffd 课" in probe(monkeypatch, said)[0].found


def test_an_import_that_hangs_is_a_problem(monkeypatch):
    monkeypatch.setattr(doctor, "_PROBE_SECONDS", 0.2)
    (check,) = probe(monkeypatch, "import time; time.sleep(60)")
    assert (check.verdict, check.found) == (PROBLEM, "did not import within 0.2 s")


def test_a_check_that_fails_itself_silences_no_other(monkeypatch):
    monkeypatch.setattr(doctor, "_PROBE", "print('nothing of use')")
    checks = {check.name: check for check in doctor.examine()}
    assert checks["keras import"].verdict == PROBLEM
    assert "nothing of use" in checks["keras import"].found
    assert checks["memory"].found.endswith("available")


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
    assert doctor.devices([]).verdict == WARNING
    assert "make gpu" in doctor.devices([]).mend
    assert doctor.devices(["gpu:0"]).verdict == OK
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert doctor.devices([]).verdict == OK


def test_little_memory_or_disk_is_a_warning():
    assert doctor.memory(GIB).verdict == WARNING
    assert doctor.memory(64 * GIB).verdict == OK
    assert doctor.disk(GIB).verdict == WARNING
    assert doctor.disk(64 * GIB).verdict == OK


def test_each_data_set_has_its_line(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    checks = doctor.data()
    assert {check.verdict for check in checks} == {WARNING, OK}
    on_demand = [check for check in checks if check.verdict == OK]
    assert [check.name for check in on_demand] == [
        f"data {name}" for name, source in sources().items() if source.on_demand
    ]
    assert len(on_demand) == 5
    assert all("its lesson does" in check.found for check in on_demand)
    (tmp_path / "csi300").mkdir()
    (tmp_path / "csi300" / "csi300.csv").write_text("cut off")
    damaged = next(check for check in doctor.data() if check.name == "data csi300")
    assert damaged.verdict == PROBLEM
    assert "csi300.csv" in damaged.found
    assert "course data fetch csi300 --force" in damaged.mend


def test_a_data_folder_that_is_none_is_told_and_nothing_else_is_lost(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "keras_import", lambda: [Check("keras", OK, "3")])  # 5 s
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("COURSE_DATA", str(file))
    for name in ("disk", "data"):
        (check,) = (check for check in doctor.examine() if check.name == name)
        assert check.verdict == PROBLEM
        assert str(file) in check.found
        assert "COURSE_DATA" in check.mend


def test_a_disk_that_is_not_there_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "none"))
    monkeypatch.setattr(doctor.os.path, "isdir", lambda path: False)
    assert "no such disk" in doctor.disk().found


def test_a_registry_that_is_lost_is_told(monkeypatch, tmp_path):
    broken = tmp_path / "sources.toml"
    broken.write_text("[[")
    monkeypatch.setattr("course_lib.datasets.archive.registry.registry_file", lambda: broken)
    (check,) = doctor.data()
    assert check.verdict == PROBLEM
    assert "git checkout data/sources.toml" in check.mend


@pytest.mark.parametrize("content", ["{", "[]", '{"argv": []}', '{"argv": 1}'])
def test_a_kernel_that_cannot_be_read_is_a_problem(monkeypatch, tmp_path, content):
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(content)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    check = doctor.kernel()
    assert check.verdict == PROBLEM
    assert "ipykernel install" in check.mend


def test_exit_code_tells_problems_from_warnings(monkeypatch, capsys):
    checks = [Check("a", OK, "fine"), Check("b", WARNING, "so so", "do this")]
    monkeypatch.setattr(doctor, "examine", lambda: checks)
    assert doctor.main() == 0
    assert "-> do this" in capsys.readouterr().out
    checks.append(Check("c", PROBLEM, "broken", "do that"))
    assert doctor.main() == 1
    assert "1 problems, 1 warnings" in capsys.readouterr().out
