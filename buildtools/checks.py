"""`build.py test`: lint, types, CPython tests, browser tests and parity, all of them, always.

A file of browser or parity tests that failed is run once more, alone. Where it passes then, its
group has passed and the summary calls it unsteady: such a test is a fault to be mended.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ["py", "tests", "models", "buildtools", "build.py"]
#: ms after which a file of tests is given up: several times what the slowest takes on two cores,
#: and short enough for a second attempt in good time.
PATIENCE = 15 * 60_000
NODE = ["node", "--test", "--test-reporter=spec", f"--test-timeout={PATIENCE}"]
#: Lines of a failure that the end of the run repeats.
LINES = 40


@dataclass(frozen=True)
class Outcome:
    """What became of one check; `told` is what its failures said, `unsteady` the files."""

    passed: bool
    told: str = ""
    unsteady: tuple[str, ...] = ()


def checks() -> dict[str, Callable[[], Outcome]]:
    """Name and work of every check, in the order of cost."""
    python = [sys.executable, "-m"]
    return {
        "lint": lambda: once([*python, "ruff", "check", "--quiet", *PYTHON]),
        "format": lambda: once([*python, "ruff", "format", "--quiet", "--check", *PYTHON]),
        "types (Python)": lambda: once([*python, "mypy"]),
        "types (JavaScript)": lambda: once(["npx", "--no-install", "tsc", "-p", "."]),
        "CPython tests": lambda: once([*python, "pytest", "-q"]),
        "browser tests": lambda: each(sorted((ROOT / "tests/browser").glob("*.test.mjs"))),
        "parity tests": lambda: each(sorted((ROOT / "tests/parity").glob("*.test.mjs"))),
    }


def once(command: list[str]) -> Outcome:
    """Run one command."""
    passed, output = run(command)
    return Outcome(passed, "" if passed else failures(output))


def each(files: list[Path]) -> Outcome:
    """Run files of Node's tests one after the other, and one that failed a second time."""
    told: list[str] = []
    failed = False
    unsteady: list[str] = []
    for file in files:
        name = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
        print(f"\n--- {name}", flush=True)
        passed, output = run([*NODE, str(file)])
        if passed:
            continue
        told.append(f"--- {name}\n{failures(output)}")
        print(f"\n--- {name}, once more", flush=True)
        passed, output = run([*NODE, str(file)])
        if passed:
            unsteady.append(name)
        else:
            failed = True
            told.append(f"--- {name}, at the second attempt\n{failures(output)}")
    return Outcome(not failed, "\n\n".join(told), tuple(unsteady))


def run(command: list[str]) -> tuple[bool, str]:
    """Whether a command passed, and what it wrote, which is shown as it comes."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace"
    )
    lines: list[str] = []

    def show() -> None:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)

    reader = threading.Thread(target=show, daemon=True)
    reader.start()
    passed = process.wait() == 0
    # what a test has left running may keep the pipe open
    reader.join(10)
    return passed, "".join(lines)


def failures(output: str) -> str:
    """Of what pytest or Node wrote: every failure's name and words; of anything else the ends."""
    output = re.sub(r"\x1b\[[0-9;]*m", "", output)
    if "\n✖ failing tests:\n" in output:
        before, _, blocks = output.rpartition("\n✖ failing tests:\n")
        short = [_ends(block) for block in re.split(r"\n(?=test at )", blocks.strip("\n"))]
        # a file that ended or hung says nothing here; what came before it does
        if any(re.search(r"^  'test ", block, re.MULTILINE) for block in short):
            short.insert(0, _ends(before.partition("\nℹ tests ")[0]))
        return "\n\n".join(short)
    section = re.compile(r"^=+ (FAILURES|ERRORS|.*summary.*) =+$", re.MULTILINE)
    _, *parts = section.split(output)
    blocks = [
        block
        for title, part in zip(parts[::2], parts[1::2], strict=True)
        if title in ("FAILURES", "ERRORS")
        for block in re.split(r"^(?=_{3,} .+ _{3,}$)", part.strip("\n"), flags=re.MULTILINE)
    ]
    return "\n".join(_ends(block) for block in blocks if block) or _ends(output)


def _ends(text: str) -> str:
    """The first lines, which name what failed, and the last, which say why."""
    lines = text.strip("\n").splitlines()
    if len(lines) <= LINES:
        return "\n".join(lines)
    return "\n".join([*lines[: LINES // 2], "[...]", *lines[-LINES // 2 :]])


def summary(outcomes: dict[str, tuple[Outcome, float]]) -> str:
    """A line for each check and each unsteady file; after them what the failed ones said."""
    lines = ["=== summary"]
    for name, (outcome, seconds) in outcomes.items():
        lines.append(f"{'passed' if outcome.passed else 'FAILED'}  {name} ({seconds:.0f} s)")
        for file in outcome.unsteady:
            lines.append(f"UNSTEADY  {file} (passed at the second attempt)")
    failed = sum(not outcome.passed for outcome, _ in outcomes.values())
    lines.append(f"{len(outcomes) - failed} passed, {failed} failed")
    for name, (outcome, _) in outcomes.items():
        if outcome.told:
            lines += ["", f"=== what failed in {name}", outcome.told]
    return "\n".join(lines)


def main() -> int:
    """Run every check even after one failed; 0 when all passed."""
    outcomes: dict[str, tuple[Outcome, float]] = {}
    for name, check in checks().items():
        print(f"\n=== {name}", flush=True)
        start = time.monotonic()
        outcomes[name] = (check(), time.monotonic() - start)
    print(f"\n{summary(outcomes)}")
    return 0 if all(outcome.passed for outcome, _ in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
