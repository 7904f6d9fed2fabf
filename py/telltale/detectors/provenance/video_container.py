"""How a video file is stored: programs that wrote it, order, edits, groups of pictures."""

from __future__ import annotations

import re

import numpy as np

from telltale.finding import Card, Fact, Finding, Inapplicable, Reference, inapplicable, ok
from telltale.media.container import Samples, Structure
from telltale.media.video import Clip

CARD = Card(
    id="video_container",
    version="2",
    family="provenance",
    title="How the video is stored",
    question="Which programs wrote this file, and does its structure look like a camera's?",
    how="The outline of the container is read without decoding: the order of its parts, names "
    "that programs left, edit lists, and the pattern of key pictures. Cameras, phones, editors and "
    "platforms each write in their own way.",
    limits=(
        "Every platform and messenger writes the file anew; that is ordinary processing.",
        "Names and dates can be changed by anyone.",
    ),
    references=(
        Reference(
            "M. Iuliano, D. Shullani, M. Fontani, S. Meucci, A. Piva",
            "A Video Forensic Framework for the Unsupervised Analysis of MP4-Like File Container",
            "IEEE Transactions on Information Forensics and Security",
            2019,
            "https://doi.org/10.1109/TIFS.2018.2859760",
        ),
        Reference(
            "T. Gloe, A. Fischer, M. Kirchner",
            "Forensic Analysis of Video File Formats",
            "Digital Investigation",
            2014,
            "https://doi.org/10.1016/j.diin.2014.03.009",
        ),
    ),
)
#: Marks of programs, and what they are.
_PROGRAMS = (
    (re.compile(r"Lavf|Lavc|Lavs"), "FFmpeg (converters, editors, platforms, research code)"),
    (re.compile(r"HandBrake"), "HandBrake, a converter"),
    (re.compile(r"x264"), "the encoder x264"),
    (re.compile(r"x265"), "the encoder x265"),
    (re.compile(r"Google"), "Google (YouTube)"),
    (re.compile(r"Adobe|Premiere|After Effects"), "Adobe's editors"),
    (re.compile(r"DaVinci|Blackmagic"), "DaVinci Resolve"),
    (re.compile(r"CapCut|ByteDance|vid:"), "ByteDance (TikTok, CapCut)"),
    (re.compile(r"Apple|com\.apple|Core Media"), "Apple's software"),
    (re.compile(r"isomedia|GPAC", re.IGNORECASE), "GPAC"),
    (re.compile(r"mkvmerge|libwebm|libmatroska"), "a Matroska or WebM writer"),
)


def examine(clip: Clip) -> Finding:
    """The finding of a clip; needs the original bytes of a container that is read."""
    if clip.structure is None:
        code = "needs_original_bytes" if not clip.has_original_bytes else "outside_validated_range"
        said = (
            f"The structure of a {clip.meta.container} file is not read; MP4, MOV, WebM and "
            "Matroska are."
        )
        return inapplicable(CARD, Inapplicable(code, said if clip.has_original_bytes else ""))
    structure: Structure = clip.structure
    programs = named(structure)
    said = (
        f"The file names {_listed(programs)}."
        if programs
        else "The file names no program that is known here."
    )
    if any(abs(start) > 0.5 for _, start, _ in structure.edits):
        said += " Its edit list leaves out the beginning of what is stored."
    facts = [
        *(Fact("unusual_in_the_file", text) for text in structure.unusual),
        Fact("order of parts", " ".join(structure.order[:20])),
        *(Fact(f"written by ({where})", text[:200]) for text, where in _texts(structure)),
        Fact("edits", len(structure.edits)),
        *(Fact(name, value) for name, value in structure.facts.items()),
    ]
    if structure.samples is not None:
        facts += _groups(structure.samples)
    return ok(CARD, said, facts=tuple(facts), caveats=structure.notes)


def named(structure: Structure) -> list[str]:
    """Programs that the container and the coded stream name."""
    texts = [text for _, text in structure.encoders]
    texts += [str(structure.facts.get(k, "")) for k in ("handler", "compressor_name")]
    found = [what for mark, what in _PROGRAMS if any(mark.search(text) for text in texts)]
    return list(dict.fromkeys(found))


def _texts(structure: Structure) -> list[tuple[str, str]]:
    return [(text, where) for where, text in structure.encoders]


def _groups(samples: Samples) -> list[Fact]:
    """The pattern of key pictures and kinds."""
    keys = np.flatnonzero(samples.key)
    gaps = np.diff(keys)
    kinds = {k: int((samples.kind == k.encode()).sum()) for k in "IPB"}
    steps = np.diff(np.sort(samples.time_s))
    steady = steps.max() - steps.min() < 0.002 if len(steps) else True
    return [
        Fact("pictures", len(samples.size)),
        Fact("key_pictures", len(keys)),
        Fact("pictures_between_keys", _span(gaps)),
        *(Fact(f"pictures_{k}", n) for k, n in kinds.items() if n),
        Fact("steady_frame_rate", bool(steady)),
        Fact("bitrate", round(_bitrate(samples)), "kbit/s"),
    ]


def _bitrate(samples: Samples) -> float:
    span = float(np.ptp(samples.time_s)) or 1.0
    return float(samples.size.sum()) * 8 / span / 1000


def _span(gaps: np.ndarray) -> str:
    if not len(gaps):
        return "only one"
    low, high = int(gaps.min()), int(gaps.max())
    return str(low) if low == high else f"{low} to {high}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
