"""What the person keeps is found again, and what is deleted is gone from the file."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from telltale.bank import cases, database
from telltale.bank.model import BankError
from telltale.cli import main


def record(n: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "schema": "telltale-record/2",
        "created": f"2026-01-02T03:04:{n:02d}+00:00",
        "media": {"name": f"picture {n}.jpg", "sha256": f"{n:064x}", "size_bytes": 1},
        "assessment": {"status": "none", "sentence": "No verdict."},
        "findings": [{"detector": "spectrum", "maps": [{"png": "A" * 1000}]}],
        **more,
    }


def test_what_is_kept_is_found_by_name_note_tag_case_and_hash() -> None:
    bank = database.open_memory()
    for n in range(4):
        cases.keep(
            bank, record(n), case="Flood" if n < 3 else "", tags=["press", f"t{n}"], note=f"n{n}"
        )
    assert cases.history(bank)["total"] == 4
    (flood,) = cases.history(bank)["cases"]
    assert (flood["name"], flood["analyses"]) == ("Flood", 3)
    assert [r["name"] for r in cases.history(bank, case=flood["id"])["analyses"]] == [
        "picture 2.jpg",
        "picture 1.jpg",
        "picture 0.jpg",
    ]
    for search, count in (("PRESS", 4), ("t3", 1), ("n2", 1), ("flood", 3), ("0001", 1), ("%", 0)):
        assert cases.history(bank, search=search)["total"] == count, search
    (page,) = cases.history(bank, offset=1, limit=1)["analyses"]
    assert page["name"] == "picture 2.jpg"


def test_the_record_is_kept_whole_but_for_its_maps() -> None:
    bank = database.open_memory()
    number = cases.keep(bank, record())
    kept = cases.record_of(bank, number)
    assert kept == record() | {"findings": [{"detector": "spectrum", "maps": []}]}
    assert cases.keep(bank, record()) == number
    refusal = record(1) | {"error": {"code": "unreadable", "sentence": "It is no picture."}}
    cases.keep(bank, refusal)
    assert cases.history(bank, search="no picture")["total"] == 1


def test_annotations_replace_what_was_said_before() -> None:
    bank = database.open_memory()
    number = cases.keep(bank, record(), case="A", tags=["x"], note="old")
    cases.annotate(bank, number, case="B", tags=["y", " y ", ""], note="<b>new</b>")
    (row,) = cases.history(bank)["analyses"]
    assert (row["case"], row["tags"], row["note"]) == ("B", ["y"], "‹b›new‹/b›")
    with pytest.raises(BankError, match="tags"):
        cases.annotate(bank, number, tags=[str(n) for n in range(30)])
    with pytest.raises(BankError, match="no kept analysis"):
        cases.annotate(bank, 99)


def test_deleting_leaves_nothing_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bank.sqlite"
    bank = database.open_file(path)
    for n in range(3):
        cases.keep(
            bank, record(n), case=f"SecretCase{n % 2}", note="SecretNote", tags=["SecretTag"]
        )
    one, *_ = [c["id"] for c in cases.history(bank)["cases"]]
    assert cases.delete(bank, case=one) == 2
    assert cases.delete(bank, [r["id"] for r in cases.history(bank)["analyses"]]) == 1
    assert cases.history(bank) == {"total": 0, "analyses": [], "cases": []}
    bank.close()
    left = path.read_bytes()
    for trace in (b"Secret", b"picture 1"):
        assert trace not in left


def test_private_mode_keeps_nothing(tmp_path: Path) -> None:
    bank = database.open_file(tmp_path / "bank.sqlite", private=True)
    with pytest.raises(BankError, match="private mode"):
        cases.keep(bank, record())


def test_everything_is_exported() -> None:
    bank = database.open_memory()
    with pytest.raises(BankError, match="Nothing is kept"):
        cases.export(bank)
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), (9, 99, 199)).save(picture, "JPEG")
    cases.keep(bank, record(), case="A", thumbnail=picture.getvalue())
    cases.keep(bank, record(1))
    with zipfile.ZipFile(io.BytesIO(cases.export(bank))) as archive:
        document = json.loads(archive.read("cases.json"))
        assert [row["case"] for row in document["analyses"]] == [None, "A"]
        assert json.loads(archive.read("records/1.json"))["media"]["name"] == "picture 0.jpg"
        assert Image.open(io.BytesIO(archive.read("thumbnails/1.jpg"))).size == (40, 30)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["keep", "annotate", "delete", "case"]),
            st.integers(0, 4),
            st.text(max_size=12),
        ),
        max_size=12,
    )
)
def test_any_order_of_keeping_and_deleting_agrees_with_a_plain_dictionary(
    steps: list[tuple[str, int, str]],
) -> None:
    bank = database.open_memory()
    model: dict[int, str] = {}
    for what, n, text in steps:
        case = "".join(c for c in text if c.isalnum()).lower()
        known = {r["name"]: r["id"] for r in cases.history(bank)["analyses"]}
        number = known.get(f"picture {n}.jpg")
        if what == "keep":
            cases.keep(bank, record(n), case=case)
            model[n] = case
        elif what == "annotate" and number is not None:
            cases.annotate(bank, number, case=case)
            model[n] = case
        elif what == "delete" and number is not None:
            cases.delete(bank, [number])
            del model[n]
        elif what == "case":
            for listed in cases.history(bank)["cases"]:
                if listed["name"] == case:
                    cases.delete(bank, case=listed["id"])
                    model = {k: v for k, v in model.items() if v != case}
    found = {r["name"]: r["case"] or "" for r in cases.history(bank)["analyses"]}
    assert found == {f"picture {n}.jpg": case for n, case in model.items()}


def test_cases_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bank = ["cases", "--bank", str(tmp_path / "bank.sqlite")]
    (tmp_path / "records.json").write_text(json.dumps([record(0), record(1)]))
    kept = ["keep", str(tmp_path / "records.json"), "--case", "Flood", "--tags", "press"]
    assert main([*bank, *kept]) == 0
    assert main([*bank, "list", "--search", "press"]) == 0
    assert "[Flood] picture 1.jpg #press" in capsys.readouterr().out
    assert main([*bank, "export", str(tmp_path / "all.zip")]) == 0
    assert zipfile.is_zipfile(tmp_path / "all.zip")
    assert main([*bank, "delete", "--case", "Nobody"]) == 1
    assert main([*bank, "delete", "--case", "Flood"]) == 0
    assert "2 analysis(es) deleted" in capsys.readouterr().out
    (tmp_path / "records.json").write_text("[1]")
    assert main([*bank, *kept]) == 1
