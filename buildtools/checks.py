"""`build.py test`: lint, types, CPython tests, browser tests and parity, all of them, always."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ["py", "tests", "models", "buildtools", "build.py"]


def commands() -> dict[str, list[str]]:
    """Name and command of every check, in the order of cost."""
    browser = sorted(str(path) for path in (ROOT / "tests/browser").glob("*.test.mjs"))
    parity = sorted(str(path) for path in (ROOT / "tests/parity").glob("*.test.mjs"))
    node = ["node", "--test", "--test-concurrency=1", "--test-reporter=spec"]
    return {
        "lint": [sys.executable, "-m", "ruff", "check", "--quiet", *PYTHON],
        "format": [sys.executable, "-m", "ruff", "format", "--quiet", "--check", *PYTHON],
        "types (Python)": [sys.executable, "-m", "mypy"],
        "types (JavaScript)": ["npx", "--no-install", "tsc", "-p", "."],
        "CPython tests": [sys.executable, "-m", "pytest", "-q"],
        "browser tests": [*node, *browser],
        "parity tests": [*node, *parity],
    }


def main() -> int:
    """Run every check even after one failed; 0 when all passed."""
    results: dict[str, tuple[bool, float]] = {}
    for name, command in commands().items():
        print(f"\n=== {name}", flush=True)
        start = time.monotonic()
        passed = subprocess.run(command, cwd=ROOT).returncode == 0
        results[name] = (passed, time.monotonic() - start)
    print("\n=== summary")
    for name, (passed, seconds) in results.items():
        print(f"{'passed' if passed else 'FAILED'}  {name} ({seconds:.0f} s)")
    failed = sum(not passed for passed, _ in results.values())
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
