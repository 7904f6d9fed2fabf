"""Miniature datasets in the layouts of the real ones. Reals are grey, fakes red."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import av
import numpy as np
from PIL import Image

SIDE = 144


def pixels(fake: bool, seed: int) -> np.ndarray:
    """A noisy square; a fake one is redder."""
    random = np.random.default_rng(seed)
    image = random.integers(40, 90, (SIDE, SIDE, 3)).astype(np.uint8)
    image[..., 0] += 100 if fake else 0
    return image


def picture(path: Path, fake: bool, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(fake, seed)).save(path)


def video(path: Path, fake: bool, seed: int = 0, frames: int = 5) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p"
        for k in range(frames):
            frame = av.VideoFrame.from_ndarray(pixels(fake, seed + k), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def faceforensics(root: Path) -> None:
    splits = {"train": [["000", "001"]], "val": [["002", "003"]], "test": [["004", "005"]]}
    (root / "splits").mkdir(parents=True)
    for split, pairs in splits.items():
        (root / "splits" / f"{split}.json").write_text(json.dumps(pairs))
    for name in ("000", "002", "004", "005"):
        video(root / f"original_sequences/youtube/c23/videos/{name}.mp4", False, int(name))
    for name in ("004", "005"):
        for k in range(3):
            place = root / f"original_sequences/youtube/c40/images/{name}"
            picture(place / f"{k:04d}.png", False, k)
    for method in ("Deepfakes", "NeuralTextures"):
        for name in ("000_001", "004_005", "005_004", "004_000"):
            place = root / f"manipulated_sequences/{method}/c23/videos"
            video(place / f"{name}.mp4", True, 50)


def deepfake_detection(root: Path) -> None:
    video(root / "original_sequences/actors/c23/videos/01__exit_phone_room.mp4", False)
    place = root / "manipulated_sequences/DeepFakeDetection/c23/videos"
    video(place / "01_02__exit_phone_room__YVGY8LOK.mp4", True)


def celeb_df(root: Path) -> None:
    video(root / "Celeb-real/id0_0000.mp4", False)
    video(root / "Celeb-real/id1_0000.mp4", False)
    video(root / "YouTube-real/00170.mp4", False)
    video(root / "Celeb-synthesis/id0_id1_0000.mp4", True)
    video(root / "Celeb-synthesis/id1_id0_0000.mp4", True)
    (root / "List_of_testing_videos.txt").write_text(
        "1 YouTube-real/00170.mp4\n1 Celeb-real/id0_0000.mp4\n0 Celeb-synthesis/id0_id1_0000.mp4\n"
    )


def dfdc(root: Path) -> None:
    part = root / "dfdc_train_part_0"
    video(part / "aaa.mp4", False)
    video(part / "bbb.mp4", True)
    rows = {
        "aaa.mp4": {"label": "REAL", "split": "train"},
        "bbb.mp4": {"label": "FAKE", "split": "train", "original": "aaa.mp4"},
    }
    (part / "metadata.json").write_text(json.dumps(rows))
    video(root / "test/ccc.mp4", True)
    video(root / "test/ddd.mp4", False)
    with (root / "test/labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["filename", "label"], ["ccc.mp4", 1], ["ddd.mp4", 0]])


def dfdc_preview(root: Path) -> None:
    video(root / "original_videos/643626/643626_A_000.mp4", False)
    video(root / "method_A/643626/1524525/643626_B_000.mp4", True)
    rows = {
        "original_videos/643626/643626_A_000.mp4": {"label": "real", "set": "test"},
        "method_A/643626/1524525/643626_B_000.mp4": {
            "label": "fake",
            "set": "test",
            "target_id": 643626,
        },
    }
    (root / "dataset.json").write_text(json.dumps(rows))


def uadfv(root: Path) -> None:
    for k in range(2):
        video(root / f"real/{k:04d}.mp4", False, k)
        video(root / f"fake/{k:04d}_fake.mp4", True, k)


def forensynths(root: Path) -> None:
    for place in ("progan/airplane", "progan/cat", "stylegan2/car", "crn"):
        for k in range(2):
            picture(root / "test" / place / f"0_real/{k}.png", False, k)
            picture(root / "test" / place / f"1_fake/{k}.png", True, k)


def genimage(root: Path) -> None:
    for name in ("ADM/imagenet_ai_0508_adm", "Midjourney/imagenet_midjourney"):
        for k in range(2):
            picture(root / name / f"val/nature/{k}.png", False, k)
            picture(root / name / f"val/ai/{k}.png", True, k)
            picture(root / name / f"train/ai/{k}.png", True, k)


WRITERS = {
    "faceforensics": faceforensics,
    "celeb_df": celeb_df,
    "dfdc": dfdc,
    "dfdc_preview": dfdc_preview,
    "dfd": deepfake_detection,
    "uadfv": uadfv,
    "forensynths": forensynths,
    "genimage": genimage,
}
