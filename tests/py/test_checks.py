"""`build.py test`: what runs at once is shown one by one, a file that failed gets a second attempt,
and the end of the run tells why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from buildtools import checks

HEAD = """import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { test } from "node:test";
"""
PASSES = 'test("one is one", () => assert.equal(1, 1));\n'
FAILS = PASSES + 'test("one is two", () => assert.equal(1, 2, "they differ"));\n'
ENDS = 'throw new Error("nothing can begin");\n'


def fails_once(marker: Path) -> str:
    """A file whose test fails until it has run."""
    return f"""test("now and then", () => {{
      const again = existsSync({str(marker)!r});
      writeFileSync({str(marker)!r}, "");
      assert.ok(again, "the first time never comes off");
    }});"""


@pytest.fixture
def outcome_of(tmp_path: Path):
    def outcome(**files: str) -> checks.Outcome:
        made = [tmp_path / f"{name}.test.mjs" for name in files]
        for path, text in zip(made, files.values(), strict=True):
            path.write_text(HEAD + text)
        return checks.each(made)

    return outcome


def test_a_file_that_fails_twice_fails_the_group_and_both_failures_are_told(
    outcome_of, capfd: pytest.CaptureFixture[str]
) -> None:
    outcome = outcome_of(good=PASSES, bad=FAILS, worse=ENDS)
    assert not outcome.passed
    assert outcome.unsteady == ()
    assert outcome.told.count("one is two") == 2
    assert outcome.told.count("they differ") >= 2
    assert "bad.test.mjs:5" in outcome.told  # where in the file
    assert "one is one" not in outcome.told
    assert outcome.told.count("nothing can begin") >= 2
    assert "good.test.mjs" not in outcome.told
    shown = capfd.readouterr().out
    assert shown.count("--- good.test.mjs") == 1
    assert shown.count("--- bad.test.mjs") == 2


def test_a_file_that_passes_at_the_second_attempt_passes_and_is_called_unsteady(
    outcome_of, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    outcome = outcome_of(good=PASSES, chance=fails_once(tmp_path / "been"))
    assert outcome.passed
    assert outcome.unsteady == ("chance.test.mjs",)
    assert "the first time never comes off" in capfd.readouterr().out
    text = checks.summary({"browser tests": (outcome, 12.3), "lint": (checks.Outcome(True), 1.0)})
    assert "passed  browser tests (12 s)" in text
    assert "UNSTEADY  chance.test.mjs (passed at the second attempt)" in text
    assert "2 passed, 0 failed" in text
    # the log's tail is enough to know what was wrong
    assert text.index("2 passed") < text.index("now and then") < text.index("never comes off")


def told_of(command: list[str]) -> checks.Outcome:
    """What became of a command."""
    return checks.beside({"it": command})["it"][0]


@pytest.mark.parametrize("processes", [[], checks.TWO])
def test_of_pytest_every_failed_test_is_told_and_nothing_of_the_others(
    tmp_path: Path, processes: list[str]
) -> None:
    lines = "".join(f"    x{n} = {n}\n" for n in range(200))
    (tmp_path / "test_made_up.py").write_text(
        f"import pytest\n\n\ndef test_fine():\n    pass\n\n\ndef test_long():\n{lines}"
        "    assert x1 == x2, 'one is not two'\n\n\n@pytest.fixture\ndef broken():\n"
        "    raise ValueError('nothing to stand on')\n\n\ndef test_stands(broken):\n    pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *processes]
    outcome = told_of([*command, str(tmp_path)])
    assert not outcome.passed
    for words in ("test_long", "one is not two", "test_stands", "nothing to stand on"):
        assert words in outcome.told
    assert "test_fine" not in outcome.told
    assert len(outcome.told.splitlines()) < 3 * checks.LINES
    assert told_of([*command, str(tmp_path), "-k", "fine"]) == checks.Outcome(True)


def test_of_anything_else_that_failed_its_last_words_are_told() -> None:
    script = "import sys; print('many lines\\n' * 500); sys.exit('no such type')"
    outcome = told_of([sys.executable, "-c", script])
    assert not outcome.passed
    assert "no such type" in outcome.told
    assert len(outcome.told.splitlines()) <= checks.LINES + 1


def meets(here: Path, there: Path, status: int) -> list[str]:
    """A command that speaks, ends once another of its kind runs too, and speaks again."""
    script = f"""import sys, time
from pathlib import Path
print("{here.name} waits", flush=True)
Path({str(here)!r}).touch()
while not Path({str(there)!r}).exists():
    time.sleep(0.01)
print("{here.name} met {there.name}\\n" * 5000)
sys.exit({status})"""
    return [sys.executable, "-c", script]


def test_commands_run_at_once_and_each_is_shown_whole(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    outcomes = checks.beside({"first": meets(one, two, 3), "second": meets(two, one, 0)})
    shown = [line for line in capfd.readouterr().out.splitlines() if line]
    first = ["=== first", "one waits", *["one met two"] * 5000]
    assert shown == [*first, "=== second", "two waits", *["two met one"] * 5000]
    assert [outcome.passed for outcome, _ in outcomes.values()] == [False, True]
    assert all(seconds > 0 for _, seconds in outcomes.values())
    text = checks.summary(outcomes)
    assert "FAILED  first" in text
    assert "passed  second" in text
    assert "=== what failed in first\none waits" in text


@pytest.mark.parametrize(("beside", "threads"), [(True, "1 1"), (False, "none 0")])
def test_a_process_beside_others_has_one_thread(beside: bool, threads: str) -> None:
    script = (
        "import os, conftest; from telltale.runtime import inference;"
        "print(os.environ.get('OMP_NUM_THREADS', 'none'), inference.THREADS)"
    )
    drop = ("PYTEST_XDIST_WORKER", "OMP_NUM_THREADS")
    alone = {name: value for name, value in os.environ.items() if name not in drop}
    environment = alone | ({"PYTEST_XDIST_WORKER": "gw0"} if beside else {})
    command = [sys.executable, "-c", script]
    folder = checks.ROOT / "tests"
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert run.stdout.strip() == threads, run.stderr
