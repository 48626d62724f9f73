"""The table of claims: what holds, what does not, and what is written where."""

import datetime
import json

from course_lib.claims import Claim, Claims, ClaimsNotHeld, full_run

import keras
import numpy as np
import pandas as pd
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


def test_the_main_findings_have_a_table_of_their_own(claims):
    claims.finding("gained", measured=0.2, at_least=0.1, otherwise=0)
    first = repr(claims.show())
    claims.code("difference", measured=0, at_most=1e-6)
    rest = repr(claims.check())
    assert ("gained" in first, "difference" in first) == (True, False)
    assert ("gained" in rest, "difference" in rest) == (False, True)
    assert "gained" in repr(claims.check())  # nothing is left: all of them


def test_a_claim_that_does_not_hold_stops_the_first_table_too(claims):
    claims.finding("gained", measured=0.05, at_least=0.1, otherwise=0)
    with pytest.raises(ClaimsNotHeld, match=r"measured 0\.050, expected ≥ 0\.100"):
        claims.show()


def test_a_table_of_nothing_new_is_refused(claims):
    with pytest.raises(ValueError, match="add one before show"):
        claims.show()
    claims.code("difference", measured=0, at_most=1e-6)
    claims.show()
    with pytest.raises(ValueError, match="add one before show"):
        claims.show()


def test_the_results_file_has_what_was_shown_before(tmp_path):
    full = Claims("06_lstm", profile="full", results=tmp_path)
    full.code("first", measured=0, at_most=1)
    full.show()
    assert not list(tmp_path.iterdir())
    full.code("second", measured=0, at_most=1)
    full.check()
    written = json.loads((tmp_path / "06_lstm.json").read_bytes())
    assert [row["claim"] for row in written["claims"]] == ["first", "second"]


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
        {
            "claim": "accurate",
            "kind": "claim",
            "measured": 0.5,
            "values": [0.5],
            "expected": "≥ 0.250",
            "held": True,
            "digits": 3,
        }
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
    monkeypatch.setattr("pathlib.Path.replace", _disk_full)
    with pytest.raises(OSError, match="disk full"):
        claims.check()
    assert old.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["03_tiny.json"]


def _disk_full(*_, **__):
    raise OSError("disk full")


# -- findings and tests of code --------------------------------------------------------------------


def test_findings_come_first_and_tests_of_code_under_their_heading(claims):
    claims.code("parity", measured=3e-8, at_most=1e-6)
    claims.finding("accuracy", measured=[0.975, 0.988, 0.98], at_least=0.9, otherwise=0.5)
    claims.code("counted", measured=14041, equals=14041)
    claims.finding("ratio", measured=0.71, at_most=0.8, otherwise=1, digits=2)
    table = claims.check()
    assert repr(table).splitlines() == [
        "claim     measured                expected  held",
        "accuracy  0.981 (0.975 to 0.988)  ≥ 0.900   yes",
        "ratio     0.71                    ≤ 0.80    yes",
        "tests of the code",
        "parity    3e-08                   ≤ 1e-06   yes",
        "counted   14,041                  = 14,041  yes",
    ]
    html = table._repr_html_()
    assert html.count("<tr>") == 6
    assert '<th colspan="4" style="text-align: left">tests of the code</th>' in html
    assert html.index("ratio") < html.index("tests of the code") < html.index("parity")


def test_the_mean_of_the_seeds_is_held_to_the_bound(claims):
    claims.finding("mean", measured=[0.4, 0.7], at_least=0.5, otherwise=0)
    claims.finding("array", measured=np.float32([0.25, 0.75]), at_least=0.5, otherwise=0)
    claims.finding("series", measured=pd.Series([1, 2], index=[7, 8]), at_most=1.5, otherwise=2)
    claims.finding("three times 0.1", measured=[0.1] * 3, at_most=0.1, otherwise=1)
    claims.check()
    claims.finding("too low", measured=[0.2, 0.7], at_least=0.5, otherwise=0)
    with pytest.raises(ClaimsNotHeld, match=r"too low: measured 0\.450 \(0\.200 to 0\.700\), exp"):
        claims.check()


@pytest.mark.parametrize("seed", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("bounds", [{"at_least": 0.0}, {"at_most": 1.0}])
def test_one_seed_without_a_number_breaks_the_finding(claims, seed, bounds):
    otherwise = 2 if "at_most" in bounds else -1
    claims.finding("diverged", measured=[0.5, seed], **bounds, otherwise=otherwise)
    with pytest.raises(ClaimsNotHeld, match="diverged"):
        claims.check()


@pytest.mark.parametrize(
    ("bounds", "otherwise"),
    [
        ({"at_least": -0.01}, 0),
        ({"at_least": 0}, 0),
        ({"at_most": 1.2}, 1),
        ({"at_least": 0.4, "at_most": 0.6}, 0.5),
    ],
)
def test_a_finding_that_could_not_fail_is_refused(claims, bounds, otherwise):
    with pytest.raises(
        ValueError, match=r"'gain': this sentence could not fail.*otherwise = [\d.]+"
    ):
        claims.finding("gain", measured=0.5, **bounds, otherwise=otherwise)
    with pytest.raises(ValueError, match="no claim"):
        claims.check()


def test_a_finding_says_what_would_refute_it(claims):
    with pytest.raises(TypeError, match="otherwise"):
        claims.finding("gain", measured=0.5, at_least=0.1)
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"expected a finite number as otherwise. Got {value}"):
            claims.finding("gain", measured=0.5, at_least=0.1, otherwise=value)


def test_no_held_finding_holds_turned_round(claims):
    """Mirrored at `otherwise`, whatever the bounds allow must lie outside them."""
    draw = np.random.default_rng(1)
    for number in range(200):
        otherwise, low, high = np.sort(draw.normal(size=3))
        measured = draw.uniform(low, high)
        sides = draw.choice([-1.0, 1.0])  # otherwise below the bounds, or above
        bounds = dict(
            zip(("at_least", "at_most"), sorted([sides * low, sides * high]), strict=True)
        )
        claims.finding(
            f"gain {number}", measured=sides * measured, **bounds, otherwise=sides * otherwise
        )
    claims.check()
    assert not any(claim.turned_round_holds for claim in claims._claims)


def test_the_opposite_of_a_finding_is_called_so(claims):
    claims.finding("gain", measured=-0.2, at_least=0.1, otherwise=0)
    claims.finding("small", measured=0.05, at_least=0.1, otherwise=0)
    claims.add("no finding", measured=-0.2, at_least=0.1)
    with pytest.raises(ClaimsNotHeld) as broken:
        claims.check()
    assert str(broken.value).splitlines()[1:] == [
        "  gain: measured -0.200, expected ≥ 0.100; turned round, the sentence would hold",
        "  small: measured 0.050, expected ≥ 0.100",
        "  no finding: measured -0.200, expected ≥ 0.100",
    ]


def test_what_holds_turned_round_as_well_is_no_finding(claims, monkeypatch):
    claims.finding("gain", measured=0.2, at_least=0.1, otherwise=0)
    monkeypatch.setattr(Claim, "turned_round_holds", True)
    with pytest.raises(ClaimsNotHeld, match=r"gain.*turned round"):
        claims.check()


@pytest.mark.parametrize("make", ["add", "code", "finding"])
@pytest.mark.parametrize(
    "measured",
    [
        None,
        "0.5",
        1 + 2j,
        np.ones((2, 2)),
        pd.DataFrame(
            {1: [0.9], 2: [0.8]}
        ),  # iterates over its columns' names, which are numbers here
        {1: 0.9, 2: 0.8},
        {0.9, 0.8},
        [[0.9], [0.8]],
    ],
)
def test_what_is_no_number_is_refused_at_once(claims, make, measured):
    extra = {"otherwise": 0} if make == "finding" else {}
    with pytest.raises(TypeError, match=r"'gain': expected (one|a) number"):
        getattr(claims, make)("gain", measured=measured, at_least=0.1, **extra)


def test_only_a_finding_has_seeds(claims):
    with pytest.raises(TypeError, match=r"'gain': expected one number as measured.*list: \[0\.1"):
        claims.code("gain", measured=[0.1, 0.2], at_least=0)
    with pytest.raises(ValueError, match="'gain': expected a number, or one a seed"):
        claims.finding("gain", measured=[], at_least=0.1, otherwise=0)


def test_any_framework_s_scalar_is_a_number(claims):
    claims.code("tensor", measured=keras.ops.mean(keras.ops.ones(3)), equals=1)
    claims.code("array", measured=np.array(1.0), equals=np.int64(1))
    claims.code("said", measured=True, equals=True)
    claims.finding("one seed", measured=[np.float32(0.25)], at_least=0.1, otherwise=0)
    assert repr(claims.check()).splitlines()[1] == "one seed  0.250     ≥ 0.100   yes"


def test_bounds_that_nothing_meets_are_refused(claims):
    with pytest.raises(ValueError, match=r"nothing lies between at_least=2\.0 and 1\.0"):
        claims.code("gain", measured=1, at_least=2, at_most=1)
    with pytest.raises(ValueError, match="expected a number as bound, got nan"):
        claims.code("gain", measured=1, at_least=float("nan"))


def test_equal_means_to_rounding_but_whole_numbers_exactly(claims):
    claims.code("sum", measured=0.1 + 0.2, equals=0.3)
    claims.code("bound twice", measured=0.1 + 0.2, at_least=0.3, at_most=0.3)
    claims.check()
    claims.code("other sum", measured=0.3 + 1e-6, equals=0.3)
    claims.code("nearly none", measured=1e-12, equals=0)
    claims.code("nearly three", measured=3 - 1e-12, equals=3)
    with pytest.raises(ClaimsNotHeld) as broken:
        claims.check()
    assert str(broken.value).splitlines()[1:] == [
        "  other sum: measured 0.300001, expected = 0.300000",
        "  nearly none: measured 1e-12, expected = 0",
        "  nearly three: measured 2.999999999999, expected = 3",
    ]


def test_a_broken_claim_shows_the_digits_that_break_it(claims):
    claims.add("low", measured=0.84997, at_least=0.85)
    claims.add("tiny", measured=1.4e-6, at_most=1e-6)
    claims.finding("seeds", measured=[0.2, 0.79998], at_least=0.5, otherwise=0)
    with pytest.raises(ClaimsNotHeld) as broken:
        claims.check()
    assert str(broken.value).splitlines()[1:] == [
        "  low: measured 0.84997, expected ≥ 0.85000",
        "  tiny: measured 0.0000014, expected ≤ 0.0000010",
        "  seeds: measured 0.49999 (0.20000 to 0.79998), expected ≥ 0.50000",
    ]


# -- beside the full run ---------------------------------------------------------------------------


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A folder with the results of a full run, read as the checkout's `results/` is."""
    monkeypatch.delenv("COURSE_RESULTS", raising=False)
    monkeypatch.setattr("course_lib.claims.RESULTS", tmp_path / "results")
    full = Claims("03_tiny", profile="full")
    full.finding("accuracy", measured=[0.91, 0.95], at_least=0.9, otherwise=0.5)
    full.code("parity", measured=2e-8, at_most=1e-6)
    full.check()
    return tmp_path / "results" / "03_tiny.json"


def test_a_small_run_is_set_beside_the_full_one(published):
    small = Claims("03_tiny", profile="laptop")
    small.finding("accuracy", measured=0.7, at_least=0.6, otherwise=0.5)
    small.finding("only here", measured=2, at_least=1, otherwise=0)
    small.code("parity", measured=3e-8, at_most=1e-6)
    table = small.check()
    caption, *rows = repr(table).splitlines()
    assert caption.startswith(f"full run: {datetime.date.today()}, 0 minutes on ")
    assert keras.__version__ in caption
    assert rows == [
        "claim      measured  expected  held  full run",
        "accuracy   0.700     ≥ 0.600   yes   0.930 (0.910 to 0.950)",
        "only here  2         ≥ 1       yes",
        "tests of the code",
        "parity     3e-08     ≤ 1e-06   yes   2e-08",
    ]
    html = table._repr_html_()
    assert "<caption>full run: " in html
    assert html.count('style="text-align: right">0.930 (0.910 to 0.950)</td>') == 1
    assert 'colspan="5"' in html


def test_the_column_is_read_where_results_are_published_not_where_a_test_writes(
    published, monkeypatch, tmp_path
):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "scratch"))
    before = published.read_bytes()
    for _ in range(2):  # the second run finds the first one's file in scratch
        small = Claims("03_tiny", profile="laptop")
        small.finding("accuracy", measured=0.7, at_least=0.6, otherwise=0.5)
        assert "0.930 (0.910 to 0.950)" in repr(small.check())
    assert published.read_bytes() == before
    assert (tmp_path / "scratch" / "03_tiny.json").is_file()


def test_no_column_without_the_sentence_or_for_a_lesson_of_old_claims(published):
    other = Claims("03_tiny", profile="laptop")
    other.finding("another sentence", measured=0.7, at_least=0.6, otherwise=0.5)
    assert "full run" not in repr(other.check())
    old = Claims("03_tiny", profile="laptop")
    old.add("accuracy", measured=0.7, at_least=0.6)
    assert "full run" not in repr(old.check())


def test_a_laptop_run_s_file_is_no_full_run(published):
    published.write_text(published.read_text().replace('"profile": "full"', '"profile": "laptop"'))
    small = Claims("03_tiny", profile="laptop")
    small.finding("accuracy", measured=0.7, at_least=0.6, otherwise=0.5)
    assert "full run" not in repr(small.check())


def test_what_a_full_run_refuted_is_not_hidden_beside_a_small_one(published):
    published.write_text(published.read_text().replace('"held": true', '"held": false', 1))
    small = Claims("03_tiny", profile="laptop")
    small.finding("accuracy", measured=0.7, at_least=0.6, otherwise=0.5)
    assert "0.930 (0.910 to 0.950), NO" in repr(small.check())


def test_full_run_shows_both_kinds_and_the_seeds(published):
    assert repr(full_run("03_tiny")).splitlines()[1:] == [
        "claim     measured                expected  held",
        "accuracy  0.930 (0.910 to 0.950)  ≥ 0.900   yes",
        "tests of the code",
        "parity    2e-08                   ≤ 1e-06   yes",
    ]


def test_a_full_run_is_not_set_beside_itself(published):
    again = Claims("03_tiny", profile="full")
    again.finding("accuracy", measured=[0.91, 0.95], at_least=0.9, otherwise=0.5)
    for _ in range(2):
        assert "full run" not in repr(again.check())


def test_full_run_shows_as_many_digits_as_the_lesson(tmp_path):
    full = Claims("03_tiny", profile="full", results=tmp_path)
    full.finding("ratio", measured=[0.71, 0.75], at_most=0.8, otherwise=1, digits=1)
    full.check()
    assert repr(full_run("03_tiny", results=tmp_path)).endswith(
        "ratio  0.7 (0.7 to 0.8)  ≤ 0.8     yes"
    )


def test_full_run_reads_files_from_before_findings(published):
    run = json.loads(published.read_text())
    run["claims"] = [{"claim": "old", "measured": 0.71184, "expected": "≤ 0.800", "held": True}]
    published.write_text(json.dumps(run))
    assert repr(full_run("03_tiny")).splitlines()[2] == "old    0.712     ≤ 0.800   yes"


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"claims": [{}]}', "<<<<<<< HEAD\n"])
def test_a_spoilt_results_file_is_named(published, content):
    published.write_text(content)
    small = Claims("03_tiny", profile="laptop")
    small.finding("accuracy", measured=0.7, at_least=0.6, otherwise=0.5)
    for read in (small.check, lambda: full_run("03_tiny")):
        with pytest.raises(ValueError, match=r"results of a run in results/03_tiny\.json.*Restore"):
            read()


def test_the_results_file_keeps_each_seed(published):
    accuracy, parity = json.loads(published.read_text())["claims"]
    assert accuracy == {
        "claim": "accuracy",
        "kind": "finding",
        "measured": 0.9299999999999999,
        "values": [0.91, 0.95],
        "expected": "≥ 0.900",
        "held": True,
        "digits": 3,
    }
    assert (parity["kind"], parity["values"]) == ("code", [2e-8])


# -- nothing is lost at the very end ---------------------------------------------------------------


def written(tmp_path, **numbers):
    claims = Claims("03_tiny", profile="full", results=tmp_path)
    claims.add("fine", measured=1, at_least=0)
    claims.record(**numbers)
    claims.check()

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    text = (tmp_path / "03_tiny.json").read_text(encoding="utf-8")
    result = json.loads(text, parse_constant=refuse)
    return {name: result[name] for name in numbers}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan]}, index=["x", "y"]),
         {"a": {"x": 1, "y": 2}, "b": {"x": 0.5, "y": "NaN"}}),
        (pd.Series([1.5, 2.5], index=["x", "y"]), [1.5, 2.5]),
        (pd.Series(np.array(["2026-01-02"], "datetime64[s]")), ["2026-01-02T00:00:00"]),
        ({np.int64(1): np.float32(0.5), np.str_("é"): np.bool_(True)}, {"1": 0.5, "é": True}),
        ({("LSTM", 2): 1, (0.5, None): 2}, {"LSTM, 2": 1, "0.5, null": 2}),
        ({1: {2: [np.arange(2), (np.uint8(3),)]}}, {"1": {"2": [[0, 1], [3]]}}),
        ([float("nan"), np.float32("inf"), -np.inf], ["NaN", "Infinity", "-Infinity"]),
        (np.array([[np.nan, 1.0]]), [["NaN", 1.0]]),
        (np.array(2.5), 2.5),
        (np.array([1, "x", None], dtype=object), [1, "x", None]),
        (np.longdouble(0.5), 0.5),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (np.datetime64("2026-01-02"), "2026-01-02"),
        (range(3), [0, 1, 2]),
        ({"a": 1, "b": 2}.values(), [1, 2]),
        ({}, {}),
    ],
)  # fmt: skip
def test_what_is_recorded_is_written_as_json(tmp_path, value, kept):
    assert written(tmp_path, numbers=value) == {"numbers": kept}


def test_a_tensor_is_recorded_as_a_list(tmp_path):
    assert written(tmp_path, numbers=[keras.ops.ones(2)]) == {"numbers": [[1.0, 1.0]]}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (object(), r"numbers: expected numbers, .* Received a object"),
        ({"a": [1, {2, 3}]}, r"numbers\['a'\]\[1\]: .* Received a set: \{2, 3\}"),
        ([1 + 2j], r"numbers\[0\]: .* Received a complex"),
        (np.complex64(1), r"Received a complex64"),
        (np.timedelta64(1, "s"), r"Received a timedelta64"),
        (b"text", r"Received a bytes"),
        ((n for n in range(3)), r"Received a generator"),
        ({object(): 1}, r"numbers, key <object"),
        (np.array(object()), r"Received a object"),
    ],
)
def test_what_json_cannot_hold_is_refused_when_it_is_recorded(claims, value, told):
    with pytest.raises(TypeError, match=told):
        claims.record(numbers=value)


@pytest.mark.parametrize(
    "value", [{1: 0, "1": 0}, pd.DataFrame({"a": [1, 2]}, index=["x", "x"]),
              pd.DataFrame([[1, 2]], columns=["a", "a"])]
)  # fmt: skip
def test_an_entry_that_would_be_lost_is_refused(claims, value):
    with pytest.raises(ValueError, match=r"numbers.*: two entries are called '(1|x|a)'"):
        claims.record(numbers=value)


def test_what_is_recorded_is_what_was_there_then(tmp_path):
    claims = Claims("03_tiny", profile="full", results=tmp_path)
    claims.add("fine", measured=1, at_least=0)
    scores = [1, 2]
    claims.record(scores=scores)
    scores.clear()
    claims.check()
    assert json.loads((tmp_path / "03_tiny.json").read_text())["scores"] == [1, 2]


def test_a_diverged_run_is_written_as_json(tmp_path):
    claims = Claims("03_tiny", profile="full", results=tmp_path)
    claims.finding("diverged", measured=[0.5, float("nan")], at_least=0.1, otherwise=0)
    with pytest.raises(ClaimsNotHeld):
        claims.check()
    text = (tmp_path / "03_tiny.json").read_text()
    assert '"values": [\n    0.5,\n    "NaN"\n   ]' in text
    assert "nan" in repr(full_run("03_tiny", results=tmp_path))


def test_a_folder_that_cannot_be_written_to_is_told_before_the_run(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError, match="file"):
        Claims("03_tiny", profile="full", results=file)
    monkeypatch.setattr("tempfile.TemporaryFile", _disk_full)
    with pytest.raises(OSError, match="disk full"):
        Claims("03_tiny", profile="full", results=tmp_path)
    Claims("03_tiny", profile="laptop")  # writes nothing


@pytest.mark.parametrize("lesson", ["", "a/b", "../03_tiny"])
def test_a_lesson_s_name_is_no_path(lesson):
    with pytest.raises(ValueError, match="Expected a lesson's name"):
        Claims(lesson, profile="laptop")
