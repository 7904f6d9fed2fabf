"""The measurements of the forensic tests: what counts as a camera's file, tables, the page."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.forensics import photographs, report
from models.verdict import cameras
from models.verdict.cameras import Shot


def camera_file(size: tuple[int, int] = (64, 48), **other: object) -> bytes:
    """A JPEG file with the metadata of a camera; `other` are EXIF tags by name."""
    said = {"Make": "Acme", "Model": "Testcam 5", "ExifImageWidth": 64, "ExifImageHeight": 48}
    said |= other  # type: ignore[arg-type]
    exif = Image.Exif()
    for tag, name in ((0x010F, "Make"), (0x0110, "Model"), (0x0131, "Software")):
        if name in said:
            exif[tag] = said[name]
    detail = exif.get_ifd(0x8769)
    detail[0xA002], detail[0xA003] = said["ExifImageWidth"], said["ExifImageHeight"]
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def test_a_camera_s_own_file_counts() -> None:
    assert photographs.is_of_camera(camera_file())
    assert photographs.is_of_camera(camera_file((48, 64))), "turned by the camera"
    assert photographs.is_of_camera(camera_file(Software="Ver.1.00"))


@pytest.mark.parametrize(
    "file",
    [
        camera_file(Software="Adobe Photoshop 21.0 (Windows)"),
        camera_file(Software="Digital Photo Professional"),
        camera_file((32, 24)),
        camera_file(Make=""),
        camera_file()[:200],
        b"no picture",
    ],
    ids=["edited", "developed", "resized", "no maker", "cut off", "no picture"],
)
def test_what_was_edited_resized_or_names_no_camera_does_not(file: bytes) -> None:
    assert not photographs.is_of_camera(file)


def test_a_folder_counts_every_file_once_and_leaves_out_small_ones(tmp_path: Path) -> None:
    one, other = camera_file(), camera_file(Model="Testcam 6")
    for name, data in (("a.jpg", one), ("b.JPG", one), ("c.jpeg", other), ("d.png", other)):
        (tmp_path / name).write_bytes(data)
    assert photographs.of_cameras(tmp_path, 40, 0) == [one, other]
    assert photographs.of_cameras(tmp_path, 1, 0) == [one]
    assert photographs.of_cameras(tmp_path, 40, 1) == []


def test_rates_are_measured_on_cameras_on_which_no_threshold_was_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shots = []
    for k in range(12):
        data = camera_file(Model=f"Testcam {k}")
        (tmp_path / f"{k}.jpg").write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        path = "ff-jpg/flat.jpg" if k == 0 else f"{k}.jpg"
        rest = ("owner/name", "0" * 40, path, "free")
        shots.append(Shot(f"{k}.jpg", digest, "val", "s", "Acme", f"Testcam {k}", *rest))
    monkeypatch.setattr("models.verdict.cameras.listed", lambda: shots)
    held = [data for files in cameras.without_thresholds(tmp_path).values() for data in files]
    kept = [s for s in shots[1:] if not photographs.sets_thresholds(s.make, s.model)]
    assert 0 < len(kept) < 11
    assert [hashlib.sha256(data).hexdigest() for data in held] == [s.sha256 for s in kept]
    (tmp_path / kept[0].file).write_bytes(camera_file(Model="another"))
    with pytest.raises(ValueError, match="not the file of the list"):
        cameras.without_thresholds(tmp_path)


def test_beaten_means_that_the_whole_interval_is_above() -> None:
    key = {"detector": "test", "version": "1", "tampering": "splice_unsaved", "quality": "95"}
    key |= {"spoke": "1"}
    sure = [{**key, "auc": "0.97"}] * 4
    unsure = [{**key, "auc": auc} for auc in ("0.80", "1.00", "0.99", "0.98")]
    worse = [{**key, "auc": "0.50"}] * 4
    said = [report.against(rows)[-1] for rows in (sure, unsure, worse)]
    assert "0.97 beaten" in said[0]
    assert "not told apart" in said[1]
    assert "0.50 not beaten" in said[2]


def test_a_false_alarm_counts_among_all_pictures_that_were_shown() -> None:
    row = {"detector": "test", "megapixels": "12", "pictures": "12", "scored": "2", "odd": "2"}
    quiet = {**row, "detector": "quiet", "scored": "0", "odd": "0"}
    said = report.false_alarms([row, quiet])
    assert said[-2] == "| test | 2 of 12, 2 to 48 % (2 scored) |"
    assert said[-1] == "| quiet | silent on all 12 |"
    assert "`test` (17 %)" in report.accusers([row, quiet])
    assert "quiet" not in report.accusers([row, quiet])


def test_a_test_that_was_not_measured_on_camera_files_is_named() -> None:
    rows = [{"detector": "measured"}, {"detector": "changed"}]
    assert "`changed`" in report.changed_since(rows, rows[:1])[-1]
    assert report.changed_since(rows, rows) == []


def test_the_peaks_of_real_cameras_are_those_of_prnu_python() -> None:
    ours = {(r["side"], r["picture"], r["camera"]): r["pce"] for r in report.read("sensors")}
    theirs = report.read("sensors_reference")
    assert len(theirs) == 96
    for row in theirs:
        value = float(ours[row["side"], row["picture"], row["camera"]])
        assert value == pytest.approx(float(row["pce"]), rel=1e-3)


def test_the_page_is_written_from_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(Path, "write_text", lambda _, text, __: written.append(text))
    report.main()
    page = report.OUT.read_text("utf-8")
    # seconds are measured elsewhere and at other times
    measured, kept = (text.split("## Speed")[0] for text in (written[0], page))
    assert measured == kept, "stale: run python -m models.forensics.report"
    for name in ("localisation", "innocent"):
        assert all(row["detector"] in kept for row in report.read(name))
