"""The bank from the command line: a user's way through it, with real pictures and models."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from telltale import cli
from telltale.bank import database, store, traces
from telltale.bank.model import Statement
from telltale.finding import Finding


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data" / "bank.sqlite"
    monkeypatch.setenv("TELLTALE_BANK", str(path))
    for name, pixels in (("cat", data.chelsea()), ("cup", data.coffee())):
        Image.fromarray(pixels).save(tmp_path / f"{name}.jpg", quality=90)
    Image.fromarray(data.chelsea()).resize((280, 190)).save(tmp_path / "copy.jpg", quality=55)
    Image.fromarray(data.rocket()).save(tmp_path / "other.png")
    return path


def run(*arguments: object) -> int:
    return cli.main(["bank", *(str(a) for a in arguments)])


def test_add_recognise_export_wipe_import_recognise_again(
    bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ("--label", "fake", "--by", "Ana", "--method", "StyleGAN2", "--note", "<b>hands</b>")
    assert run("add", tmp_path / "cat.jpg", tmp_path / "cup.jpg", *said) == 0
    assert run("find", "--hashes-only", tmp_path / "copy.jpg") == 0
    out = capsys.readouterr().out
    assert "The same picture, changed" in out
    assert "sample 1" in out
    assert "says Ana" in out
    assert "<b>" not in out
    assert run("find", "--hashes-only", tmp_path / "cat.jpg") == 0
    assert "The same file" in capsys.readouterr().out
    assert run("find", "--hashes-only", tmp_path / "other.png") == 0
    assert "Neither the file nor the picture is in the bank" in capsys.readouterr().out
    pack = tmp_path / "pack.zip"
    assert run("export", pack, "--origin", "The newsroom") == 0
    assert run("delete", "--everything") == 0
    assert run("find", "--hashes-only", tmp_path / "copy.jpg") == 0
    assert "compared with 0 sample(s)" in capsys.readouterr().out
    assert run("import", pack) == 0
    assert run("list", "--label", "fake") == 0
    assert "from The newsroom" in capsys.readouterr().out
    assert run("find", "--hashes-only", tmp_path / "copy.jpg") == 0
    assert "The same picture, changed" in capsys.readouterr().out
    with database.open_file(bank, private=True) as connection:
        assert store.count(connection) == 2
        scores = {s.detector for s in store.get(connection, 3).sample.scores}
        assert {"error_level_analysis", "noise_level"} <= scores


def test_everything_is_said_in_spanish_where_it_is_asked_for(
    bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spanish = ("--lang", "es")
    said = ("--label", "fake", "--by", "Ana", "--method", "StyleGAN2")
    assert run("add", tmp_path / "cat.jpg", *said, *spanish) == 0
    assert run("add", tmp_path / "cat.jpg", *said, *spanish) == 0
    out = capsys.readouterr().out
    assert "muestra 1 (nueva)" in out
    assert "muestra 1 (ya conocida)" in out
    assert run("find", "--hashes-only", tmp_path / "copy.jpg", *spanish) == 0
    assert run("find", tmp_path / "cat.jpg", *spanish) == 0
    out = capsys.readouterr().out
    assert "La misma imagen, cambiada" in out
    assert "El mismo archivo: muestra 1" in out
    assert "falsa (StyleGAN2) lo dice Ana" in out
    assert "Según generated_image: " in out
    pack = tmp_path / "pack.zip"
    assert run("export", pack, *spanish) == 0
    assert run("import", pack, *spanish) == 0
    assert run("list", *spanish) == 0
    assert run("delete", "--everything", *spanish) == 0
    out += capsys.readouterr().out
    assert "0 nueva(s)" in out
    assert "de alguien sin nombre, importado" in out
    assert "1 muestra(s) eliminada(s)" in out
    for wrong in (
        ("import", tmp_path / "cat.jpg"),
        ("export", pack),
        ("find", tmp_path / "nothing.jpg"),
        ("delete", "--pack", "00"),
    ):
        assert run(*wrong, *spanish) == 1
    refused = capsys.readouterr().err
    assert "Se rechaza el paquete: no es un paquete." in refused
    assert "No hay ninguna muestra que exportar." in refused
    assert "nothing.jpg: No existe el archivo o la carpeta" in refused
    assert "No se importó ningún paquete así." in refused
    english = re.compile(r"\b(the|sample|says|known|new|by|at|of|is)\b")
    assert not english.findall((out + refused).replace(str(tmp_path), ""))


def test_asking_makes_no_bank(bank: Path, tmp_path: Path) -> None:
    assert run("find", "--hashes-only", tmp_path / "cat.jpg") == 0
    assert run("list") == 0
    assert not bank.parent.exists()


def test_refusals_are_told_by_the_status(
    bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("import", tmp_path / "cat.jpg") == 1
    assert "no pack" in capsys.readouterr().err
    assert run("export", tmp_path / "pack.zip") == 1
    assert not (tmp_path / "pack.zip").exists()
    assert run("delete", "--samples", 7) == 1
    assert run("delete", "--pack", "00") == 1
    assert run("find", tmp_path / "nothing.jpg") == 1
    (tmp_path / "text.jpg").write_bytes(b"no picture")
    assert run("add", tmp_path / "text.jpg", "--label", "real", "--by", "Ana") == 1
    bank.write_bytes(b"this is not a database at all" * 100)
    assert run("list") == 1
    assert "not a bank" in capsys.readouterr().err
    for wrong in (("add", "x.jpg", "--label", "genuine", "--by", "A"), ("delete",), ()):
        with pytest.raises(SystemExit) as usage:
            run(*wrong)
        assert usage.value.code == 2


def test_embeddings_are_kept_only_with_the_hash_of_their_model() -> None:
    vector = np.array([0.6, 0.8], np.float32)
    finding = Finding("generated_image", "1", "learned", "ok", "x", embedding=vector)
    used = [{"id": "generated_image", "sha256": "ab" * 32}]
    (kept,) = traces.embeddings([finding], used)
    assert (kept.model, kept.model_sha256) == ("generated_image", "ab" * 32)
    assert kept.vector is vector
    assert traces.embeddings([finding], []) == ()


def test_a_sample_holds_no_picture_unless_a_thumbnail_is_wanted() -> None:
    from telltale import analysis

    buffer = io.BytesIO()
    Image.fromarray(data.coffee()).save(buffer, "JPEG")
    state = analysis.begin(buffer.getvalue(), "secret-name.jpg")
    says = Statement("real", "Ana")
    assert traces.sample(state, [], says).thumbnail is None
    small = traces.sample(state, [], says, thumbnail=True).thumbnail
    assert small is not None
    assert max(Image.open(io.BytesIO(small)).size) == 128
    memory = database.open_memory()
    store.add(memory, traces.sample(state, [], says))
    assert b"secret-name" not in database.to_bytes(memory)
