"""Write the measured tables of every card, and docs/models.md: the summary on one page.

python -m models.report
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.face_manipulation import report as face_manipulation
from models.face_warping import report as face_warping
from models.generated_image import report as generated_image
from models.head_pose import report as head_pose
from models.training import card_tables as tables
from models.training.metrics import Estimate, markdown, tpr_at_fpr
from models.training.score_table import Entry, by_source, read, select

ROOT = Path(__file__).resolve().parents[1]
INTRODUCTION = """# The four learned systems

Written by `python -m models.report` from the score tables beside each model
(`models/*/scores_test.csv`). Test split; real and fake through one and the same chain; area under
the ROC curve with 95 % intervals, bootstrapped over originals; 0.5 is chance. "Asked" is what the
project set out to reach. Full tables, per source, and what each model never saw: the `card.md`
beside each model. What was tried, and what failed: [LABBOOK](../models/LABBOOK.md).

**Read the last table first.** It is what these systems do with a generator or a method that
training never saw, and the honest measure of their use. A low score never shows that a picture is
genuine.
"""
MODELS = (face_manipulation, face_warping, head_pose, generated_image)
#: What was asked for, by model and source.
ASKED = {
    ("face_manipulation", "faces_swap_lfw"): 0.95,
    ("face_manipulation", "faces_stylegan_boredhumans"): 0.97,
    ("face_manipulation", "faces_sg2_256_sadl"): 0.97,
    ("generated_image", "StyleGAN2 boredhumans"): 0.97,
    ("generated_image", "StyleGAN2 256"): 0.97,
    ("face_warping", "warped"): 0.97,
}
#: The lowest asked of self-made generators that training never saw.
ASKED_HELD_OUT = 0.90
FLOORED = ("face_manipulation", "generated_image")


def against_floor(model: str, source: str, found: Estimate) -> str:
    """Whether the whole interval of a left-out source lies above its floor."""
    if model not in FLOORED:
        return ""
    floor = tables.floor(source)
    return f"{floor:.2f}: {'cleared' if found.low > floor else 'not cleared'}"


def verdict(found: Estimate, asked: float | None) -> str:
    """Whether a figure was reached, and whether its whole interval lies above."""
    if asked is None:
        return ""
    if found.value < asked:
        return f"{asked:.2f}: not reached"
    return f"{asked:.2f}: reached" + ("" if found.low >= asked else ", interval reaches below")


def line(
    model: str, source: str, real: Sequence[Entry], fake: Sequence[Entry], asked: float | None
) -> list[object]:
    """One row of the summary."""
    best = [
        (tables.estimate(real, fake, method, rounds=1).value, tables.METHODS[method])
        for method in tables.methods_of(fake)
        if method != "model"
    ]
    baseline = f"{max(best)[0]:.2f} {max(best)[1]}" if best else ""
    found = tables.estimate(real, fake)
    tpr = tables.estimate(real, fake, "model", tpr_at_fpr)
    name = tables.named(source)
    return [model, name, tables.counts(found), found, verdict(found, asked), tpr, baseline]


def headline(name: str, entries: Sequence[Entry]) -> list[list[object]]:
    """Every source of a model's test section, and the held-out self-made generators."""
    chain = "equal" if name == "generated_image" else None
    real = select(entries, "test", chain, False)
    rows = [
        line(name, source, real, fake, ASKED.get((name, source)))
        for source, fake in by_source(select(entries, "test", chain, True)).items()
        if not source.startswith("warped ")
    ]
    for spec in generated_image.ZOO if name == "generated_image" else ():
        fake = select(entries, spec.section, spec.id, True)
        if spec.role != "train" and fake:
            own = select(entries, spec.section, spec.id, False)
            rows.append(line(name, f"{spec.id} (held out)", own, fake, ASKED_HELD_OUT))
    return rows


def left_out(name: str, entries: Sequence[Entry]) -> list[list[object]]:
    """Every source that was left out of a training."""
    rows = []
    for fold in tables.conditions(entries, "cross_source"):
        real = select(entries, "cross_source", fold, False)
        fakes = by_source(select(entries, "cross_source", fold, True))
        for source, fake in fakes.items():
            warping = name == "face_warping"
            shown = f"{tables.named(fold)} (reals)" if warping else tables.left_out(fold, source)
            row = line(name, shown, real, fake, None)
            row[4] = against_floor(name, str(row[1]), tables.estimate(real, fake))
            rows.append(row)
    return rows


def summary(cards: dict[str, list[Entry]]) -> str:
    """The text of docs/models.md."""
    head = ["model", "source", "real / fake", "AUC", "asked", "TPR at 1 % FPR", "best baseline"]
    known = [row for name, entries in cards.items() for row in headline(name, entries)]
    new = [row for name, entries in cards.items() for row in left_out(name, entries)]
    parts = [
        INTRODUCTION,
        "## Test pictures of sources that training knew, and held-out families (marked)\n",
        "With fewer than twenty fakes an interval says little.\n",
        markdown(head, known),
        "\n## Sources left out of training\n",
        "By networks with a shorter training that never saw the source. `head_pose` learned from "
        "FaceSwap\nand our own swaps only: for FaceSwap its support vector machine was fitted "
        "without it. The floor is what\nlinear models on spectra reached between sources when the "
        "project began (at most 0.67; 0.57 on\nmatched StyleGAN2 faces): the lower end of the "
        "interval must lie above.\n",
        markdown([*head[:4], "floor", *head[5:]], new),
        "\n## Which floors are cleared\n",
        "The lower end of the interval against the floor; in brackets with the number of fakes.\n",
        *(f"**{name}**\n\n{tables.floors(cards[name])}\n" for name in FLOORED),
    ]
    return "\n".join(parts).rstrip() + "\n"


def main() -> None:
    cards = {}
    for module in MODELS:
        module.main()
        folder = module.HERE
        cards[folder.name] = read(folder / "scores_test.csv")
    (ROOT / "docs/models.md").write_text(summary(cards), "utf-8")


if __name__ == "__main__":
    main()
