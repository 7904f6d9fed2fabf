"""Tables of scores and the tables of the cards that are made from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.training import card_tables, score_table
from models.training.score_table import Entry

ROOT = Path(__file__).resolve().parents[3]


def entry(source: str, number: int, score: float | None, **more: object) -> Entry:
    values = {
        "section": "test",
        "condition": "",
        "source": source,
        "fake": source == "swap",
        "group": f"{source}/{number}",
        "weights": "01234567",
        "scores": {} if score is None else {"model": score},
    }
    return Entry(**(values | more))  # type: ignore[arg-type]


def test_a_table_is_read_as_it_was_written_and_one_section_can_be_judged_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "scores.csv"
    first = [entry("camera", 0, 0.25, scores={"model": 0.25, "dct": -1.5}), entry("swap", 1, None)]
    other = [entry("swap", 2, 1.0, section="laundering", condition="JPEG 40, 4:2:0")]
    score_table.write(path, [*first, *other])
    assert score_table.read(path) == [*first, *other]
    again = [entry("swap", 2, 2.0, section="laundering", condition="blur 1")]
    score_table.replace(path, ["laundering"], again)
    assert score_table.read(path) == [*first, *again]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("name,value\n1,2\n")
    with pytest.raises(ValueError, match="not a table of scores"):
        score_table.read(path)


def test_a_comparison_states_counts_of_originals_an_interval_and_chance() -> None:
    rng = np.random.default_rng(0)
    # two pictures of each original: the interval must rest on originals
    real = [entry("camera", k // 2, rng.normal()) for k in range(60)]
    fake = [entry("swap", k // 2, rng.normal() + 2) for k in range(40)]
    head, _, row = card_tables.comparison(real, {"swap": fake}).splitlines()
    assert head.split(" | ")[2:] == ["ours", "chance", "ours, TPR at 1 % |"]
    assert "| 30 / 20 |" in row
    assert "| 0.500 |" in row
    found = card_tables.estimate(real, fake)
    assert found.low < found.value < found.high
    assert str(found) in row


def test_refused_pictures_are_counted_and_do_not_judge() -> None:
    place = {"section": "laundering", "condition": "resize 0.25"}
    entries = [
        entry("camera", 0, 0.1, **place),
        entry("camera", 1, 0.9, **place),
        entry("camera", 2, None, **place),
        entry("swap", 0, None, **place),
    ]
    table = card_tables.laundering(entries, {"swap": ("swap",)}, 0.5)
    assert table.splitlines()[2] == "| resize 0.25 | refused | 50.0% | 2 of 3 |"


def test_a_table_of_other_weights_stops_the_report() -> None:
    entries = [entry("camera", 0, 0.1), entry("swap", 0, 0.4)]
    card_tables.check_weights(entries, "01234567", Path("scores.csv"))
    with pytest.raises(SystemExit, match="other weights"):
        card_tables.check_weights(entries, "89abcdef", Path("scores.csv"))


@pytest.mark.parametrize("model", ["face_manipulation", "face_warping", "head_pose"])
def test_the_cards_state_what_their_tables_of_scores_give(model: str) -> None:
    folder = ROOT / "models" / model
    entries = score_table.read(folder / "scores_test.csv")
    real = score_table.select(entries, "test", fake=False)
    fakes = score_table.by_source(score_table.select(entries, "test", fake=True))
    swaps = card_tables.estimate(real, fakes["faces_swap_lfw"])
    assert f"| {swaps} |" in (folder / "card.md").read_text("utf-8")


def test_a_source_left_out_by_two_folds_has_a_row_of_each() -> None:
    found = []
    for fold, level in (("swap", 0.0), ("swap+other+third", 1.0)):
        here = {"section": "cross_source", "condition": fold}
        found += [entry("camera", k, k / 4, **here) for k in range(4)]
        found += [entry("swap", k, level + k / 4, **here) for k in range(4)]
    rows = card_tables.cross_source(found).splitlines()[2:]
    assert rows[0].startswith("| blended swap, ours | 4 / 4 | 0.500")
    assert rows[1].startswith("| blended swap, ours, 2 others left out too | 4 / 4 | 1.000")


def test_a_floor_is_cleared_by_the_lower_end_of_the_interval_only() -> None:
    rng = np.random.default_rng(0)
    here = {"section": "cross_source", "condition": "fold"}
    found = [entry("camera", k, rng.normal(), **here) for k in range(200)]
    for source, count, distance in (
        ("StyleGAN2 256", 200, 0.6),
        ("many", 200, 0.6),
        ("few", 6, 1.2),
        ("chance", 200, 0.0),
    ):
        more = {**here, "fake": True}
        found += [entry(source, k, rng.normal() + distance, **more) for k in range(count)]
    cleared, between, missed = card_tables.floors(found).splitlines()
    # an area of 0.66 lies above the floor of StyleGAN2 faces and below that of the others
    assert "StyleGAN2 256" in cleared
    assert "many" in between
    assert "chance" in missed
    assert "few" in between + missed
