"""What a video costs in both runtimes, stage by stage: `python -m buildtools.video_speed`.

Writes docs/video-speed.md. The clip is a portrait that sways for ten seconds, 1280 x 720 at 30
frames a second with sensor-like noise, by the default plan; the film is sixty of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from buildtools.bench import browser_version, machine

ROOT = Path(__file__).resolve().parent.parent
SIZE, FPS, FRAMES, TIMES = (1280, 720), 30, 300, 60


def frames() -> Iterator[NDArray[np.uint8]]:
    """(720, 1280, 3) uint8 frames of a swaying portrait."""
    wide = np.asarray(Image.fromarray(data.astronaut()[:288]).resize((1360, 765)))
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 3, (SIZE[1] + 50, SIZE[0] + 100, 1))
    for k in range(FRAMES):
        x, y = 40 + round(35 * np.sin(k / 14)), 20 + round(18 * np.cos(k / 17))
        part = wide[y : y + SIZE[1], x : x + SIZE[0]]
        u, v = rng.integers(0, 100), rng.integers(0, 50)
        grain = noise[v : v + SIZE[1], u : u + SIZE[0]]
        yield np.clip(part + grain, 0, 255).astype(np.uint8)


def make(folder: Path) -> tuple[Path, Path]:
    """Write the clip, and the film by copying its packets again and again."""
    import av

    clip, film = folder / "clip.mp4", folder / "film.mp4"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "23"}
        for k, pixels in enumerate(frames()):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(str(film), "w") as out:
        stream = None
        for k in range(TIMES):
            with av.open(str(clip)) as container:
                source = container.streams.video[0]
                stream = stream or out.add_stream_from_template(source)
                shift = round(k * FRAMES / FPS / source.time_base)
                for packet in container.demux(source):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = stream
                    out.mux(packet)
    return clip, film


def native(clip: Path) -> dict[str, Any]:
    """The second of two runs on one thread."""
    from telltale.runtime.inference import OnnxModels
    from telltale.runtime.video_file import analyze

    models = OnnxModels(threads=1)
    analyze(clip, models)
    wall, cpu = time.perf_counter(), time.process_time()
    record = analyze(clip, models)
    return {
        "wall_ms": 1e3 * (time.perf_counter() - wall),
        "cpu_s": time.process_time() - cpu,
        "stages_ms": record["stages_ms"],
        "examined": record["video"]["examined"],
    }


def page(here: dict[str, Any], there: dict[str, Any]) -> str:
    """The Markdown of docs/video-speed.md."""
    followed, full = there["examined"]["followed"], there["examined"]["full"]
    held, film = there["memory"], there["film"]
    half = max(1, len(held) // 2)
    lines = [
        "# Speed on videos",
        "",
        "Written by `python -m buildtools.video_speed`: a clip of 10 s, 1280 x 720, 30 frames a "
        f"second, by the default plan ({followed} frames followed, {full} examined by the "
        "networks), the second run of a sitting; natively on one thread. The machine: "
        f"{machine()}, {os.getloadavg()[1]:.0f} processes on average wanting its cores meanwhile, "
        "the measured ones among them. "
        f"{browser_version()}, no GPU.",
        "",
        "| | native | browser |",
        "|---|---:|---:|",
        f"| seconds of processor time | {here['cpu_s']:.1f} | {there['cpu_s']:.1f} |",
        f"| seconds on the clock | {here['wall_ms'] / 1e3:.1f} | {there['wall_ms'] / 1e3:.1f} |",
        f"| analysed frames per processor second | {followed / here['cpu_s']:.1f} "
        f"| {followed / there['cpu_s']:.1f} |",
        "",
        "The stages share the processor time as they share the clock:",
        "",
        "| stage | frames | native, frames/s | browser, frames/s | share of the browser's time |",
        "|---|---:|---:|---:|---:|",
    ]
    totals = [sum(run["stages_ms"].values()) for run in (here, there)]
    few = _full_tests()
    for stage, spent in sorted(there["stages_ms"].items(), key=lambda row: -row[1]):
        count = full if stage in few else followed
        rates = []
        for run, total in zip((here, there), totals, strict=True):
            ms = run["stages_ms"].get(stage, 0.0)
            seconds = ms / total * run["cpu_s"]
            rates.append(f"{count / seconds:.0f}" if seconds > 1e-3 else "")
        share = 100 * spent / totals[1]
        lines.append(f"| {stage} | {count} | {rates[0]} | {rates[1]} | {share:.0f} % |")
    lines += [
        "",
        f"Memory of all of the browser's processes over a film of {film['duration_s'] / 60:.0f} "
        f"minutes ({film['examined']['followed']} frames followed in stretches): "
        f"{held[0]} MB before, at most {max(held[:half])} MB in its first half, "
        f"{max(held[half:])} MB in its second.",
    ]
    return "\n".join(lines) + "\n"


def _full_tests() -> set[str]:
    from telltale.detectors import over_time

    return {e.id for e in over_time.TESTS if over_time.load(e).LANE.every == "full"}


def main() -> int:
    """Measure in both runtimes and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        clip, film = make(Path(folder))
        here = native(clip)
        command = ["node", "buildtools/video_speed.mjs", str(clip), str(film)]
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    text = page(here, json.loads(done.stdout))
    (ROOT / "docs/video-speed.md").write_text(text, "utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
