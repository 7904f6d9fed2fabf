"""Pictures of further repositories in training, genuine pictures warped alone, a wider network."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]


def test_a_wider_network_starts_with_the_answers_of_the_narrow_one() -> None:
    torch = pytest.importorskip("torch")
    from models.generated_image.network import Network, widened

    torch.manual_seed(0)
    narrow = Network(5, 12)
    for module in narrow.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values in (module.running_mean, module.bias.data):
                values.normal_()
            for values in (module.running_var, module.weight.data):
                values.uniform_(0.5, 2)
    narrow.eval()
    wide = widened(narrow, 20)
    assert wide.width == 20
    pictures = torch.rand(4, 3, 96, 96) * 255
    with torch.no_grad():
        for ours, theirs in zip(wide(pictures), narrow(pictures), strict=True):
            assert torch.allclose(ours, theirs, atol=1e-5)
    # copies of a channel must not get the same gradient, or they would stay copies for ever
    wide.train()
    wide(pictures)[0].sum().backward()
    gradient = wide.body[0].down[0].weight.grad
    assert len({tuple(row.flatten().tolist()) for row in gradient}) == 20


def test_resampled_pictures_show_the_picture_only_and_come_by_every_way() -> None:
    from models.training.augment import resample

    # grey values from 90 to 170: a border that is made up would be darker or brighter
    y, x = np.mgrid[:300, :260]
    picture = np.stack([90 + (y + x) * 80 / 560] * 3, 2).astype(np.uint8)
    sizes = set()
    for seed in range(60):
        out = resample(picture, np.random.default_rng(seed))
        assert out.dtype == np.uint8
        assert min(out.shape[:2]) >= 0.85 * 128
        assert np.percentile(out, 1) > 80
        assert np.percentile(out, 99) < 180
        sizes.add(out.shape)
    assert any(h == w for h, w, _ in sizes)
    assert min(h / 300 for h, _, _ in sizes) < 0.7
    assert max(h / 300 for h, _, _ in sizes) > 1.5
    again = [resample(picture, np.random.default_rng(7)) for _ in range(2)]
    assert np.array_equal(*again)


def test_the_kept_weights_are_ready_to_go_on_from(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from models.generated_image.between import between
    from models.generated_image.pool import Pool
    from models.generated_image.smoke import write_scripted
    from models.generated_image.train import WIDE, adopt, load, save

    kept = ROOT / "models/generated_image/many.npz"
    network, families = load(kept)
    assert network.width == WIDE
    assert families[0] == "camera"
    assert "StyleGAN2" in families
    write_scripted(tmp_path)
    pool = Pool(tmp_path)
    known = network.centres[families.index("StyleGAN2")]
    assert torch.equal(adopt(kept, ["camera", "scripted", "StyleGAN2"]).centres[2], known)
    other = adopt(kept, families)
    with torch.no_grad():
        other.decide.bias += 4.0
    save(other, families, tmp_path / "other.pt")
    halfway = between(pool, kept, tmp_path / "other.pt", 0.5, batches=1)
    assert torch.allclose(halfway.decide.bias, network.decide.bias + 2.0, atol=1e-5)
    for name, value in network.named_parameters():
        if name not in ("decide.bias", "centres"):
            assert torch.allclose(halfway.state_dict()[name], value, atol=1e-6), name


def png(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (160, 160, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def archive(folder: Path, files: dict[str, bytes]) -> None:
    """Both media archives: one with `files` as rows of the training split, one empty."""
    rows = [
        {
            "file": name,
            "split": "train",
            "label": "real" if "real" in name else "fake_gan",
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        for name, data in files.items()
    ]
    for name, content, listed in (("media-v1.tar", files, rows), ("media-v2.tar", {}, [])):
        with tarfile.open(folder / name, "w") as tar:
            for path, data in {**content, "manifest.json": json.dumps(listed).encode()}.items():
                info = tarfile.TarInfo(path)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))


def listing(folder: Path, files: dict[str, tuple[str, bytes]]) -> None:
    """`more.csv` and `more_sources.csv` of files by name with their split."""
    with (folder / "more_sources.csv").open("w", newline="") as file:
        columns = ["folder", "source", "family", "repository", "commit", "generator", "licence"]
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerow(["cameras", "cameras", "camera", "a/b", "0", "camera", "CC0-1.0"])
        writer.writerow(["gan", "GAN", "StyleGAN9", "a/c", "0", "GAN", "CC0-1.0"])
        writer.writerow(["other", "other", "diffusion", "a/d", "0", "?", "CC0-1.0"])
    with (folder / "more.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "path", "split", "sha256"])
        for name, (split, data) in files.items():
            writer.writerow([name, name, split, hashlib.sha256(data).hexdigest()])


def test_further_sources_are_trained_on_and_held_out_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    from models.generated_image.pool import Pool
    from models.generated_image.prepare import extract
    from models.generated_image.train import MANY
    from models.training import data

    archive(
        tmp_path,
        {"images_real_bsds/1.png": png(1), "faces_stylegan_boredhumans/1.png": png(2)},
    )
    files = {
        "cameras/1.png": ("train", png(3)),
        "gan/1.png": ("train", png(4)),
        "other/1.png": ("heldout", png(5)),
    }
    listing(tmp_path, files)
    for name, (_, content) in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(data, "MORE", tmp_path)
    for name in ("work", "again"):
        (tmp_path / name).mkdir()
    extract(data.Media(tmp_path, more=tmp_path), tmp_path / "work")
    pool = Pool(tmp_path / "work")
    assert pool.families == ["camera", "StyleGAN2", "StyleGAN9"]
    batch = pool.batch(np.random.default_rng(0), MANY, 96, 40)
    assert {pool.families[k] for k in batch.family} == {"camera", "StyleGAN2", "StyleGAN9"}
    assert np.array_equal(batch.fake > 0, batch.family > 0)
    assert pool.more_published is not None
    assert [i.split for i in pool.more_published.items] == ["train", "heldout"]

    (tmp_path / "gan/1.png").write_bytes(png(6))
    with pytest.raises(ValueError, match=r"gan/1.png is not the file"):
        extract(data.Media(tmp_path, more=tmp_path), tmp_path / "again")


def test_the_listed_pictures_have_a_source_a_hash_and_a_split() -> None:
    from models.training.data import further_rows

    rows = further_rows()
    assert len({row.file for row in rows}) == len({row.sha256 for row in rows}) == len(rows)
    assert {row.split for row in rows} == {"train", "val", "test", "heldout"}
    assert all(len(row.sha256) == 64 and row.source and row.licence for row in rows)
    held = {row.source for row in rows if row.split == "heldout"}
    assert not held & {row.source for row in rows if row.split != "heldout"}
