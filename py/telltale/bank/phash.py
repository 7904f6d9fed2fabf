"""Perceptual hashes: the same picture after recompression, resizing or a small crop.

Each window of the picture has a 64-bit pHash and a 64-bit dHash; their Hamming distances are
added, so a distance is between 0 and 128 bits. Window 0 is the whole picture; the others leave
out a tenth, or a twentieth, at some of the four sides. Two pictures are compared whole against
every window of the other, which finds a crop in either direction.

Of 200 photographs each, all came within `SAME` bits after JPEG at quality 10, at half size, at
64 x 64 pixels, 20 % brighter, and cropped by 3, 5, 8 and 10 % at every side; of those cropped at
random by up to 12 % at each side more than 89 %, by 15 % at one side about half, by 15 % at every
side almost none. A mirrored or turned copy is not found, and text or a logo over a tenth of the
picture may hide it. Flat pictures have no hash: their bits would be noise.

References
----------
.. [1] C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010,
   section 3.2.1 (pHash: the signs of 8 x 8 low-frequency DCT coefficients against their median).
.. [2] N. Krawetz, "Kind of Like That", 2013 (dHash: is each pixel brighter than its neighbour).
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Hashes = NDArray[np.uint64]

#: Names this way of hashing: hashes made in another way cannot be compared with these.
MODEL = "telltale.phash/1"

#: What a window leaves out at a side, as a share of the picture: nothing, or one of these.
MARGINS = (0.1, 0.05)
#: Left, top, right, bottom margins of each window, the whole picture first.
WINDOWS = tuple(
    dict.fromkeys(window for margin in MARGINS for window in product((0.0, margin), repeat=4))
)
#: Numbers per picture: pHash and dHash of each window.
WIDTH = 2 * len(WINDOWS)
#: Up to this distance two pictures are taken for the same.
SAME = 18
#: (distance, pairs of different pictures at or below it) among the 1,118,260 pairs of 1,496
#: photographs of faces, scenes, animals and goods; most of them goods on white ground.
MEASURED = ((8, 0), (10, 2), (12, 4), (14, 7), (16, 10), (18, 17), (20, 43))
_PAIRS = 1_118_260
#: Pictures whose small copy has a smaller standard deviation (grey levels) are flat.
FLAT = 2.0
_SMALL, _DCT, _KEPT = 128, 32, 8
#: Width of a step of the likelihood ratio, in bits.
_STEP = 2
#: Pictures compared at once: their hashes fit a processor's cache.
_CHUNK = 4096


def hashes(pixels: NDArray[np.uint8]) -> Hashes | None:
    """(WIDTH,) uint64 of (H, W, 3) uint8 pixels, pHash then dHash per window; None where flat."""
    grey = Image.fromarray(pixels).convert("L")
    # rounding to grey levels a second time would cost bits in dark pictures
    small = grey.resize((_SMALL, _SMALL), Image.Resampling.BOX, reducing_gap=None).convert("F")
    if float(np.asarray(small).std()) < FLAT:
        return None
    out = np.empty((len(WINDOWS), 2), np.uint64)
    for row, (left, top, right, bottom) in zip(out, WINDOWS, strict=True):
        box = (left * _SMALL, top * _SMALL, (1 - right) * _SMALL, (1 - bottom) * _SMALL)
        row[0] = _phash(_resized(small, _DCT, _DCT, box))
        row[1] = _dhash(_resized(small, _KEPT + 1, _KEPT, box))
    return out.ravel()


def distances(query: Hashes, stored: Hashes) -> NDArray[np.uint8]:
    """(n,) smallest distances in bits, 0 to 128, of (WIDTH,) `query` to (n, WIDTH) `stored`."""
    best = np.empty(len(stored), np.uint8)
    for start in range(0, len(stored), _CHUNK):
        # column by column, so that each operation runs over memory that lies together
        columns = np.ascontiguousarray(stored[start : start + _CHUNK].T)
        whole = columns[0], columns[1]
        near = _bits(whole, query[:2])
        for k in range(2, WIDTH, 2):
            np.minimum(near, _bits((columns[k], columns[k + 1]), query[:2]), out=near)
            np.minimum(near, _bits(whole, query[k : k + 2]), out=near)
        best[start : start + _CHUNK] = near
    return best


def false_match_rate(distance: int) -> float:
    """How often a pair of different pictures is at least this near; measured (`MEASURED`).

    Where none or few were seen it is the upper 95 % bound for none, 3 / pairs.
    """
    seen = next((count for bound, count in MEASURED if distance <= bound), MEASURED[-1][1])
    return max(seen, 3) / _PAIRS


def likelihood_ratio(distance: int) -> float:
    """log10 likelihood ratio of a distance: a changed copy against another picture.

    From the counts that `models/bank/measure.py` stored, in steps of two bits, never rising with
    the distance, and never beyond what one misleading picture among those measured would allow.
    """
    ratios = _ratios()
    return ratios[min(distance // _STEP, len(ratios) - 1)]


@cache
def _ratios() -> tuple[float, ...]:
    text = files("telltale.bank").joinpath("stored/same_picture.json").read_text("utf-8")
    counts = json.loads(text)
    whole = _STEP * (SAME // _STEP + 1)
    # Krichevsky-Trofimov: half an observation more in each step
    same, different = (
        np.array(counts[key][:whole], float).reshape(-1, _STEP).sum(1) + 0.5
        for key in ("same", "different")
    )
    ratio = np.log10(same / sum(counts["same"])) - np.log10(different / sum(counts["different"]))
    most = np.log10(counts["pictures"] + 1)
    return tuple(np.minimum.accumulate(np.clip(ratio, -most, most)).tolist())


def _bits(columns: tuple[Hashes, Hashes], pair: Hashes) -> NDArray[np.uint8]:
    bits = np.bitwise_count(columns[0] ^ pair[0])
    bits += np.bitwise_count(columns[1] ^ pair[1])
    return bits


def _resized(
    image: Image.Image, width: int, height: int, box: tuple[float, float, float, float]
) -> NDArray[np.float32]:
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box=box))


def _dct_rows() -> NDArray[np.float64]:
    """Rows 1 to 8 of the DCT-II of 32 points; row 0 would only tell the brightness."""
    k = np.arange(1, _KEPT + 1)[:, None]
    n = np.arange(_DCT)[None]
    return np.cos(np.pi * k * (2 * n + 1) / (2 * _DCT))


_ROWS = _dct_rows()


def _phash(values: NDArray[np.float32]) -> int:
    coefficients = _ROWS @ values.astype(np.float64) @ _ROWS.T
    return _pack(coefficients > np.median(coefficients))


def _dhash(values: NDArray[np.float32]) -> int:
    return _pack(values[:, 1:] > values[:, :-1])


def _pack(bits: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")
