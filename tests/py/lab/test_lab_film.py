"""A video as arrays: true times, faces through time, bounded memory, findings that never weigh."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import media_factory as made
import video_factory as factory
from telltale import analysis, cli
from telltale.detectors.unreviewed import UNREVIEWED, apart
from telltale.film import MOST_FRAMES, Film, Reel
from telltale.lab import awkward, bench, check
from telltale.lab.loading import DetectorRefused, load_source
from telltale.lab.template import template
from telltale.media.model import MediaError
from telltale.media.sampling import Asked
from telltale.report import html
from telltale.runtime import video_file
from telltale.series import FaceFrame

SCHEMA = Path(analysis.__file__).parent / "report/schema.json"


@pytest.fixture(scope="module")
def swaying(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty frames of a face at 25 frames a second, large enough for the template."""
    return factory.encode(
        tmp_path_factory.mktemp("film") / "sway.mp4", factory.moving(50, 288, 288)
    )


@pytest.fixture(scope="module")
def film(swaying: Path) -> Film:
    return bench.open_film(swaying, bench.native_models())


def test_a_video_is_frames_and_faces_over_time_as_arrays(film: Film, swaying: Path) -> None:
    truth = factory.moving(50, 288, 288)
    assert len(film.frames) >= 5
    for moment in film.frames:
        assert moment.time_s == pytest.approx(moment.index / 25)
        assert np.abs(moment.media.pixels.astype(int) - truth[moment.index]).mean() < 3
        assert [face.index for face in moment.faces] == [0]
    (track,) = film.tracks
    n = len(track.times)
    assert n >= 20
    assert (np.diff(track.times) > 0).all()
    assert (track.boxes.shape, track.landmarks.shape) == ((n, 4), (n, 68, 2))
    assert (track.patches.shape, track.patches.dtype) == ((n, 96, 96, 3), np.uint8)
    # the face sways by 12 pixels to either side, and the landmarks sway with it
    x = track.landmarks[:, 30, 0] - track.landmarks[0, 30, 0]
    sway = 12 * np.sin(2 * np.pi * track.times * 25 / 30)
    assert np.corrcoef(x, -sway)[0, 1] > 0.97
    assert film.media.pixels.shape == (288, 288, 3)
    assert len(film.faces) == 1
    assert film.clip.size_bytes == swaying.stat().st_size


def test_times_are_those_of_the_file_where_the_frame_rate_varies(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.5, 0.54, 1.9, 2.5]
    path = factory.encode(tmp_path / "varying.mkv", factory.moving(6), times=times)
    film = bench.open_film(path, bench.native_models(), faces=False)
    assert film.times.tolist() == pytest.approx([0.0, 0.5, 1.9, 2.5], abs=1e-3)
    assert film.tracks == ()
    assert film.faces_unavailable is None


def test_an_animation_is_a_film_too_and_a_picture_or_noise_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    path.write_bytes(made.animation(made.sample("astronaut"), "WEBP", 3))
    film = bench.open_film(path, bench.native_models())
    assert film.clip.meta.container == "WebP"
    assert len(film.tracks) == 1
    (tmp_path / "b.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    with pytest.raises(MediaError, match="damaged"):
        bench.open_film(tmp_path / "b.mp4", bench.native_models())


def test_without_the_networks_the_frames_are_there_and_it_is_said_why_no_face_is(
    swaying: Path,
) -> None:
    from telltale.runtime.context import NoModels

    film = bench.open_film(swaying, NoModels())
    assert len(film.frames) >= 5
    assert film.faces_unavailable == "model_missing"
    assert film.frames[0].faces_unavailable == "model_missing"


def test_however_long_a_video_is_the_sample_is_bounded_and_even() -> None:
    reel = Reel(most_views=100)
    face = awkward.film([0.0]).faces[0]
    patch, look = np.zeros((96, 96, 3), np.float32), np.zeros(512, np.float32)
    for k in range(3000):
        pixels = np.zeros((24, 32, 3), np.uint8)
        seen = [FaceFrame(pixels, k / 10, k, t, face, patch, look, False) for t in (0, 1)]
        reel.take(pixels, k / 10, k, k % 3 == 0, seen)
    film = reel.film(awkward.film([0.0]).clip)
    steps = np.diff(film.times)
    assert len(film.frames) == MOST_FRAMES
    assert (film.times[0], film.times[-1]) == (0.0, 299.7)
    assert steps.max() < 4 * np.median(steps)
    assert sum(len(track.times) for track in film.tracks) <= 100
    for track in film.tracks:
        assert len(track.times) > 20
        assert track.times[-1] > 280


def test_both_templates_run_on_a_film_and_are_marked(film: Film) -> None:
    lanes = []
    for looks_at in ("film", "picture"):
        own = load_source(template("own_test", looks_at).encode(), "own_test.py")
        finding = bench.run(own, film, lane=lanes.append)
        assert finding.status == "ok"
        assert finding.unreviewed
        assert finding.caveats.count(UNREVIEWED) == 1
    # one of pictures is asked about every frame, and the most suspicious one speaks
    (said,) = lanes
    assert [time_s for time_s, _ in said] == film.times.tolist()
    values = [one.score.value for _, one in said if one.score]
    assert finding.score is not None
    assert finding.score.value == max(values)
    facts = {fact.name: fact.value for fact in finding.facts}
    assert facts["frame_at"] == pytest.approx(film.times[int(np.argmax(values))], abs=1e-3)
    assert facts["frames_scored"] == len(film.frames)
    # maps are large, and only those of that frame are kept
    assert [bool(one.maps) for _, one in said] == [k == np.argmax(values) for k in range(len(said))]
    assert finding.maps


def test_one_of_films_says_of_a_picture_that_it_is_none() -> None:
    own = load_source(template("own_test", "film").encode(), "own_test.py")
    finding = bench.run(own, awkward.ordinary())
    assert (finding.status, finding.reason) == ("not_applicable", "too_short")
    assert "this is a picture" in finding.sentence


def test_what_a_detector_changes_stays_in_its_copy(film: Film) -> None:
    before = awkward.fingerprint(film)
    copy = apart(film)
    assert isinstance(copy, Film)
    copy.tracks[0].landmarks[:] = 0
    copy.frames[0].faces[0].landmarks[:] = 0
    copy.faces[0].mesh[:] = 0
    assert awkward.fingerprint(film) == before
    with pytest.raises(ValueError, match="read-only"):
        copy.frames[0].media.pixels[:] = 0


def test_the_command_line_runs_both_on_a_video_beside_the_others(
    swaying: Path, tmp_path: Path
) -> None:
    files = {"shake_test": template("shake_test", "film"), "grain_test": template("grain_test")}
    given = []
    for name, source in files.items():
        (tmp_path / f"{name}.py").write_text(source, "utf-8")
        given += ["--detector", str(tmp_path / f"{name}.py")]
    out, plain = tmp_path / "own.json", tmp_path / "plain.json"
    fast = ["--every", "25", "--one-look"]
    assert cli.main(["analyze", str(swaying), *fast, *given, "--json", str(out)]) == 0
    assert cli.main(["analyze", str(swaying), *fast, "--json", str(plain)]) == 0
    document = json.loads(out.read_text("utf-8"))
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    own = [finding for finding in document["findings"] if finding.get("unreviewed")]
    assert [finding["detector"] for finding in own] == list(files)
    assert all(finding["llr"] is None for finding in own)
    assert document["assessment"] == json.loads(plain.read_text("utf-8"))["assessment"]
    assert "unreviewed, does not weigh" in html.render([document])
    assert "sin revisar" in html.render([document], lang="es")


def test_a_person_who_stops_an_added_detector_keeps_the_rest(swaying: Path) -> None:
    source = template("own_test", "film")
    begins = "    if film.faces_unavailable:\n"
    stops = source.replace(begins, f"    raise KeyboardInterrupt\n{begins}")
    assert stops != source
    added = [load_source(text.encode(), "own_test.py") for text in (stops, source)]
    models = bench.native_models()
    document = video_file.analyze(swaying, models, Asked("every", 25, closer=False), added=added)
    own = [finding for finding in document["findings"] if finding.get("unreviewed")]
    assert [finding["status"] for finding in own] == ["cancelled", "cancelled"]
    assert document["assessment"]
    assert len(document["findings"]) > len(own)


def test_the_checks_give_one_of_films_awkward_films() -> None:
    source = template("own_test", "film")
    good = list(check.check_source(source.encode(), "own_test.py", megapixels=1))
    assert check.passed(good), check.summary(good)
    wrong = source.replace("    if not film.tracks:\n", "    if False:\n")
    assert wrong != source
    found = {c.name: c for c in check.check_source(wrong.encode(), "own_test.py", megapixels=1)}
    assert found["awkward pictures"].outcome == "failed"
    assert "un vídeo sin ninguna cara" in found["awkward pictures"].words["es"]
    greedy = source.replace('LOOKS_AT = "film"', 'LOOKS_AT = "everything"')
    with pytest.raises(DetectorRefused, match="LOOKS_AT must be one of: picture, film"):
        load_source(greedy.encode(), "own_test.py")
