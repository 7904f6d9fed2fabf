"""The tables of the cards, computed from tables of scores: AUC and TPR with 95 % intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from models.training.data import further_sources
from models.training.metrics import Estimate, auc, between_markers, bootstrap, markdown, tpr_at_fpr
from models.training.score_table import (
    LEFT_OUT,
    Entry,
    by_source,
    conditions,
    select,
    share_above,
)

METHODS = {
    "model": "ours",
    "before": "ours, earlier",
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
    "autoencoder_shuffle": "auto-encoder swap, pixel shuffle (held out)",
    "autoencoder_deconv": "auto-encoder swap, deconvolution (held out)",
    "faces_inswapper_massi": "inswapper swaps (Massi)",
    "faces_inswapper_kadenrele": "inswapper swaps (KAdenrele)",
    "faces_sg3_beozzo": "StyleGAN3 (Beozzo)",
    "faces_sg2_sergibot": "StyleGAN2 (sergibot)",
    "faces_fake_luckyducky": "StyleGAN2-like (luckyducky)",
    "faces_fake_seegma": "StyleGAN2-like (Seegma)",
    "faces_flux_t0ny": "FLUX.1 with LoRA (T0NY24)",
    "faces_sd_ukuhl": "Stable Diffusion (ukuhl)",
    "faces_sddreambooth_ukuhl": "Stable Diffusion + DreamBooth (ukuhl)",
    "faces_sg1_256_cdiaconu": "StyleGAN 256 px (cdiaconu)",
    "faces_fake_basemax": "StyleGAN2 (BaseMax)",
    "faces_generatedphotos_hmdghoul": "Generated Photos (hmdghoul)",
    "faces_real_massi": "FFHQ 256 px (Massi)",
    "faces_real_beozzo": "FFHQ (Beozzo)",
    "faces_real_sergibot": "FFHQ (sergibot)",
    "faces_real_luckyducky": "FFHQ (luckyducky)",
    "faces_real_seegma": "portraits (Seegma)",
    "faces_real_t0ny": "press and film (T0NY24)",
    "faces_real_ukuhl": "one man (ukuhl)",
    "faces_real_256_cdiaconu": "FFHQ 256 px (cdiaconu)",
}
Measure = Callable[..., float]
ROUNDS = 1000
#: What linear models on spectra and on the DCT reached between sources when this project began
#: (train on one, test on another): 0.50 to 0.67, on matched FFHQ and StyleGAN2 faces 0.57.
LOWEST_FLOOR, FLOOR, FLOOR_STYLEGAN2 = 0.50, 0.67, 0.57


def named(source: str) -> str:
    """A source in words: of `NAMES`, or of `more_sources.csv` by its folder."""
    return NAMES.get(source) or _further().get(source, {}).get("source", source)


@cache
def _further() -> dict[str, dict[str, str]]:
    return further_sources()


def estimate(
    real: Sequence[Entry],
    fake: Sequence[Entry],
    method: str = "model",
    measure: Measure = auc,
    rounds: int = ROUNDS,
) -> Estimate:
    """A measure of one method with its 95 % interval, bootstrapped over groups."""
    sides = [[e for e in side if method in e.scores] for side in (real, fake)]
    a, b = ([e.scores[method] for e in side] for side in sides)
    ga, gb = ([e.group for e in side] for side in sides)
    return bootstrap(measure, a, b, ga, gb, rounds)


def counts(found: Estimate) -> str:
    return f"{found.reals} / {found.fakes}"


def methods_of(entries: Sequence[Entry]) -> list[str]:
    """The methods that judged at least one of the entries, ours first."""
    return [m for m in METHODS if any(m in e.scores for e in entries)]


def comparison(
    real: Sequence[Entry],
    fakes: Mapping[str, Sequence[Entry]],
    first: str = "fake source",
    reals_of: Callable[[str], Sequence[Entry]] | None = None,
) -> str:
    """AUC of every method, chance, and our true-positive rate at 1 % false positives.

    `reals_of` gives the real side of a source where it is not `real` for all.
    """
    methods = methods_of([e for rows in fakes.values() for e in rows])
    header = [first, "real / fake", *(METHODS[m] for m in methods), "chance", "ours, TPR at 1 %"]
    body = []
    for source, rows in fakes.items():
        against = reals_of(source) if reals_of else real
        found = {m: estimate(against, rows, m) for m in methods}
        tpr = estimate(against, rows, "model", tpr_at_fpr)
        line = [named(source), counts(found["model"]), *found.values(), "0.500", tpr]
        body.append(line)
    return markdown(header, body) if body else "not measured"


def against_each(
    reals: Mapping[str, Sequence[Entry]],
    fakes: Mapping[str, Sequence[Entry]],
    measure: Measure = auc,
    own: Callable[[str, Sequence[Entry]], Sequence[Entry]] | None = None,
) -> str:
    """One measure of the network for each fake source against each real source.

    `own` picks the fakes that belong to a real source, where they were made from its pictures.
    """
    header = ["fake source", *(f"{named(r)} ({groups(rows)})" for r, rows in reals.items())]
    body = [
        [
            named(source),
            *(
                estimate(real, own(name, rows) if own else rows, "model", measure)
                for name, real in reals.items()
            ),
        ]
        for source, rows in fakes.items()
    ]
    return markdown(header, body)


def groups(entries: Sequence[Entry]) -> int:
    """How many independent pictures entries rest on."""
    return len({e.group for e in entries})


def laundering(
    entries: Sequence[Entry], kinds: Mapping[str, Sequence[str]], threshold: float
) -> str:
    """The grid of operations: AUC per kind of fake, false alarms at the shipped threshold.

    `kinds` maps a heading to the sources it stands for.
    """
    header = ["operation", *kinds, "false alarms", "reals judged"]
    body = []
    for operation in conditions(entries, "laundering"):
        real = select(entries, "laundering", operation, False)
        fake = select(entries, "laundering", operation, True)
        judged = [e for e in real if "model" in e.scores]
        cells = [
            _cell(estimate(judged, [e for e in fake if e.source in sources], rounds=300))
            for sources in kinds.values()
        ]
        alarms = share_above(judged, "model", threshold)
        said = f"{alarms:.1%}" if np.isfinite(alarms) else ""
        refused = f" of {len(real)}" if len(judged) < len(real) else ""
        body.append([operation, *cells, said, f"{len(judged)}{refused}"])
    return markdown(header, body)


def _cell(found: Estimate) -> str:
    return str(found) if np.isfinite(found.value) else "refused"


def floor(source: str) -> float:
    """What a linear model reached on a source of this kind that it had not seen."""
    return FLOOR_STYLEGAN2 if "StyleGAN2" in source else FLOOR


def floors(entries: Sequence[Entry]) -> str:
    """Which left-out sources clear their floor with the whole interval: lower end; fakes."""
    cleared, lowest, missed = [], [], []
    for fold in conditions(entries, "cross_source"):
        real = select(entries, "cross_source", fold, False)
        for source, rows in by_source(select(entries, "cross_source", fold, True)).items():
            low = estimate(real, rows).low
            said = f"{left_out(fold, source)} ({low:.3f}; {groups(rows)})"
            if low > floor(source):
                cleared.append(said)
            else:
                (lowest if low > LOWEST_FLOOR else missed).append(said)
    parts = {
        f"Cleared ({FLOOR_STYLEGAN2} for StyleGAN2, {FLOOR} for others)": cleared,
        f"Not cleared, but above {LOWEST_FLOOR:.2f}, the lowest of the linear models": lowest,
        f"Not cleared, lower end at {LOWEST_FLOOR:.2f} or below": missed,
    }
    return "\n".join(f"- {kind}: {', '.join(found) or 'none'}." for kind, found in parts.items())


def left_out(fold: str, source: str) -> str:
    """A left-out source in words, and how many others the fold (`A+B`) left out with it."""
    others = fold.count("+")
    if others < 2:
        return named(source)
    return f"{named(source)}, {others} others left out too"


def cross_source(entries: Sequence[Entry], section: str = "cross_source") -> str:
    """Each left-out source, judged by the network that was trained without it."""
    fakes, reals = {}, {}
    for fold in conditions(entries, section):
        real = select(entries, section, fold, False)
        for source, rows in by_source(select(entries, section, fold, True)).items():
            name = left_out(fold, source)
            fakes[name], reals[name] = rows, real
    return comparison([], fakes, "source left out", lambda name: reals[name])


def write_card(card: Path, tables: Mapping[str, str]) -> None:
    """Put each table between its markers. Raises ValueError where the card has no such place."""
    text = card.read_text("utf-8")
    for name, content in tables.items():
        text = between_markers(text, name, content)
    card.write_text(text, "utf-8")


def check_weights(entries: Sequence[Entry], weights: str, table: Path) -> None:
    """Stop with a message where the table was made by another network than the shipped one."""
    own = [e for e in entries if e.section not in LEFT_OUT]
    if not own or any(e.weights != weights for e in own):
        raise SystemExit(f"{table} belongs to other weights than {weights}: run evaluate first")
