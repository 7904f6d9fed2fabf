"""Pictures that are no photographs, made by script: what the recogniser of kinds is measured on.

Every function draws from a seeded generator and returns (h, w, 3) uint8. The photographs inside
memes and screens are handed in.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Rng = np.random.Generator
Maker = Callable[[Rng, Pixels], Pixels]

_TEXT = (
    "Forensic tests read traces that a camera leaves and that editing removes. A drawing has no "
    "such traces, and a picture of a screen has those of the screen. Whoever asks whether a "
    "picture is genuine must first ask what kind of picture it is. "
)
#: Width and height of screens in pixels: phones, tablets, desktops.
SCREENS = ((1080, 2400), (1170, 2532), (750, 1334), (1284, 2778), (1536, 2048), (1920, 1080))


def text_page(rng: Rng, photo: Pixels) -> Pixels:
    """Paragraphs in one size on a page, black on white, white on black, or tinted."""
    del photo
    width, height = int(rng.integers(500, 1000)), int(rng.integers(500, 1100))
    back, front = _pair(rng)
    image = Image.new("RGB", (width, height), back)
    size = int(rng.integers(13, 28))
    _paragraph(ImageDraw.Draw(image), (30, 30), width - 60, height - 60, size, front)
    return np.asarray(image)


def drawing(rng: Rng, photo: Pixels) -> Pixels:
    """Flat shapes with outlines, antialiased, as a cartoon or a logo has them."""
    del photo
    width, height = int(rng.integers(300, 900)), int(rng.integers(300, 900))
    image = Image.new("RGB", (2 * width, 2 * height), _colour(rng))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(5, 30))):
        x, y = rng.integers(0, 2 * width), rng.integers(0, 2 * height)
        w, h = rng.integers(40, width), rng.integers(40, height)
        box = (int(x - w / 2), int(y - h / 2), int(x + w / 2), int(y + h / 2))
        outline = (0, 0, 0) if rng.random() < 0.6 else None
        shape = (draw.ellipse, draw.rectangle)[int(rng.integers(2))]
        shape(box, fill=_colour(rng), outline=outline, width=6)
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))


def line_art(rng: Rng, photo: Pixels) -> Pixels:
    """Dark curves on paper white, as a diagram or a sketch has them."""
    del photo
    side = int(rng.integers(400, 900))
    image = Image.new("RGB", (2 * side, 2 * side), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(8, 40))):
        steps = np.cumsum(rng.normal(0, 30, (60, 2)), 0) + rng.uniform(0, 2 * side, 2)
        draw.line([tuple(p) for p in steps.tolist()], fill=(20, 20, 20), width=5, joint="curve")
    return np.asarray(image.resize((side, side), Image.Resampling.LANCZOS))


def chart(rng: Rng, photo: Pixels) -> Pixels:
    """Axes, a grid, bars or lines in a few colours, labels."""
    del photo
    width, height = int(rng.integers(500, 1100)), int(rng.integers(350, 750))
    image = Image.new("RGB", (width, height), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    for y in range(40, height - 40, 50):
        draw.line((60, y, width - 20, y), fill=(220, 220, 220))
        draw.text((15, y - 6), str(height - y), fill=(60, 60, 60), font=_font(12))
    values = rng.uniform(0.1, 1, int(rng.integers(4, 14))) * (height - 100)
    step = (width - 100) / len(values)
    colour = _colour(rng)
    if rng.random() < 0.5:
        for k, v in enumerate(values):
            x = 70 + k * step
            draw.rectangle((x, height - 40 - v, x + 0.7 * step, height - 40), fill=colour)
    else:
        points = [(70 + k * step, height - 40 - v) for k, v in enumerate(values)]
        draw.line(points, fill=colour, width=3)
    draw.text((60, 10), "Share of answers by month", fill=(0, 0, 0), font=_font(18))
    return np.asarray(image)


def ramp(rng: Rng, photo: Pixels) -> Pixels:
    """Smooth ramps of colour with shapes on them, as vector graphics and presentations have."""
    del photo
    width, height = int(rng.integers(400, 900)), int(rng.integers(300, 700))
    y, x = np.mgrid[:height, :width]
    at = (x * np.cos(a := rng.uniform(0, np.pi)) / width + y * np.sin(a) / height)[..., None]
    one, two = np.array(_colour(rng)), np.array(_colour(rng))
    image = Image.fromarray(np.rint(one + (two - one) * np.clip(at, 0, 1)).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(4):
        cx, cy, r = rng.integers(width), rng.integers(height), rng.integers(20, 90)
        draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=_colour(rng))
    return np.asarray(image)


def caption(rng: Rng, photo: Pixels) -> Pixels:
    """A photograph between bands of large text, as memes are made."""
    image = Image.fromarray(photo)
    band = max(60, int(image.height * rng.uniform(0.3, 0.6)))
    out = Image.new("RGB", (image.width, image.height + band), (255, 255, 255))
    out.paste(image, (0, band))
    size = max(18, image.width // 16)
    _paragraph(ImageDraw.Draw(out), (10, 8), image.width - 20, band - 10, size, (0, 0, 0))
    return np.asarray(out)


def phone_screen(rng: Rng, photo: Pixels) -> Pixels:
    """A page of an app at the size of a screen: status bar, text, buttons, perhaps a photograph."""
    width, height = SCREENS[int(rng.integers(len(SCREENS)))]
    back, front = _pair(rng)
    image = Image.new("RGB", (width, height), back)
    draw = ImageDraw.Draw(image)
    unit = max(16, width // 40)
    draw.rectangle((0, 0, width, 2 * unit), fill=back)
    draw.text((unit, unit // 2), "14:07", fill=front, font=_font(unit))
    draw.text((width - 5 * unit, unit // 2), "82 %", fill=front, font=_font(unit))
    y = 4 * unit
    while y < height - 6 * unit:
        if rng.random() < 0.3:
            shown = Image.fromarray(photo)
            shown = shown.resize(
                (width, min(height // 3, round(width * shown.height / shown.width)))
            )
            image.paste(shown, (0, y))
            y += shown.height + unit
        else:
            draw.ellipse((unit, y, 4 * unit, y + 3 * unit), fill=_colour(rng))
            _paragraph(draw, (5 * unit, y), width - 6 * unit, 5 * unit, unit, front)
            y += 7 * unit
    draw.rectangle((0, height - 3 * unit, width, height), fill=_colour(rng))
    return np.asarray(image)


def letterboxed(rng: Rng, photo: Pixels) -> Pixels:
    """A photograph shown whole on a screen of another shape, with bars of one colour."""
    width, height = SCREENS[int(rng.integers(len(SCREENS)))]
    image = Image.new("RGB", (width, height), (0, 0, 0))
    shown = Image.fromarray(photo)
    factor = min(width / shown.width, height / shown.height)
    shown = shown.resize((round(shown.width * factor), round(shown.height * factor)))
    image.paste(shown, ((width - shown.width) // 2, (height - shown.height) // 2))
    return np.asarray(image)


#: Name in tables -> how it is made.
GRAPHICS: dict[str, Maker] = {
    "text page": text_page,
    "drawing": drawing,
    "line art": line_art,
    "chart": chart,
    "ramps": ramp,
    "caption on a photograph": caption,
    "screen of an app": phone_screen,
    "photograph with bars": letterboxed,
}


def _paragraph(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    width: int,
    height: int,
    size: int,
    colour: tuple[int, int, int],
) -> None:
    font = _font(size)
    letters = max(4, int(width / (0.55 * size)))
    lines = textwrap.wrap(_TEXT * 40, letters)[: max(1, int(height / (1.35 * size)))]
    for k, line in enumerate(lines):
        draw.text((at[0], at[1] + 1.35 * size * k), line, fill=colour, font=font)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _pair(rng: Rng) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    pairs = (
        ((255, 255, 255), (0, 0, 0)),
        ((18, 18, 18), (235, 235, 235)),
        ((244, 236, 216), (60, 45, 30)),
    )
    return pairs[int(rng.integers(len(pairs)))]


def _colour(rng: Rng) -> tuple[int, int, int]:
    r, g, b = (int(v) for v in rng.integers(0, 256, 3))
    return r, g, b
