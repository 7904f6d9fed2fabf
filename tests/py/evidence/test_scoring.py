"""Scores of known pictures: from an archive to the table, through the shipped detectors."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from skimage import data

from models.verdict import pictures, score, shelf
from models.verdict.pictures import Picture, on_its_way
from telltale.evidence import table
from telltale.media.decode import open_media
from telltale.runtime.context import Context

FILES = {
    "faces_real_ciplab/a.jpg": ("real", "", data.astronaut()[:360, 60:420]),
    "images_real_bsds/b.jpg": ("real", "", data.coffee()),
    "faces_stylegan_boredhumans/c.jpg": ("fake_gan", "StyleGAN2", data.astronaut()[:300, 90:390]),
    "casia2_tampered_samples/d.jpg": ("tampered", "", data.rocket()),
}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A data folder with two archives in the training media's form."""
    rows, members = [], {}
    for name, (label, generator, pixels) in FILES.items():
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=92)
        members[name] = buffer.getvalue()
        digest = hashlib.sha256(members[name]).hexdigest()
        rows.append(
            {"file": name, "split": "val", "label": label, "generator": generator, "sha256": digest}
        )
    for archive_name, content in (("media-v1.tar", rows), ("media-v2.tar", [])):
        with tarfile.open(tmp_path / archive_name, "w") as tar:
            payload = {"manifest.json": json.dumps(content).encode()}
            for name, blob in (payload | (members if content else {})).items():
                info = tarfile.TarInfo(name)
                info.size = len(blob)
                tar.addfile(info, io.BytesIO(blob))
    return tmp_path


def run(
    monkeypatch: pytest.MonkeyPatch, folder: Path, question: str, *more: str
) -> list[table.Row]:
    out = folder / f"{question}.csv"
    arguments = ["score", "--data", str(folder), "--split", "val", "--question", question]
    monkeypatch.setattr("sys.argv", [*arguments, "--trips", "1", *more, "--out", str(out)])
    score.main()
    return table.read(out)


def test_generated_pictures_stand_beside_real_ones(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = run(monkeypatch, archive, "generated")
    kinds = {row.source: row.kind for row in rows}
    assert kinds == {"CIPLab": "real", "BSDS": "real", "StyleGAN2 boredhumans": "generated"}
    assert {row.detector for row in rows} <= {"generated_image", "spectrum", "upsampling_lattice"}


def test_faces_are_manipulated_in_place(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "SHARE_MADE", 1.0)
    rows = run(monkeypatch, archive, "face")
    assert {row.kind for row in rows} == {"real", "face"}
    warped = [row for row in rows if row.source == "warped faces"]
    assert {row.group for row in warped} == {"faces_real_ciplab/a.jpg"}
    assert all(4 < row.log2_pixels < 10 for row in rows)


def test_a_table_that_is_whole_costs_nothing_and_other_weights_only_themselves(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(monkeypatch, archive, "generated")
    ran: list[str] = []
    plain = score.rows_of

    def counted(arrival: shelf.Arrival, context: Context, wanted: Sequence[str]) -> Any:
        ran.extend(wanted)
        return plain(arrival, context, wanted)

    monkeypatch.setattr(score, "rows_of", counted)
    assert sorted(run(monkeypatch, archive, "generated"), key=str) == sorted(first, key=str)
    silent = set(score.speaking("generated")) - {row.detector for row in first}
    assert set(ran) <= silent, "a test that had nothing to say is asked again"
    ran.clear()
    models = {d: "other" if d == "generated_image" else "" for d in score.speaking("generated")}
    monkeypatch.setattr(score, "models_of", lambda _: models)
    again = run(monkeypatch, archive, "generated")
    assert set(ran) - silent == {"generated_image"}
    assert {r.model for r in again if r.detector == "generated_image"} == {"other"}


@pytest.mark.parametrize("cache", [False, True])
def test_a_run_that_was_stopped_goes_on(
    archive: Path, monkeypatch: pytest.MonkeyPatch, cache: bool
) -> None:
    more = ["--cache", str(archive / "cache")] if cache else []
    plain, seen = score.rows_of, []

    def stopping(arrival: shelf.Arrival, context: Context, wanted: Sequence[str]) -> Any:
        if len(seen) == 2:
            raise KeyboardInterrupt
        seen.append(arrival.picture)
        return plain(arrival, context, wanted)

    monkeypatch.setattr(score, "rows_of", stopping)
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, archive, "generated", *more)
    assert not list(archive.glob("cache/*.part*"))
    rest: list[str] = []

    def counted(arrival: shelf.Arrival, context: Context, wanted: Sequence[str]) -> Any:
        rest.append(arrival.picture)
        return plain(arrival, context, wanted)

    monkeypatch.setattr(score, "rows_of", counted)
    rows = run(monkeypatch, archive, "generated", *more)
    assert not set(rest) & set(seen)
    assert {row.picture for row in rows} == {*seen, *rest}
    assert not list(archive.glob("*.journal"))


def test_the_way_does_not_know_the_label() -> None:
    pixels = data.astronaut()
    real, fake = (Picture(kind, kind, "val", kind, "one", pixels) for kind in ("real", "face"))
    assert [on_its_way(real, k) for k in range(4)] == [on_its_way(fake, k) for k in range(4)]
    trips = {on_its_way(real, k) for k in range(4)}
    assert len(trips) == 4
    for payload in trips:
        assert min(open_media(payload, "x").pixels.shape[:2]) >= 0.29 * 512
