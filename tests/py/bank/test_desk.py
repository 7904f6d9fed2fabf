"""Every analysis asks the bank; what is added changes the next answer at once."""

from __future__ import annotations

import base64
import io
import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from bank_factory import MODEL, MODEL_SHA256, unit
from PIL import Image
from skimage import data

from telltale import analysis
from telltale.bank import section, seed, sentences
from telltale.bank.desk import Desk
from telltale.bank.model import BankError
from telltale.report import bank as bank_report
from telltale.report import html, record, replay, text
from telltale.runtime.context import Context
from telltale.wording import LANGUAGES

SCHEMA = json.loads((Path(record.__file__).parent / "schema.json").read_text("utf-8"))
STATEMENT = {"label": "fake", "said_by": "Ana", "method": "StyleGAN2", "note": "seen on a forum"}


def jpeg(pixels: np.ndarray, quality: int = 92) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


PICTURE = data.astronaut()


def examined(payload: bytes, desk: Desk | None) -> dict[str, Any]:
    """The record of a picture by the bank's step alone, through JSON as views have it."""
    state = analysis.begin(payload, "picture.jpg")
    analysis.run_step(state, analysis.BANK, Context(bank=desk))
    document: dict[str, Any] = json.loads(json.dumps(record.record(state, []), allow_nan=False))
    jsonschema.validate(document, SCHEMA)
    return document


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "bank.sqlite")


def add(desk: Desk, document: dict[str, Any], **more: Any) -> dict[str, Any]:
    args = {"record": document, "statement": STATEMENT} | more
    medium = args.pop("medium", b"")
    answer: dict[str, Any] = desk.do("add", args, medium)[0]
    return answer


def test_an_added_picture_is_recognised_again_in_whatever_way_it_comes_back(desk: Desk) -> None:
    original = examined(jpeg(PICTURE), desk)
    assert original["bank"]["status"] == "empty"
    assert add(desk, original)["new_sample"]
    again = examined(jpeg(PICTURE), desk)["bank"]
    assert again["same_file"]["statements"][0]["method"] == "StyleGAN2"
    assert "Ana: fake (StyleGAN2)" in again["words"]["en"]
    assert "Ana: falsa (StyleGAN2)" in again["words"]["es"]
    for changed in (jpeg(PICTURE, 30), jpeg(PICTURE[::2, ::2]), jpeg(PICTURE[30:-20, 40:-30], 60)):
        found = examined(changed, desk)["bank"]
        assert found["same_file"] is None
        assert found["same_picture"][0]["sample"]["id"] == again["same_file"]["id"]
        assert found["same_picture"][0]["llr"] > 2
    other = examined(jpeg(data.rocket()), desk)["bank"]
    assert (other["same_file"], other["same_picture"]) == (None, [])
    assert other["words"] == sentences.words("answer.unknown")


def test_a_record_quotes_no_note_and_no_picture_of_the_bank(desk: Desk) -> None:
    document = examined(jpeg(PICTURE), desk)
    small = Image.fromarray(PICTURE).resize((64, 64))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG")
    add(desk, document, thumbnail=base64.b64encode(buffer.getvalue()).decode())
    told = json.dumps(examined(jpeg(PICTURE), desk)["bank"])
    assert "forum" not in told
    assert "thumbnail" not in told
    assert desk.do("thumbnail", {"id": 1})[1] is not None
    assert desk.do("list", {})[0]["samples"][0]["notes"] == ["seen on a forum"]


def test_the_medium_is_kept_only_where_the_person_chose_to(desk: Desk) -> None:
    document = examined(jpeg(PICTURE), desk)
    add(desk, document)
    assert desk.do("medium", {"id": 1}) == (None, None)
    add(desk, document, keep=True, medium=jpeg(PICTURE))
    assert desk.do("medium", {"id": 1}) == ("picture.jpg", jpeg(PICTURE))
    desk.do("delete", {"ids": [1]})
    assert desk.do("stats", {})[0]["media"] == 0
    desk.close()
    assert b"JFIF" not in (desk._path).read_bytes()


def test_a_bank_that_cannot_be_read_never_stops_an_analysis(tmp_path: Path) -> None:
    (tmp_path / "bank.sqlite").write_bytes(b"SQLite format 3\0" + b"\x07" * 4000)
    found = examined(jpeg(PICTURE), Desk(tmp_path / "bank.sqlite"))["bank"]
    assert found["status"] == "unavailable"
    assert "not a bank" in found["words"]["en"]


def test_without_a_bank_the_record_says_so_and_can_still_be_added_later(desk: Desk) -> None:
    document = examined(jpeg(PICTURE), None)
    assert document["bank"]["status"] == "off"
    add(desk, document)
    assert examined(jpeg(PICTURE, 40), desk)["bank"]["same_picture"]


def test_reading_never_makes_a_bank(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "none.sqlite", private=True)
    assert examined(jpeg(PICTURE), desk)["bank"]["status"] == "empty"
    with pytest.raises(BankError, match="private"):
        add(desk, examined(jpeg(PICTURE), None))
    assert not (tmp_path / "none.sqlite").exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("traces"),
        lambda d: d["traces"]["phash"].update(values="AAAA"),
        lambda d: d["traces"]["phash"].update(values=7),
        lambda d: d["traces"].update(embeddings=[{}]),
        lambda d: d["media"].update(sha256="x"),
        lambda d: d["media"].update(width="wide"),
        lambda d: d.update(findings=[{"status": "ok", "score": {"value": 1.0}}]),
    ],
)
def test_a_spoilt_record_is_refused_with_a_sentence(
    desk: Desk, spoil: Callable[[dict[str, Any]], Any]
) -> None:
    document = examined(jpeg(PICTURE), desk)
    spoil(document)
    with pytest.raises(BankError, match=r"\w+ .*\."):
        add(desk, document)
    assert desk.do("stats", {})[0]["samples"] == 0


def test_listing_searches_texts_and_hashes_literally(desk: Desk) -> None:
    for n, note in enumerate(["100% sure", "100 sure", "<b>bold</b>'; DROP TABLE sample"]):
        document = examined(jpeg(np.roll(PICTURE, 40 * n, 0)), desk)
        add(desk, document, statement=STATEMENT | {"note": note, "method": f"M{n}"})
    listed = desk.do("list", {})[0]
    assert [row["id"] for row in listed["samples"]] == [3, 2, 1]
    assert desk.do("list", {"search": "0% s"})[0]["total"] == 1
    assert desk.do("list", {"search": "M_"})[0]["total"] == 0
    assert desk.do("list", {"search": listed["samples"][0]["sha256"][:9]})[0]["total"] == 1
    assert desk.do("list", {"search": "'; DROP"})[0]["total"] == 1
    assert desk.do("list", {"label": "real"})[0]["total"] == 0
    assert desk.do("list", {"offset": 1, "limit": 1})[0]["samples"][0]["id"] == 2


def test_wiping_leaves_nothing_of_a_sample_in_the_file(desk: Desk) -> None:
    document = examined(jpeg(PICTURE), desk)
    add(desk, document, keep=True, medium=b"the medium itself")
    packed = desk.do("export", {})[1]
    assert packed
    assert desk.do("wipe", {})[0] == {"deleted": 1}
    desk.close()
    left = desk._path.read_bytes()
    for trace in (b"the medium itself", b"Ana", b"forum", document["media"]["sha256"].encode()):
        assert trace not in left
    assert desk.do("import", {}, packed)[0]["new_samples"] == 1
    found = examined(jpeg(PICTURE, 50), desk)["bank"]["same_picture"][0]["sample"]
    assert found["statements"][0]["own"] is False


def test_what_is_asked_wrongly_is_refused(desk: Desk) -> None:
    with pytest.raises(BankError, match="knows no"):
        desk.do("__class__", {})
    with pytest.raises(BankError, match="wrongly"):
        desk.do("delete", {})
    with pytest.raises(BankError, match="wrongly"):
        desk.do("list", {"where": "1"})


def test_views_show_the_answer_apart_from_the_verdict(desk: Desk) -> None:
    method = "<script>alert(1)</script>"
    add(desk, examined(jpeg(PICTURE), desk), statement=STATEMENT | {"method": method})
    document = examined(jpeg(PICTURE, 50), desk)
    assert "Reference bank: The same picture" in " ".join(text.summary(document).split())
    page = html.render([document])
    assert "It has no part in the verdict" in page
    assert "<script>" not in page
    assert bank_report.as_html(document["bank"], "es").startswith("<h2>Banco de referencia")
    document["bank"]["same_picture"][0]["sample"]["statements"][0]["method"] = method
    assert "<script>" not in html.render([document])


@pytest.mark.parametrize("built_in", seed.seeds(), ids=lambda one: one.model)
def test_the_built_in_families_know_their_own_prototypes(built_in: seed.Seed) -> None:
    bank = built_in.prototypes
    embedding = section.Embedding(built_in.model, built_in.model_sha256, bank.vectors[-1])
    (found,) = seed.related([embedding])
    assert found["family"] == bank.families[-1]
    assert found["families"][0]["distance"] == pytest.approx(0, abs=1e-4)
    far = unit(np.random.default_rng(1).normal(size=bank.vectors.shape[1]))
    (none,) = seed.related([section.Embedding(built_in.model, built_in.model_sha256, far)])
    assert none["family"] is None
    assert "none of the built-in families" in none["words"]["en"]
    assert seed.related([section.Embedding(MODEL, MODEL_SHA256, far)]) == []


def test_every_sentence_has_the_same_places_in_every_language() -> None:
    for key, said in sentences.SENTENCES.items():
        places = [
            {name for _, name, _, _ in string.Formatter().parse(said[language]) if name}
            for language in LANGUAGES
        ]
        assert places[0] == places[1], key


def test_a_replay_compares_the_answer_only_with_the_same_bank(desk: Desk) -> None:
    add(desk, examined(jpeg(PICTURE), desk))
    old = examined(jpeg(PICTURE, 50), desk)
    rows = list(replay._bank(old["bank"], examined(jpeg(PICTURE, 50), desk)["bank"]))
    assert rows
    assert all(row.state == "agrees" for row in rows)
    add(desk, examined(jpeg(data.rocket()), desk))
    (row,) = replay._bank(old["bank"], examined(jpeg(PICTURE, 50), desk)["bank"])
    assert (row.state, row.recorded, row.repeated) == ("not compared", "1 sample(s)", "2 sample(s)")
    assert list(replay._bank(None, old["bank"])) == []


def test_statements_are_checked_at_the_desk(desk: Desk) -> None:
    document = examined(jpeg(PICTURE), desk)
    for wrong in ({"label": "true"}, {"said_by": " "}, {"note": "x" * 5000}, {"stated": "today"}):
        with pytest.raises(BankError):
            add(desk, document, statement=STATEMENT | wrong)
