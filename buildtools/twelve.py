"""`python -m buildtools.bench --twelve`: each test on 12 megapixels, processor time and memory.

Processor time, so that a busy machine does not matter much; once, after a small picture has
warmed the runtime up, as for a person's second picture.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: Aims in seconds: native and browser, for tests that search everything, and for all others.
SEARCHES = {"copy_move_dense": (20.0, 20.0)}
AIM = (2.0, 6.0)
#: The aim of memory in MB.
MOST_MB = 1500
#: Steps that are no test.
_NO_TESTS = ("faces", "bank", "assess", "answer")

Costs = dict[str, dict[str, Any]]


def measure(large: bytes, small: bytes) -> str:
    """The section of docs/benchmark.md; takes minutes."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("large.jpg", "small.jpg")]
        for path, data in zip(paths, (large, small), strict=True):
            path.write_bytes(data)
        files = [str(path) for path in paths]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        native = _json([sys.executable, "-m", "buildtools.twelve", *files], environment)
        browser = _json(["node", "buildtools/twelve.mjs", *files], environment)
    return page(native["steps"], browser, native["glasses"])


def _json(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout))


def page(native: Costs, browser: Costs, glasses: Costs) -> str:
    """The Markdown of measured costs."""
    lines = [
        "## Each test on 12 megapixels",
        "",
        "Written by `python -m buildtools.bench --twelve`. Seconds of processor time on one "
        "thread; in the browser of the whole renderer, with everything that the page does "
        "meanwhile. Memory is the largest resident set of the process while the test ran. The "
        f"aims are {AIM[0]:g} s natively and {AIM[1]:g} s in the browser, "
        f"{SEARCHES['copy_move_dense'][0]:g} s for the search for copies place by place, and "
        f"{MOST_MB:,} MB.",
        "",
        "| test | native, s | native, MB | browser, s | browser, MB |",
        "|---|---:|---:|---:|---:|",
    ]
    beyond = []
    for step, cost in native.items():
        if step in _NO_TESTS:
            continue
        there = browser[step]
        lines.append(
            f"| {step} | {cost['seconds']:.1f} | {cost['peak_mb']} | {there['seconds']:.1f} "
            f"| {there['peak_mb']} |"
        )
        aims = SEARCHES.get(step, AIM)
        if cost["seconds"] > aims[0] or there["seconds"] > aims[1]:
            beyond.append(step)
        if max(cost["peak_mb"], there["peak_mb"]) > MOST_MB:
            beyond.append(f"{step} (memory)")
    lines += ["", f"Beyond an aim: {', '.join(beyond) or 'none'}.", ""]
    lines += ["| looking glass | native, s | native, MB |", "|---|---:|---:|"]
    for name, cost in glasses.items():
        lines.append(f"| {name} | {cost['seconds']:.1f} | {cost['peak_mb']} |")
    slow = [name for name, cost in glasses.items() if cost["seconds"] > AIM[0]]
    lines += ["", f"Beyond {AIM[0]:g} s: {', '.join(slow) or 'none'}."]
    return "\n".join(lines) + "\n"


def child(large: Path, small: Path) -> None:
    """Examine both files on CPython, look at the large one, and print what each step took."""
    from telltale import analysis, looking
    from telltale.runtime.context import Context
    from telltale.runtime.inference import OnnxModels

    models = OnnxModels(threads=1)
    steps: Costs = {}
    for path in (small, large):
        state = analysis.begin(path.read_bytes(), path.name)
        for step in analysis.steps(deep=True):
            with _Cost(steps, step):
                analysis.run_step(state, step, Context(models))
    glasses: Costs = {}
    for name in looking.REGISTRY:
        glass = looking.find(name)
        with _Cost(glasses, name):
            glass.look(state.media.pixels, {})
    print(json.dumps({"steps": steps, "glasses": glasses}))


class _Cost:
    """Writes what the block took: seconds of processor time, and the peak of memory in MB."""

    def __init__(self, costs: Costs, name: str) -> None:
        self.costs, self.name = costs, name

    def __enter__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: proc(5)
        self.begun = time.process_time()

    def __exit__(self, *_: object) -> None:
        seconds = time.process_time() - self.begun
        status = Path("/proc/self/status").read_text("utf-8")
        peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
        self.costs[self.name] = {"seconds": round(seconds, 3), "peak_mb": peak}


if __name__ == "__main__":
    child(*map(Path, sys.argv[1:3]))
