"""What generators of pictures write into their files about themselves.

Claims: anybody can write them, and anybody can remove them. Each rule rests on the program's own
source or on its maker's documentation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from telltale.detectors.provenance.c2pa.credential_facts import SOURCE_TYPES, source_type
from telltale.media import xmp

#: Characters shown of a prompt or a list of parameters.
MAX_SHOWN = 600
#: The longest text that is parsed as JSON.
_MAX_JSON = 20_000
#: Names of generators as they appear in EXIF Software, XMP CreatorTool and IPTC Credit.
NAMES = (
    "stable diffusion", "comfyui", "invokeai", "novelai", "midjourney", "dall-e", "dall·e",
    "adobe firefly", "fooocus", "draw things", "dreamstudio", "diffusionbee", "leonardo.ai",
    "ideogram", "made with google ai", "imagined with ai", "generated with ai", "easy diffusion",
    "stable-diffusion",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """What generator a file names, in which field, and the field's text."""

    generator: str
    field: str
    text: str


def find(exif: dict[str, Any]) -> tuple[Claim, ...]:
    """The claims in `Media.exif`."""
    texts = [(str(k), str(v)) for k, v in exif.get("text", ())]
    comment = exif.get("exif", {}).get("exif", {}).get("UserComment")
    if isinstance(comment, str):
        texts.append(("UserComment", comment))
    for tag in ("Make", "Model", "ImageDescription"):  # ComfyUI's WebP: "prompt:{...}"
        keyword, _, text = str(exif.get("exif", {}).get("image", {}).get(tag, "")).partition(":")
        if text.startswith("{"):
            texts.append((keyword, text))
    for name in ("dc:description", "exif:UserComment"):  # Draw Things
        texts.append((name, xmp.find(exif.get("xmp", {}), name) or ""))
    out = [claim for keyword, text in texts if (claim := _of_text(keyword, text))]
    return (*out, *_of_fields(exif))


def _of_text(keyword: str, text: str) -> Claim | None:
    key, shown = keyword.lower(), text[:MAX_SHOWN]
    if "Steps: " in text and ("Sampler: " in text or "CFG scale: " in text):
        return Claim("Stable Diffusion (web UI parameters)", keyword, shown)
    mark = {"prompt": '"class_type"', "workflow": '"nodes"'}.get(key)
    if mark and text.startswith("{") and mark in text:
        return Claim("ComfyUI", keyword, shown)
    if key in ("invokeai_metadata", "invokeai_graph", "sd-metadata", "dream"):
        return Claim("InvokeAI", keyword, shown)
    if key == "fooocus_scheme":
        return Claim("Fooocus", keyword, shown)
    if key == "software" and text.strip() == "NovelAI":
        return Claim("NovelAI", keyword, shown)
    if key in ("comment", "parameters") and text.startswith("{"):
        return _of_json(keyword, text)
    if key == "description" and "Job ID: " in text:
        return Claim("Midjourney", keyword, shown)
    return None


def _of_json(keyword: str, text: str) -> Claim | None:
    try:
        found = json.loads(text[:_MAX_JSON])
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    if {"uncond_scale", "sampler", "steps"} <= found.keys():
        return Claim("NovelAI", keyword, text[:MAX_SHOWN])
    if "sui_image_params" in found:
        return Claim("SwarmUI", keyword, text[:MAX_SHOWN])
    return None


def _of_fields(exif: dict[str, Any]) -> list[Claim]:
    properties, iptc = exif.get("xmp", {}), exif.get("iptc", {})
    fields = {
        "Software": exif.get("summary", {}).get("software"),
        "ImageDescription": exif.get("exif", {}).get("image", {}).get("ImageDescription"),
        "CreatorTool": xmp.find(properties, "xmp:CreatorTool"),
        "Credit": xmp.find(properties, "photoshop:Credit") or iptc.get("credit"),
        "AISystemUsed": xmp.find(properties, "Iptc4xmpExt:AISystemUsed"),
    }
    out = []
    for field, value in fields.items():
        text = str(value or "")
        if any(name in text.lower() for name in NAMES) or (field == "AISystemUsed" and text):
            out.append(Claim(text[:80], field, text[:MAX_SHOWN]))
        elif field == "ImageDescription" and "Job ID: " in text:
            out.append(Claim("Midjourney", field, text[:MAX_SHOWN]))
    return out


def digital_source_type(exif: dict[str, Any]) -> tuple[str, str] | None:
    """The IPTC digital source type in XMP and its meaning in words."""
    stated = exif.get("summary", {}).get("digital_source_type")
    if not stated:
        return None
    name = source_type(stated)
    return name, SOURCE_TYPES.get(name, "not a term of the IPTC vocabulary")
