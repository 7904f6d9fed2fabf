"""Scores of known pictures: from an archive to the table, through the shipped detectors."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from models.verdict import cameras, pictures, score, shelf
from models.verdict.pictures import Picture, on_its_way
from telltale.evidence import table
from telltale.media.decode import open_media
from telltale.media.jpeg_codec import encode
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


@pytest.fixture
def further(archive: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder with pictures of three further repositories, one of them held out."""
    monkeypatch.setattr("models.training.data.MORE", archive)
    sources = {"genuine": "camera", "heldout": "camera", "swaps": "face swap"}
    columns = "folder,source,family,repository,commit,generator,licence"
    about = [f"{name},{name} faces,{family},a/b,c,,CC0" for name, family in sources.items()]
    (archive / "more_sources.csv").write_text("\n".join([columns, *about]))
    listed = ["file,path,split,sha256"]
    for name, split in (("genuine", "val"), ("heldout", "heldout"), ("swaps", "heldout")):
        for k in range(3):
            path = archive / name / f"{k}.jpg"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(data.astronaut()[: 300 + k, 90:390]).save(path, quality=92)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            listed.append(f"{name}/{k}.jpg,x,{split},{digest}")
    (archive / "more.csv").write_text("\n".join(listed))
    return archive


def test_pictures_of_further_repositories_are_added_to_the_table(
    further: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "SHARE_MADE", 1.0)
    monkeypatch.setattr(pictures, "MOST_FURTHER", {"val": 2, "test": 2})
    before = run(monkeypatch, further, "face")
    rows = run_further(monkeypatch, further, "val")
    assert rows[: len(before)] == before
    new = rows[len(before) :]
    assert {r.source for r in new if r.kind == "real"} == {"genuine faces"}
    assert {r.kind for r in new} == {"real", "face"}, "faces are manipulated in them too"
    assert len({r.group for r in new}) == 2
    assert sorted(run_further(monkeypatch, further, "val"), key=str) == sorted(rows, key=str)
    assert run(monkeypatch, further, "face") == rows, "nothing is done again, nothing lost"


def test_a_test_alone_is_scored_on_what_the_table_holds(
    further: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_FURTHER", {"val": 1, "test": 1})
    table_before = run_further(monkeypatch, further, "test")
    held = {row.picture for row in table_before}
    monkeypatch.setattr(pictures, "MOST_FURTHER", {"val": 2, "test": 2})
    more = ["--only", "face_resolution", "--trips", "2"]
    again = run_further(monkeypatch, further, "test", *more)
    assert {row.picture for row in again} == held, "no other picture and no other trip"
    assert sorted(again, key=str) == sorted(table_before, key=str)


def test_what_is_held_out_everywhere_is_tested_on_alone(
    further: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = run_further(monkeypatch, further, "test")
    assert {(r.source, r.kind) for r in rows} == {
        ("heldout faces", "real"),
        ("swaps faces", "face"),
    }
    assert {r.split for r in rows} == {"test"}, "so that the report counts them"


def run_further(
    monkeypatch: pytest.MonkeyPatch, folder: Path, split: str, *more: str
) -> list[table.Row]:
    out = folder / "face.csv"
    arguments = ["score", "--more", str(folder), "--split", split, "--question", "face"]
    monkeypatch.setattr("sys.argv", [*arguments, "--trips", "1", *more, "--out", str(out)])
    score.main()
    return table.read(out)


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


def camera_rows() -> list[dict[str, object]]:
    """Rows of a manifest: six cameras of one maker, two files of one of another, one of a third."""
    return [
        {"file": f"{k}.jpg", "sha256": f"{k:064x}", "make": make, "model": model,
         "source": "github:a/b", "commit": "c", "path": "p", "licence": "CC0"}
        for k, (make, model) in enumerate(
            [("Canon", f"EOS {k}") for k in range(6)] + [("NIKON CORPORATION", "D1")] * 2
            + [("SONY", "T5")]
        )
    ]  # fmt: skip


def test_no_camera_of_the_test_split_has_calibrated_anything() -> None:
    shots = cameras._shots(camera_rows())
    assert len(shots) == 8
    models = [{s.model for s in shots if s.split == split} for split in ("val", "test")]
    assert all(models)
    assert not models[0] & models[1]
    assert {s.source for s in shots} == {"camera: Canon", "camera: others"}


def test_only_files_as_a_camera_wrote_them_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exif = Image.Exif()
    exif[271], exif[272] = "Canon", "EOS"
    exif.get_ifd(0x8769).update({40962: 1411, 40963: 1411})
    picture = Image.fromarray(data.retina())
    rows = []
    for name, said in (("camera", {}), ("edited", {305: "GIMP 2.10"}), ("cut", {})):
        for tag, value in said.items():
            exif[tag] = value
        shown = picture.crop((0, 0, 1400, 1400)) if name == "cut" else picture
        shown.save(tmp_path / f"{name}.jpg", quality=91, exif=exif)
        exif.pop(305, None)
        digest = hashlib.sha256((tmp_path / f"{name}.jpg").read_bytes()).hexdigest()
        rows.append({"file": f"{name}.jpg", "label": "real", "sha256": digest, "source": "github:a",
                     "commit": "c", "path": "p", "licence": "CC0"})  # fmt: skip
    (tmp_path / "manifest.json").write_text(json.dumps(rows))
    out = tmp_path / "list.csv"
    monkeypatch.setattr("sys.argv", ["cameras", str(tmp_path), "--out", str(out)])
    cameras.main()
    assert [(s.file, s.model) for s in cameras.listed(out)] == [("camera.jpg", "EOS")]


@pytest.fixture
def shot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> cameras.Shot:
    """A listed camera file of the test split in `tmp_path`: 1.99 megapixels, JPEG 91."""
    pixels = np.asarray(Image.fromarray(data.retina()))
    (tmp_path / "a.jpg").write_bytes(encode(pixels, 91))
    digest = hashlib.sha256((tmp_path / "a.jpg").read_bytes()).hexdigest()
    one = cameras.Shot(
        "a.jpg", digest, "test", "camera: Canon", "Canon", "EOS", "a/b", "c", "p", "CC0"
    )
    monkeypatch.setattr(cameras, "listed", lambda: [one])
    return one


def test_camera_files_keep_their_size_and_are_added_to_the_table(
    archive: Path, shot: cameras.Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run(monkeypatch, archive, "edited", "--only", "jpeg_ghosts")
    assert before
    more = ["--only", "jpeg_ghosts", "--split", "test", "--cameras", str(archive)]
    rows = run(monkeypatch, archive, "edited", *more)
    assert rows[: len(before)] == before
    new = rows[len(before) :]
    real = {score._trip(r): r for r in new if r.kind == "real"}
    assert len(real) == 3
    assert cameras.WRITTEN in real
    assert {r.source for r in real.values()} == {"camera: Canon"}
    assert real[cameras.WRITTEN].quality == 91
    assert 2 ** real[cameras.WRITTEN].log2_pixels == pytest.approx(1411, abs=1)
    edited = [r for r in new if r.kind == "edited"]
    assert {r.source for r in edited} == {"cloned, camera size", "removed, camera size"}
    assert {score._trip(r) for r in edited} <= set(cameras.SENT)


def test_another_file_of_the_same_name_is_refused(tmp_path: Path, shot: cameras.Shot) -> None:
    (tmp_path / shot.file).write_bytes(encode(data.coffee(), 91))
    with pytest.raises(ValueError, match=r"a\.jpg is not the file of the list"):
        list(cameras.arrivals(tmp_path, [shot], [cameras.SAVED]))


def test_an_edit_changes_a_part_and_a_cut_stays_on_the_grid(shot: cameras.Shot) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1600, 1600, 3)).astype(np.uint8)
    real, *edited = cameras._pictures(shot, noise, noise[::-1], 0)
    assert [p.source for p in edited] == [
        f"{name}, camera size" for name in ("spliced", "cloned", "removed")
    ]
    for picture in edited:
        share = float((picture.pixels != real.pixels).any(-1).mean())
        assert 0.001 < share < 0.15
    places = np.arange(1600, dtype=np.uint8)
    rows = np.broadcast_to(places[:, None, None], (1600, 1600, 3))
    cut = cameras._sized(rows, np.random.default_rng(5))
    assert cut.shape[0] * cut.shape[1] >= 0.99e6 * cameras.LEAST
    assert cut[0, 0, 0] % cameras.UNIT == 0
