"""The table of claims: what holds, what does not, and what is written where."""

import datetime
import json

from course_lib.claims import Claims, ClaimsNotHeld, full_run

import keras
import numpy as np
import pytest


@pytest.fixture
def claims(monkeypatch):
    """A laptop run's, with no results folder set from outside."""
    monkeypatch.delenv("COURSE_RESULTS", raising=False)
    return Claims("03_tiny", profile="laptop")


def test_claims_that_hold_are_shown(claims):
    claims.add("accurate", measured=0.8571, at_least=0.85)
    claims.add("close", measured=3e-8, at_most=1e-6)
    claims.add("within", measured=5, at_least=2, at_most=9)
    claims.add("counted", measured=14041, equals=14041)
    table = claims.check()
    assert repr(table).splitlines() == [
        "claim     measured  expected  held",
        "accurate  0.857     ≥ 0.850   yes",
        "close     3e-08     ≤ 1e-06   yes",
        "within    5         2 to 9    yes",
        "counted   14,041    = 14,041  yes",
    ]
    assert table._repr_html_().count("<tr>") == 5


def test_bounds_themselves_hold(claims):
    claims.add("low", measured=0.5, at_least=0.5)
    claims.add("high", measured=0.5, at_most=0.5)
    claims.check()


def test_what_no_longer_holds_is_told_with_both_numbers(claims):
    claims.add("fine", measured=1, at_least=0)
    claims.add("too low", measured=0.8, at_least=0.85)
    claims.add("too high", measured=12.5, at_most=10)
    claims.add("miscounted", measured=3, equals=4)
    with pytest.raises(ClaimsNotHeld) as broken:
        claims.check()
    assert str(broken.value).splitlines() == [
        "3 of 4 claims of 03_tiny do not hold:",
        "  too low: measured 0.800, expected ≥ 0.850",
        "  too high: measured 12.500, expected ≤ 10",
        "  miscounted: measured 3, expected = 4",
    ]


@pytest.mark.parametrize("measured", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("bounds", [{"at_least": 0.0}, {"at_most": 1.0}, {"equals": 1.0}])
def test_what_is_no_number_holds_nothing(claims, measured, bounds):
    claims.add("diverged", measured=measured, **bounds)
    with pytest.raises(ClaimsNotHeld, match=r"diverged: measured (nan|-?inf)"):
        claims.check()


def test_a_claim_needs_a_bound(claims):
    with pytest.raises(ValueError, match=r"'vague': expected a bound"):
        claims.add("vague", measured=1.0)
    with pytest.raises(ValueError, match=r"'both': `equals` stands alone"):
        claims.add("both", measured=1.0, equals=1, at_most=2)


def test_a_claim_is_made_once(claims):
    claims.add("same", measured=1, at_least=0)
    with pytest.raises(ValueError, match="'same' is claimed twice"):
        claims.add("same", measured=2, at_least=0)


def test_nothing_claimed_is_an_error(claims):
    with pytest.raises(ValueError, match="03_tiny makes no claim"):
        claims.check()


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match=r"Expected profile 'laptop' or 'full'\. Received: 'big'"):
        Claims("03_tiny", profile="big")


def test_html_is_escaped(claims):
    claims.add("a < b & c", measured=1, at_least=0)
    assert "a &lt; b &amp; c" in claims.check()._repr_html_()


def test_a_full_run_writes_its_numbers(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_RESULTS", raising=False)
    claims = Claims("03_tiny", profile="full", results=tmp_path / "results")
    claims.add("accurate", measured=np.float32(0.5), at_least=0.25)
    claims.record(seeds=np.arange(3), spread=np.float64(0.25))
    claims.check()
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["03_tiny.json"]
    written = json.loads((tmp_path / "results" / "03_tiny.json").read_text(encoding="utf-8"))
    assert written["claims"] == [
        {"claim": "accurate", "measured": 0.5, "expected": "≥ 0.250", "held": True}
    ]
    assert (written["lesson"], written["profile"]) == ("03_tiny", "full")
    assert (written["seeds"], written["spread"]) == ([0, 1, 2], 0.25)
    assert {"processor", "cores", "backend", "keras"} <= written["hardware"].keys()


def test_a_lesson_cannot_replace_the_fields_of_the_results_file(claims, tmp_path):
    full = Claims("03_tiny", profile="full", results=tmp_path)
    full.add("fine", measured=1, at_least=0)
    full.check()
    fields = json.loads((tmp_path / "03_tiny.json").read_text(encoding="utf-8"))
    for name in fields:
        with pytest.raises(ValueError, match=rf"Expected names other .*Received: \['{name}'\]"):
            claims.record(**{name: 1})


def test_a_laptop_run_writes_nowhere_unless_asked(claims, monkeypatch, tmp_path):
    monkeypatch.setattr("course_lib.claims.RESULTS", tmp_path)
    for_nobody = Claims("03_tiny", profile="laptop")
    for_nobody.add("fine", measured=1, at_least=0)
    for_nobody.check()
    assert not list(tmp_path.iterdir())
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    asked = Claims("03_tiny", profile="laptop")
    asked.add("fine", measured=1, at_least=0)
    asked.check()
    assert [path.name for path in tmp_path.iterdir()] == ["03_tiny.json"]


def test_a_broken_claim_is_written_too(tmp_path):
    claims = Claims("03_tiny", profile="laptop", results=tmp_path)
    claims.add("broken", measured=0, at_least=1)
    with pytest.raises(ClaimsNotHeld):
        claims.check()
    assert json.loads((tmp_path / "03_tiny.json").read_text())["claims"][0]["held"] is False


def test_the_last_full_run_is_shown_with_when_and_on_what(tmp_path):
    claims = Claims("03_tiny", profile="full", results=tmp_path)
    claims.add("accurate", measured=0.51234, at_least=0.25)
    claims.add("seeds", measured=5, equals=5)
    claims.check()
    shown = full_run("03_tiny", results=tmp_path)
    first, *table = repr(shown).splitlines()
    assert first.startswith(f"full size, {datetime.date.today()}, 0 minutes on ")
    assert keras.__version__ in first
    assert table == repr(claims.check()).splitlines()
    assert "<caption>full size" in shown._repr_html_()


def test_a_broken_claim_of_a_full_run_is_not_hidden(tmp_path):
    claims = Claims("03_tiny", profile="full", results=tmp_path)
    claims.add("broken", measured=0, at_least=1)
    with pytest.raises(ClaimsNotHeld):
        claims.check()
    assert "NO" in repr(full_run("03_tiny", results=tmp_path))


def test_without_a_full_run_the_command_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"03_tiny.json .*course run 03 --profile full"):
        full_run("03_tiny", results=tmp_path)


def test_an_interrupted_write_leaves_the_old_results(tmp_path, monkeypatch):
    old = tmp_path / "03_tiny.json"
    old.write_text("old")
    claims = Claims("03_tiny", profile="full", results=tmp_path)
    claims.add("fine", measured=1, at_least=0)
    claims.record(unwritable=object())
    with pytest.raises(AttributeError):
        claims.check()
    assert old.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["03_tiny.json"]
