"""A video is known again by its frames and faces, in whatever way it comes back."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import hostile
import jsonschema
import numpy as np
import pytest
from bank_factory import MODEL, MODEL_SHA256, sample, statement, unit
from PIL import Image
from skimage import data
from test_store import same

import video_factory
from telltale.bank import database, film, pack, phash, section, store, vectors
from telltale.bank.desk import Desk
from telltale.bank.model import BankError, Embedding, Part, Sample, checked
from telltale.bank.search import Searcher
from telltale.cli import main
from telltale.report import record as report
from telltale.runtime import video_file
from telltale.runtime.context import NoModels

SCHEMA = json.loads((Path(report.__file__).parent / "schema.json").read_text("utf-8"))
MODELS = [{"id": MODEL, "sha256": MODEL_SHA256}]
SCENES = (data.astronaut(), data.rocket(), data.coffee(), data.chelsea())


def frame(scene: int, shift: int = 0) -> np.ndarray:
    picture = Image.fromarray(SCENES[scene][shift:, shift:]).resize((320, 240))
    return np.asarray(picture)


def face(number: int, noise: float = 0.0) -> np.ndarray:
    vector = np.random.default_rng(number).normal(size=8)
    return unit(vector + noise * np.random.default_rng(number + 99).normal(size=8))


def seen(scenes: tuple[int, ...], noise: float = 0.0) -> film.FilmTraces:
    traces = film.FilmTraces()
    for k, scene in enumerate(scenes):
        traces.frame(frame(scene), 2.0 * k)
        for person in (0, 1):
            traces.face(person, MODEL, face(person, noise), 2.0 * k)
        traces.face(None, "generated_image", face(7), 2.0 * k)
    return traces


def clip(number: int, traces: film.FilmTraces) -> Sample:
    return sample(
        number,
        format="MP4",
        hashes=None,
        embeddings=traces.whole(MODELS),
        parts=traces.parts(MODELS),
    )


def test_a_long_video_keeps_frames_spread_over_it_and_the_faces_seen_longest() -> None:
    traces = film.FilmTraces()
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (16, 16, 3), np.uint8) for _ in range(8)]
    for k in range(400):
        traces.frame(np.kron(noise[k % 8], np.ones((8, 8, 1), np.uint8)), float(k))
        traces.face(k // 2, MODEL, face(k), float(k))
    parts = traces.parts(MODELS)
    times = [part.start_s for part in parts if part.kind == "frame"]
    assert 8 <= len(times) <= film.MOST
    assert times == sorted(times)
    assert times[0] == 0
    assert times[-1] > 350
    assert np.diff(times).max() < 40
    assert len([p for p in parts if p.kind == "face"]) == 200
    checked(sample(1, parts=parts))
    # what no model is named for cannot be compared, and is not kept
    assert not [p for p in traces.parts([]) if p.embeddings]


def test_two_faces_seen_at_the_very_same_times_are_both_kept() -> None:
    bank = database.open_memory()
    one = clip(1, seen((0, 1)))
    number = store.add(bank, one).id
    got = store.get(bank, number).sample
    assert [part.kind for part in got.parts] == ["face", "face", "frame", "frame"]
    for part, wanted in zip(got.parts, one.parts, strict=True):
        assert (part.start_s, part.end_s) == (wanted.start_s, wanted.end_s)
        if wanted.hashes is not None:
            assert np.array_equal(part.hashes, wanted.hashes)
        for e, w in zip(part.embeddings, wanted.embeddings, strict=True):
            assert np.array_equal(e.vector, w.vector)
    # added once more, also as another version cuts it: what is there stays as it is
    assert store.add(bank, one).new_embeddings == 0
    other = replace(one, parts=(Part("face", 0.0, 9.0, None, one.parts[0].embeddings),))
    assert store.add(bank, other).new_embeddings == 0
    assert len(store.get(bank, number).sample.parts) == 4


def test_a_shared_scene_is_found_with_its_time_in_either_direction() -> None:
    bank = database.open_memory()
    store.add_many(bank, [clip(1, seen((0, 1, 2))), sample(2, hashes=phash.hashes(frame(3)))])
    searcher = Searcher(bank)
    # a still of the video
    (still,) = searcher.same_picture(phash.hashes(frame(1, 3)))
    assert (still.sample, still.sample_s, still.at_s) == (1, 2.0, None)
    alone = phash.likelihood_ratio(still.distance)
    assert still.llr == pytest.approx(alone - np.log10(3))
    # another video with two of its scenes, and one that shows the picture
    answer = searcher.ask_film("0" * 64, seen((3, 2, 1)).parts(MODELS))
    assert {(p.sample, p.frames) for p in answer.same_picture} == {(1, 2), (2, 1)}
    shared = next(p for p in answer.same_picture if p.sample == 1)
    assert (shared.at_s, shared.sample_s) in ((2.0, 4.0), (4.0, 2.0))
    assert answer.same_file is None
    # each face is compared on its own, and a sample counts once however many faces it has
    assert [row.face for row in answer.neighbours] == [1, 2]
    for row in answer.neighbours:
        assert row.nearest[0][0] == 1
        assert row.nearest[0][1] == pytest.approx(0, abs=1e-6)
        assert len(row.nearest) == 2
    assert searcher.ask(sample(9).sha256, None, sample(9).embeddings).neighbours[0].face is None


def test_deleting_a_video_leaves_none_of_its_vectors(tmp_path: Path) -> None:
    path = tmp_path / "bank.sqlite"
    bank = database.open_file(path)
    number = store.add(bank, clip(1, seen((0, 1, 2)))).id
    store.add(bank, sample(5))
    parts = store.get(bank, number).sample.parts
    assert all(p.hashes is None or p.hashes[:2].tobytes() in path.read_bytes() for p in parts)
    assert store.delete(bank, [number]) == 1
    left = path.read_bytes()
    for part in parts:
        assert part.hashes is None or part.hashes[:2].tobytes() not in left
        assert all(e.vector.tobytes() not in left for e in part.embeddings)
    assert bank.execute("SELECT count(*) FROM part").fetchone() == (0,)
    (space,) = vectors.spaces(bank, "embedding")
    assert len(vectors.Index(space).refresh(bank)) == 1


def test_a_pack_carries_videos_and_one_without_them_stays_in_the_first_form() -> None:
    bank = database.open_memory()
    store.add_many(bank, [clip(1, seen((0, 1))), sample(2), clip(3, seen((2,), 0.3))])
    exported = pack.export(bank)
    other = database.open_memory()
    assert pack.import_pack(other, exported).new_samples == 3
    for number in store.ids(bank):
        mine, theirs = (store.get(one, number).sample for one in (bank, other))
        assert same(replace(mine, parts=()), replace(theirs, parts=()))
        for a, b in zip(mine.parts, theirs.parts, strict=True):
            assert same(sample(0, hashes=a.hashes, embeddings=a.embeddings),
                        sample(0, hashes=b.hashes, embeddings=b.embeddings))  # fmt: skip
    members = hostile.opened(exported)
    assert json.loads(members["manifest.json"])["format"] == "telltale-bank-pack/2"
    plain = hostile.opened(pack.export(bank, [2]))
    assert json.loads(plain["manifest.json"])["format"] == "telltale-bank-pack/1"


def test_mutated_packs_with_videos_never_crash_and_never_leave_half_an_import() -> None:
    rng = random.Random(5)
    exported = pack.written([clip(1, seen((0, 1))), sample(2)], "tests", thumbnails=False)
    taken = 0
    for k in range(200):
        change = (hostile.mutated_bytes, hostile.mutated_content)[k % 2]
        taken += hostile.survives(change(exported, rng), hostile.fresh())
    assert taken < 60


@pytest.mark.parametrize(
    "part",
    [
        Part("frame", float("nan"), 1.0),
        Part("frame", -1.0, 1.0),
        Part("face", 3.0, 2.0),
        Part("scene", 0.0, 1.0),  # type: ignore[arg-type]
        Part("frame", 0.0, 0.0, np.zeros(3, np.uint64)),
        Part("face", 0.0, 1.0, None, (Embedding(MODEL, MODEL_SHA256, np.ones(8, "f4")),)),
    ],
)
def test_an_odd_part_is_refused(part: Part) -> None:
    with pytest.raises(BankError):
        store.add(database.open_memory(), sample(1, parts=(part,)))


def examined(path: Path, desk: Desk) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        json.dumps(video_file.analyze(path, NoModels(), bank=desk), allow_nan=False)
    )
    jsonschema.validate(document, SCHEMA)
    return document


def test_a_video_from_disk_is_added_and_recognised_when_it_comes_back_cut_and_recompressed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenes = [frame(k) for k in (0, 1, 2)]
    film_ = [scenes[k // 10] for k in range(30)]
    first = video_factory.encode(tmp_path / "first.mp4", film_, fps=10)
    second = video_factory.encode(tmp_path / "second.mp4", film_[8:], fps=10, crf=36)
    other = video_factory.encode(tmp_path / "other.mp4", [frame(3)] * 20, fps=10)
    desk = Desk(tmp_path / "bank.sqlite")
    original = examined(first, desk)
    assert original["bank"]["status"] == "empty"
    said = {"label": "fake", "said_by": "Ana", "method": "FaceSwap"}
    assert desk.do("add", {"record": original, "statement": said})[0]["new_sample"]
    assert examined(first, desk)["bank"]["same_file"]["statements"][0]["method"] == "FaceSwap"
    (match,) = (again := examined(second, desk)["bank"])["same_picture"]
    assert match["frames"] >= 2
    assert match["sample_s"] >= 0
    assert (
        "frames that were looked at are in the bank. Ana: fake (FaceSwap)" in again["words"]["en"]
    )
    assert "fotogramas" in again["words"]["es"]
    assert examined(other, desk)["bank"]["same_picture"] == []
    # a still of it, as a picture
    still = tmp_path / "still.png"
    Image.fromarray(frame(1)).save(still)
    desk.close()
    find = ["bank", "--bank", str(tmp_path / "bank.sqlite"), "find", "--hashes-only"]
    assert main([*find, str(still)]) == 0
    assert "s of the sample" in capsys.readouterr().out
    assert main([*find, str(second)]) == 0
    assert "frame(s), nearest at" in capsys.readouterr().out


def test_traces_of_a_video_in_a_record_are_what_is_added() -> None:
    traces = seen((0, 1, 2))
    kept = json.loads(json.dumps(section.film_json(traces, MODELS)))
    media = {"sha256": "ab" * 32, "width": 320, "height": 240, "format": "MP4"}
    record = {"media": media, "traces": kept, "findings": []}
    made = section.sample_of(record, statement())
    assert len(made.parts) == len(traces.parts(MODELS))
    for part in ({"kind": "frame"}, {"values": "%%%"}, {"start_s": None}):
        broken = json.loads(json.dumps(record))
        broken["traces"]["parts"][-1] |= part
        if part == {"kind": "frame"}:
            del broken["traces"]["parts"][-1]["end_s"]
        with pytest.raises(BankError):
            store.add(database.open_memory(), section.sample_of(broken, statement()))
