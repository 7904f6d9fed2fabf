"""The glasses equal Sherloq's operators where both define the same, and show what they promise.

`golden/sherloq.json` was made outside this project: each operator of Sherloq (its tools/ as of
July 2026) by the OpenCV 5.0.0 and PyWavelets calls that it makes, with its default settings or
those named in `CASES`, on `picture()` with green in all channels (the operators that look at
colour: on `picture()` itself); of each result every 17th row from 5 and every 23rd column from 7,
row by row. PCA axes were turned so that the largest element is positive.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from telltale import looking
from telltale.cli import main
from telltale.looking import catalogue, minmax_deviation

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = json.loads((Path(__file__).parent / "golden/sherloq.json").read_text("utf-8"))
Pixels = NDArray[np.uint8]


def picture() -> Pixels:
    """A ramp with a disc, stripes and noise, by whole numbers: the same everywhere."""
    height, width = 203, 310
    y, x = np.mgrid[:height, :width].astype(np.int64)
    ramps = (x * 200 // width + 20, y * 190 // height + 30, (x + y) * 180 // (height + width) + 40)
    disc = ((x - 90) ** 2 + (y - 110) ** 2 < 55**2)[..., None] * np.array([60, -30, 20])
    stripes = ((x // 3 + y // 5) % 7 == 0)[..., None] * np.array([25, 10, -35])
    state = x * 73856093 ^ y * 19349663
    noise = [(state * k >> 9) % 13 - 6 for k in (83492791, 49979687, 86028121)]
    return np.clip(np.stack(ramps, -1) + disc + np.stack(noise, -1) + stripes, 0, 255).astype(
        np.uint8
    )


COLOUR = picture()
GREY = np.repeat(COLOUR[..., 1:2], 3, 2)
#: Golden name -> glass, parameters, whether on colour, and the greatest difference allowed.
CASES: dict[str, tuple[str, dict[str, object], bool, int]] = {
    "luminance_gradient": ("luminance_gradient", {}, False, 1),
    # Sherloq rounds to 256 levels before it raises the contrast by 6.5
    "edge_echo": ("edge_echo", {}, False, 7),
    "noise_median": ("noise_residual", {}, False, 0),
    # one grey level of the blur, which OpenCV computes in fixed point, is 8 on this scale
    "noise_gaussian": ("noise_residual", {"filter": "gaussian", "radius": 2}, False, 8),
    "noise_mean": ("noise_residual", {"filter": "mean", "radius": 2}, False, 0),
    "bit_0": ("bit_planes", {"bit": 0}, False, 0),
    "bit_3": ("bit_planes", {"bit": 3}, False, 0),
    "wavelet_left": ("wavelet_threshold", {"show": "kept"}, False, 1),
    # the blurred circle of the mask has another raster
    "frequency_low": ("frequency_split", {"show": "low_frequencies"}, False, 3),
    "frequency_high": ("frequency_split", {"show": "high_frequencies"}, False, 5),
    **{
        f"pca_{show}_{k}": ("principal_components", {"component": k, "show": show}, True, 1)
        for k in (1, 2, 3)
        for show in ("projection", "distance")
    },
    **{
        name: ("colour_channels", {"channel": name}, True, 2 if name == "lab_a" else 1)
        for name in (
            "luma", "cr", "cb", "hue", "saturation", "value", "lightness", "lab_l", "lab_a",
            "lab_b", "cyan", "magenta", "yellow", "black",
        )
    },
}  # fmt: skip


def look(glass: str, pixels: Pixels = COLOUR, **values: object) -> Pixels:
    return looking.find(glass).look(pixels, values).values


def sampled(values: Pixels) -> NDArray[np.int64]:
    return values[5::17, 7::23].reshape(-1).astype(np.int64)


@pytest.mark.parametrize("name", CASES)
def test_equal_to_sherloq(name: str) -> None:
    glass, values, colour, most = CASES[name]
    found = sampled(look(glass, COLOUR if colour else GREY, **values))
    assert np.abs(found - np.array(GOLDEN[name])).max() <= most


def test_extremes_are_sherloqs() -> None:
    below, above = minmax_deviation.extremes(GREY[..., 0].copy())
    assert (255 * sampled(below) == GOLDEN["minmax_below"]).all()
    assert (255 * sampled(above) == GOLDEN["minmax_above"]).all()


@pytest.mark.parametrize("glass", looking.REGISTRY)
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (7, 200), (130, 65)])
def test_every_glass_takes_every_choice_and_every_size(glass: str, shape: tuple[int, int]) -> None:
    pixels = COLOUR[: shape[0], : shape[1]].copy()
    found = looking.find(glass)
    for p in found.parameters:
        for value in p.choices or (p.low, p.high):
            sight = found.look(pixels, {p.name: value})
            assert sight.values.dtype == np.uint8
            if sight.space == "picture":
                assert sight.values.shape[:2] == shape


@pytest.mark.parametrize("glass", looking.REGISTRY)
def test_a_flat_picture_is_no_trouble(glass: str) -> None:
    with np.errstate(all="raise", under="ignore"):
        look(glass, np.full((90, 70, 3), 255, np.uint8))


def test_a_smoothed_patch_stands_out() -> None:
    rng = np.random.default_rng(0)
    pixels = np.clip(128 + rng.normal(0, 6, (160, 160, 3)), 0, 255).astype(np.uint8)
    smooth = pixels.astype(float)
    for axis in (0, 1):
        smooth = sum(np.roll(smooth, k, axis) for k in (-1, 0, 1)) / 3
    pixels[40:80, 40:80] = smooth[40:80, 40:80]
    for glass, values in (
        ("noise_residual", {}),
        ("edge_echo", {"contrast": 0}),
        ("minmax_deviation", {"cell": 8}),
        ("wavelet_threshold", {"threshold": 100}),
    ):
        found = look(glass, pixels, **values)
        assert found[44:76, 44:76].mean() < 0.6 * found[90:150, 90:150].mean(), glass


def test_the_level_sweep_spreads_one_level() -> None:
    pixels = np.full((4, 4, 3), 100, np.uint8)
    pixels[0, 0] = 102
    found = look("level_sweep", pixels, level=101, width=4)
    assert found[0, 0, 0] - found[1, 1, 0] == pytest.approx(2 * 255 / 4, abs=1)


def test_stretched_contrast_leaves_a_comb() -> None:
    narrow = np.repeat(np.arange(50, 150, dtype=np.uint8)[:, None, None], 3, 2)
    stretched = ((narrow.astype(int) - 50) * 255 // 99).astype(np.uint8)
    facts = {f.name: f.value for f in looking.find("histogram").look(stretched).facts}
    assert facts["empty_levels_between"] > 100
    plain = {f.name: f.value for f in looking.find("histogram").look(narrow).facts}
    assert plain["empty_levels_between"] == 0


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"bit": 9}, "bit must be from 0 to 7, not 9"),
        ({"bit": "x"}, "bit must be a number, not 'x'"),
        ({"bit": float("nan")}, "bit must be from 0 to 7"),
        ({"channel": "alpha"}, "channel must be one of: luma, red, green, blue"),
        ({"depth": 1}, "bit_planes has no parameter 'depth'"),
    ],
)
def test_wrong_values_are_refused_with_what_is_right(
    values: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        looking.find("bit_planes").look(COLOUR, values)


@pytest.mark.parametrize("glass", looking.REGISTRY)
def test_everything_a_person_reads_is_there_in_spanish(glass: str) -> None:
    book = json.loads((ROOT / "web/locales/es.record.json").read_text("utf-8"))
    found = looking.find(glass)
    said = {found.title, found.about, *(p.title for p in found.parameters)}
    said |= {c for p in found.parameters for c in p.choices if p.name != "wavelet"}
    for p in found.parameters:
        for value in p.choices or (p.default, p.high):
            sight = found.look(COLOUR[:40, :40].copy(), {p.name: value})
            said |= {sight.meaning, *(f.name for f in sight.facts)}
    assert sorted(said - book.keys()) == []


def test_the_views_list_is_up_to_date() -> None:
    """If this fails: python -m telltale.looking.catalogue > web/ui/glasses.json"""
    assert (ROOT / "web/ui/glasses.json").read_text("utf-8") == catalogue.document()


def test_the_command_line_writes_what_is_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "a.png", tmp_path / "seen.png"
    Image.fromarray(COLOUR).save(source)
    command = ["look", "bit_planes", str(source), "--out", str(out)]
    assert main([*command, "--set", "bit=7", "--grey"]) == 0
    shown = np.asarray(Image.open(out))
    assert (shown == look("bit_planes", bit=7)).all()
    assert main(["look"]) == 0
    assert "bit: 0 to 7" in capsys.readouterr().out
    assert main([*command, "--set", "bit=9"]) == 2
    assert "bit must be from 0 to 7" in capsys.readouterr().err
    assert main(["look", "histogram", str(tmp_path / "none"), "--out", str(out)]) == 1
    assert main(["compare", str(source), str(source), "--out", str(out)]) == 0
    assert "largest difference: 0 grey levels" in capsys.readouterr().out
