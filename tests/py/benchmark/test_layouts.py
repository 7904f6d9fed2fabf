"""Datasets' layouts and official splits, on miniature trees."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmark import trees
from telltale.benchmark.layouts import LAYOUTS, LayoutError


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_item_exists_and_both_kinds_are_there(name: str, tmp_path: Path) -> None:
    trees.WRITERS[name](tmp_path)
    items = list(LAYOUTS[name](tmp_path))
    assert all(item.path.exists() for item in items)
    assert {item.fake for item in items if item.split == "test"} == {True, False}
    assert all((item.method == "real") == (not item.fake) for item in items) or name in (
        "forensynths",
        "genimage",
    )


@pytest.mark.parametrize("name", LAYOUTS)
def test_another_folder_is_refused_with_what_was_looked_for(name: str, tmp_path: Path) -> None:
    if name == "dfd":
        assert list(LAYOUTS[name](tmp_path)) == []
        return
    with pytest.raises(LayoutError):
        list(LAYOUTS[name](tmp_path))


def test_faceforensics_splits_are_pairs_of_identities(tmp_path: Path) -> None:
    trees.faceforensics(tmp_path)
    items = list(LAYOUTS["faceforensics"](tmp_path))
    test = [item for item in items if item.split == "test"]
    assert Counter((item.method, item.compression) for item in test) == {
        ("real", "c23"): 2,
        ("real", "c40"): 2,
        ("Deepfakes", "c23"): 2,
        ("NeuralTextures", "c23"): 2,
    }
    # 004_000 joins a person of the test split with one of the training split: in neither
    assert not any(item.path.stem == "004_000" for item in items)
    assert {item.group for item in test if item.fake} == {"004"}


def test_celeb_df_tests_on_its_list_only(tmp_path: Path) -> None:
    trees.celeb_df(tmp_path)
    items = {item.path.name: item for item in LAYOUTS["celeb_df"](tmp_path)}
    assert {n for n, i in items.items() if i.split == "test"} == {
        "00170.mp4",
        "id0_0000.mp4",
        "id0_id1_0000.mp4",
    }
    assert items["id0_id1_0000.mp4"].group == items["id0_0000.mp4"].group == "id0"


def test_forensynths_sets_are_the_first_folders(tmp_path: Path) -> None:
    trees.forensynths(tmp_path)
    items = list(LAYOUTS["forensynths"](tmp_path))
    assert Counter(item.method for item in items) == {"progan": 8, "stylegan2": 4, "crn": 4}
    assert {item.split for item in items} == {"test"}


def test_genimage_tests_on_val(tmp_path: Path) -> None:
    trees.genimage(tmp_path)
    splits = Counter((i.method, i.split) for i in LAYOUTS["genimage"](tmp_path))
    assert splits["ADM", "test"] == 4
