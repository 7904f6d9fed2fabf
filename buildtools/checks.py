"""`build.py test`: lint, types, CPython tests, browser tests and parity, all of them, always.

What needs no browser runs at once. Browser and parity tests have the machine to themselves, file
by file; a file of theirs that failed is run once more. Where it passes then, its group has passed
and the summary calls it unsteady: such a test is a fault to be mended.
"""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ["py", "tests", "models", "buildtools", "build.py"]
#: ms after which a file of tests is given up: several times what the slowest takes on two cores,
#: and short enough for a second attempt in good time.
PATIENCE = 15 * 60_000
NODE = ["node", "--test", "--test-reporter=spec", f"--test-timeout={PATIENCE}"]
#: pytest in two processes, each with whole files; `tests/conftest.py` gives them one thread each.
TWO = ["-n", "2", "--dist", "loadfile"]
#: Lines of a failure that the end of the run repeats.
LINES = 40


@dataclass(frozen=True)
class Outcome:
    """What became of one check; `told` is what its failures said, `unsteady` the files."""

    passed: bool
    told: str = ""
    unsteady: tuple[str, ...] = ()


def commands() -> dict[str, list[str]]:
    """Name and command of every check that does without a browser, in the order of cost."""
    python = [sys.executable, "-m"]
    return {
        "lint": [*python, "ruff", "check", "--quiet", *PYTHON],
        "format": [*python, "ruff", "format", "--quiet", "--check", *PYTHON],
        "types (Python)": [*python, "mypy"],
        "types (JavaScript)": ["npx", "--no-install", "tsc", "-p", "."],
        "CPython tests": [*python, "pytest", "-q", *TWO],
    }


def beside(commands: dict[str, list[str]]) -> dict[str, tuple[Outcome, float]]:
    """Run commands at the same time; what each wrote is shown whole, one after the other."""
    outcomes: dict[str, tuple[Outcome, float]] = {}
    for name, running in {name: Running(command) for name, command in commands.items()}.items():
        print(f"\n=== {name}", flush=True)
        passed, output = running.watch()
        outcome = Outcome(passed, "" if passed else failures(output))
        outcomes[name] = outcome, running.seconds
    return outcomes


def each(files: list[Path]) -> Outcome:
    """Run files of Node's tests one after the other, and one that failed a second time."""
    told: list[str] = []
    failed = False
    unsteady: list[str] = []
    for file in files:
        name = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
        print(f"\n--- {name}", flush=True)
        passed, output = Running([*NODE, str(file)]).watch()
        if passed:
            continue
        told.append(f"--- {name}\n{failures(output)}")
        print(f"\n--- {name}, once more", flush=True)
        passed, output = Running([*NODE, str(file)]).watch()
        if passed:
            unsteady.append(name)
        else:
            failed = True
            told.append(f"--- {name}, at the second attempt\n{failures(output)}")
    return Outcome(not failed, "\n\n".join(told), tuple(unsteady))


class Running:
    """A command that has been started; what it writes is kept until somebody watches."""

    def __init__(self, command: list[str]) -> None:
        self._start = self._end = time.monotonic()
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace"
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._hear, daemon=True).start()

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self._end - self._start

    def watch(self) -> tuple[bool, str]:
        """Whether it passed, and what it wrote, which is shown as it comes."""
        lines: list[str] = []
        for line in iter(self._lines.get, None):
            print(line, end="", flush=True)
            lines.append(line)
        return self._process.wait() == 0, "".join(lines)

    def _hear(self) -> None:
        reader = threading.Thread(target=self._read, daemon=True)
        reader.start()
        self._process.wait()
        self._end = time.monotonic()
        # what a test has left running may keep the pipe open
        reader.join(10)
        self._lines.put(None)

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line)


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
    outcomes = beside(commands())
    for name in ("browser", "parity"):
        print(f"\n=== {name} tests", flush=True)
        start = time.monotonic()
        outcome = each(sorted((ROOT / "tests" / name).glob("*.test.mjs")))
        outcomes[f"{name} tests"] = outcome, time.monotonic() - start
    print(f"\n{summary(outcomes)}")
    return 0 if all(outcome.passed for outcome, _ in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
