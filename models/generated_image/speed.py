"""How long the test takes on a picture of 12 megapixels; writes `speed.csv`, which the card shows.

    python -m models.generated_image.speed

Processor seconds of the whole test on one thread, after decoding: where to look, the crops, the
network, the relation to the bank. The picture is made by script; the median of `RUNS` is kept.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path

import numpy as np

from telltale import analysis
from telltale.detectors.learned import generated_image
from telltale.lab.awkward import jpeg_scene, photograph
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels

HERE = Path(__file__).parent
COLUMNS = ("megapixels", "crops", "cpu_s")
SIDE, RUNS = (3000, 4000), 5


def measure() -> dict[str, float]:
    """One row of the table."""
    pixels = np.tile(photograph(SIDE[0] // 4, SIDE[1] // 4), (4, 4, 1))
    context = Context(OnnxModels(threads=1))
    analysis.run_module(generated_image, jpeg_scene(photograph()), context)
    took = []
    for _ in range(RUNS):
        scene = jpeg_scene(pixels)
        scene.coded_luma  # noqa: B018 (decoded and turned once for all tests)
        start = time.process_time()
        finding = analysis.run_module(generated_image, scene, context)
        took.append(time.process_time() - start)
        if finding.status != "ok":
            raise SystemExit(f"the test did not run: {finding.status}")
    return {
        "megapixels": pixels.shape[0] * pixels.shape[1] / 1e6,
        "crops": len(generated_image.choose_crops(scene).crops),
        "cpu_s": round(float(np.median(took)), 2),
    }


def main() -> None:
    row = measure()
    with (HERE / "speed.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerow(row)
    print(row)


if __name__ == "__main__":
    main()
