"""`build.py bench`: what an analysis costs here, in both runtimes, and how right it is."""

from __future__ import annotations

import io
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from skimage import data

from buildtools import twelve

ROOT = Path(__file__).resolve().parent.parent
REPEATS = 3
#: What renews docs/detection.md from the committed tables of scores.
REPORT = "models.verdict.report"
#: Name and size of the pictures: a portrait enlarged, with sensor-like noise, JPEG quality 92.
PICTURES = {"12 megapixels": (4000, 3000), "1 megapixel": (1155, 866)}


def main() -> int:
    """Measure and write docs/benchmark.md; `--twelve` or `--quality` renew that section alone."""
    if sys.argv[1:] == ["--quality"]:
        return write(quality=quality())
    large, small = map(picture, PICTURES.values())
    if sys.argv[1:] == ["--twelve"]:
        return write(tests=twelve.measure(large, small))
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for name, payload in zip(PICTURES, (large, small), strict=True):
            files[name] = Path(folder) / f"{PICTURES[name][0]}.jpg"
            files[name].write_bytes(payload)
        native = {name: in_child(path) for name, path in files.items()}
        browser = in_browser(list(files.values()))
    write(page(native, browser), twelve.measure(large, small), quality())
    subprocess.run([sys.executable, "-m", REPORT], cwd=ROOT, check=True)
    return 0


def write(timing: str = "", tests: str = "", quality: str = "") -> int:
    """Write the sections of docs/benchmark.md that are given; the others stay. Returns 0."""
    path = ROOT / "docs/benchmark.md"
    path.parent.mkdir(exist_ok=True)
    old, _, measured = (
        path.read_text("utf-8").partition("## Quality") if path.exists() else ("",) * 3
    )
    first, _, second = old.partition("## Each test on 12")
    stays = (first, second and f"## Each test on 12{second}", measured and f"## Quality{measured}")
    parts = [new or past for new, past in zip((timing, tests, quality), stays, strict=True)]
    path.write_text("\n".join(f"{part.strip()}\n" for part in parts if part), "utf-8")
    print(path.read_text("utf-8"))
    return 0


def picture(size: tuple[int, int]) -> bytes:
    """A JPEG of a portrait of that size with noise at pixel scale."""
    portrait = Image.fromarray(data.astronaut()[:384]).resize(size, Image.Resampling.BICUBIC)
    noise = np.random.default_rng(0).normal(0, 3, (size[1], size[0], 1))
    pixels = np.clip(np.asarray(portrait) + noise, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=92)
    return out.getvalue()


def in_child(path: Path) -> dict[str, Any]:
    """Native runs in a process of their own, on one thread, so that memory is theirs alone."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "buildtools.bench", "--child", str(path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return dict(json.loads(done.stdout))


def child(path: Path) -> None:
    """Analyse one file several times after a warm-up and print what it took."""
    from telltale import analysis
    from telltale.runtime.context import Context
    from telltale.runtime.inference import OnnxModels

    models = OnnxModels(threads=1)
    payload = path.read_bytes()
    runs = []
    for k in range(REPEATS + 1):
        state = analysis.begin(payload, path.name)
        # on the large picture `twelve` measures the slow tests
        slow = k == REPEATS and path.name == f"{PICTURES['1 megapixel'][0]}.jpg"
        list(analysis.run_all(state, Context(models), deep=slow))
        findings = {f.detector: f.elapsed_ms for f in state.findings}
        runs.append({**state.stages_ms, **findings})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"runs": runs[1:], "peak_mb": round(peak)}))


def in_browser(paths: list[Path]) -> dict[str, Any]:
    """The same files through the built page in headless Chromium."""
    command = ["node", "buildtools/bench.mjs", str(REPEATS), *map(str, paths)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout))


def page(native: dict[str, Any], browser: dict[str, Any]) -> str:
    """The Markdown of docs/benchmark.md."""
    size = sum(p.stat().st_size for p in (ROOT / "dist/page").rglob("*") if p.is_file())
    cold, second = browser["cold"]["first"], browser["second"]["first"]
    lines = [
        "# Benchmark",
        "",
        "Written by `python build.py bench`. Milliseconds, medians of "
        f"{REPEATS} runs after a warm-up, one of the slow tests of a thorough examination "
        "on 1 megapixel (on 12 see below); native on one thread. The machine: "
        f"{machine()}. Python {platform.python_version()}, {browser_version()}, no GPU.",
        "",
        "| start of the page (1 megapixel picture waiting) | first finding | whole record |",
        "|---|---:|---:|",
        f"| first start, nothing cached | {cold['finding_ms']:.0f} | {cold['record_ms']:.0f} |",
        f"| second start | {second['finding_ms']:.0f} | {second['record_ms']:.0f} |",
        "",
        f"Size of `dist/page`: {size / 1e6:.1f} MB.",
    ]
    for (name, measured), shown in zip(native.items(), browser["warm"], strict=True):
        lines += ["", f"## {name}", "", *table(measured, shown)]
    return "\n".join(lines) + "\n"


def quality() -> str:
    """How right the answers are, from the committed tables of scores; costs seconds."""
    sys.path.insert(0, str(ROOT))
    from models.verdict import report

    return "\n".join(report.quality(report.rows_of()))


def table(native: dict[str, Any], browser: dict[str, Any]) -> list[str]:
    """One row per stage, a sum, and peak memory."""
    pages = [
        {**r["stages_ms"], **{f["detector"]: f["elapsed_ms"] for f in r["findings"]}}
        for r in browser["records"][1:]
    ]
    stages = native["runs"][-1]
    rows = [(stage, median(native["runs"], stage), median(pages, stage)) for stage in stages]
    total = sum(row[1] for row in rows), sum(row[2] for row in rows)
    lines = ["| stage | native | browser | browser / native |", "|---|---:|---:|---:|"]
    for stage, a, b in [*rows, ("all stages", *total)]:
        lines.append(f"| {stage} | {a:.0f} | {b:.0f} | {b / a if a else float('nan'):.1f} |")
    wall = statistics.median(browser["walls"])
    lines.append(f"| on the clock, with everything around | | {wall:.0f} | |")
    lines.append(f"| peak memory, MB | {native['peak_mb']} | {browser['peak_mb']} | |")
    return lines


def median(runs: list[dict[str, float]], stage: str) -> float:
    """Median over the runs that had this stage."""
    values = [run[stage] for run in runs if stage in run]
    return statistics.median(values) if values else float("nan")


def machine() -> str:
    """Processor and cores."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
        model = next(
            line.split(":")[1].strip() for line in text.splitlines() if "model name" in line
        )
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores, {platform.system()}"


def browser_version() -> str:
    """The version of Chromium, in its own words."""
    command = [os.environ.get("TELLTALE_CHROMIUM", "chromium"), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return " ".join(said.split()[:2])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]))
    else:
        sys.exit(main())
