"""The few words in which notebooks and the terminal speak of pictures, faces and detectors."""

from __future__ import annotations

from pathlib import Path

import pytest

import media_factory as made
from telltale import detectors
from telltale.lab import bench, loading
from telltale.lab.template import template
from telltale.media.model import MediaError


def test_a_picture_from_a_file_and_from_bytes_is_the_same_scene(tmp_path: Path) -> None:
    data = made.jpeg(made.photograph(96, 128))
    (tmp_path / "a.jpg").write_bytes(data)
    one, other = bench.open_picture(tmp_path / "a.jpg"), bench.open_picture(data, "a.jpg")
    assert one.media.sha256 == other.media.sha256
    assert one.media.name == other.media.name == "a.jpg"
    assert (one.luma == other.luma).all()
    with pytest.raises(MediaError):
        bench.open_picture(b"nothing")


def test_shipped_detectors_are_there_by_name_and_one_from_a_file_is_marked() -> None:
    assert set(bench.shipped()) >= {entry.id for entry in detectors.REGISTRY}
    scene = bench.open_picture(made.jpeg(made.photograph(300, 300)))
    assert not bench.run("spectrum", scene).unreviewed
    own = loading.load_source(template("grain_test").encode(), "grain_test.py")
    assert bench.run(own, scene).unreviewed
    # without a network a test that needs one says so, and does not break
    assert bench.run("face_warping", scene).status == "not_applicable"
