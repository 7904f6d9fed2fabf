"""The tables that the cards of the face models share, from their `results.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.training.metrics import Estimate, markdown

METHODS = {
    "model": "ours",
    "spectrum": "spectrum + LR",
    "dct": "DCT + LR",
    "mesonet_df": "MesoNet DF",
    "mesonet_f2f": "MesoNet F2F",
}
#: Sources in the words of the cards.
NAMES = {
    "faces_real_lfw": "LFW",
    "faces_real_ciplab": "CIPLab portraits",
    "faces_real_portraitseg": "Flickr portraits",
    "ffhq_real_blachman": "FFHQ",
    "faces_swap_lfw": "FaceSwap (on LFW)",
    "faces_fake_ciplab": "CIPLab composites",
    "faces_stylegan_boredhumans": "StyleGAN2 (512 px)",
    "faces_sg2_256_sadl": "StyleGAN2 (256 px)",
    "faces_sd3_faker": "Stable Diffusion 3",
    "self_blend": "self-blended, ours",
    "warped": "warped, ours",
    "swap": "blended swap, ours",
    "region": "region composite, ours",
}


def named(source: str) -> str:
    return NAMES.get(source, source)


def interval(row: Mapping[str, Any]) -> str:
    """`0.912 [0.881, 0.940]`."""
    return str(Estimate(**row))


def counts(row: Mapping[str, Any]) -> str:
    return f"{row['reals']} / {row['fakes']}"


def against_all(table: Mapping[str, Any]) -> str:
    """AUC of every method for each fake source against all real sources together."""
    methods = [m for m in METHODS if any(m in row["pooled"] for row in table.values())]
    header = ["fake source", "real / fake", *(METHODS[m] for m in methods), "chance"]
    body = []
    for source, row in table.items():
        cells = [interval(row["pooled"][m]["auc"]) for m in methods]
        body.append([named(source), counts(row["pooled"]["model"]["auc"]), *cells, "0.5"])
    return markdown(header, body)


def against_each(table: Mapping[str, Any], measure: str) -> str:
    """One measure of the network for each fake source against each real source."""
    reals = list(dict.fromkeys(name for row in table.values() for name in row["by_real"]))
    header = ["fake source", *(named(r) for r in reals)]
    body = [
        [named(source), *(interval(row["by_real"][r][measure]) for r in reals)]
        for source, row in table.items()
    ]
    return markdown(header, body)


def grid(rows: Mapping[str, Any], fakes: Mapping[str, str]) -> str:
    """The laundering grid: AUC of each kind of fake, and false alarms at the threshold."""
    header = ["operation", *fakes.values(), "false alarms", "reals"]
    body = []
    for name, row in rows.items():
        alarms = row["false_alarms"]
        cells = [interval(row[key]) for key in fakes]
        body.append([name, *cells, "" if alarms is None else f"{alarms:.1%}", row["reals"]])
    return markdown(header, body)
