"""What the person keeps is found again, and what is deleted is gone from the file."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile import mutated_bytes
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from telltale import analysis
from telltale.bank import caseread, cases, database
from telltale.bank.desk import Desk
from telltale.bank.model import BankError
from telltale.bank.zipread import PackError
from telltale.cli import main
from telltale.report import record as report


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


def test_a_verdict_is_listed_in_every_language_of_its_record() -> None:
    bank = database.open_memory()
    said = {"en": "Inconclusive.", "es": "No concluyente.", "xx": "<b>"}
    assessment = {"sentence": "Inconclusive.", "verdict": said}
    cases.keep(bank, record(assessment=assessment))
    cases.keep(bank, record(1))
    verdicts = [row["verdict"] for row in cases.history(bank)["analyses"]]
    assert verdicts == [
        {"en": "No verdict."},
        {"en": "Inconclusive.", "es": "No concluyente."},
    ]
    assert cases.history(bank, search="concluyente")["total"] == 1
    # as banks kept it before: the English alone
    bank.execute("UPDATE analysis SET verdict = 'Inconclusive.' WHERE id = 1")
    assert [row["verdict"] for row in cases.history(bank)["analyses"]] == verdicts


def test_why_there_is_no_verdict_is_listed_in_every_language_too() -> None:
    bank = database.open_memory()
    said = {"en": "We cannot tell.", "es": "No podemos saber."}
    cases.keep(bank, record(assessment={"status": "none", "sentence": said["en"], "words": said}))
    assert [row["verdict"] for row in cases.history(bank)["analyses"]] == [said]


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


def test_the_whole_history_is_deleted_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bank.sqlite"
    desk = Desk(path)
    for n in range(3):
        desk.do("keep", {"record": record(n), "case": "SecretCase", "note": "SecretNote"})
    assert desk.do("forget", {"everything": True})[0] == {"deleted": 3}
    assert desk.do("history", {})[0] == {"total": 0, "analyses": [], "cases": []}
    assert b"Secret" not in path.read_bytes()


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (9, 99, 199)).save(out, "JPEG")
    return out.getvalue()


def exported() -> bytes:
    bank = database.open_memory()
    said = {"case": "A", "note": "two\nlines", "tags": ["x", "y"]}
    cases.keep(bank, record(), thumbnail=picture(), **said)
    cases.keep(bank, record(1))
    return cases.export(bank)


def listing(bank: Any) -> list[dict[str, Any]]:
    apart = {"id"}
    rows = cases.history(bank)["analyses"]
    return [{k: v for k, v in row.items() if k not in apart} for row in rows]


def test_exported_cases_come_back_whole_and_merge() -> None:
    data = exported()
    bank = database.open_memory()
    cases.keep(bank, record(1), note="mine")
    assert caseread.import_cases(bank, data) == caseread.Imported(2, 1)
    first, second = listing(bank)
    # what is there stays as it is
    assert (first["name"], first["note"]) == ("picture 1.jpg", "mine")
    assert (second["case"], second["note"], second["tags"]) == ("A", "two\nlines", ["x", "y"])
    assert second["thumbnail"]
    number = cases.number_of(bank, record()["media"]["sha256"], record()["created"])
    assert number is not None
    assert cases.record_of(bank, number)["findings"] == [{"detector": "spectrum", "maps": []}]
    assert caseread.import_cases(bank, data).new == 0
    other = database.open_memory()
    caseread.import_cases(other, data)
    again = database.open_memory()
    caseread.import_cases(again, cases.export(other))
    assert listing(again) == listing(other)


def rewritten(change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(exported())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_record(**more: Any) -> Callable[[dict[str, bytes]], None]:
    text = json.dumps({**record(7), **more}).encode()
    return lambda members: members.__setitem__("records/2.json", text)


def with_row(**more: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        document = json.loads(members["cases.json"])
        document["analyses"][0] |= more
        members["cases.json"] = json.dumps(document).encode()

    return change


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "record missing": (lambda m: m.pop("records/2.json"), "records"),
    "record of nobody": (lambda m: m.__setitem__("records/9.json", b"{}"), "records"),
    "thumbnail of nobody": (lambda m: m.__setitem__("thumbnails/9.jpg", b"x"), "thumbnail"),
    "unknown member": (lambda m: m.__setitem__("../evil", b""), "unknown"),
    "no list": (lambda m: m.__setitem__("cases.json", b"[]"), "no object"),
    "other format": (lambda m: m.__setitem__("cases.json", b'{"format": "x"}'), "format"),
    "NaN": (lambda m: m.__setitem__("records/2.json", b'{"a": NaN}'), "plain JSON"),
    "no record": (lambda m: m.__setitem__("records/2.json", b"{}"), "none"),
    "later record": (with_record(schema="telltale-record/99"), "later version"),
    "odd hash": (with_record(media={"sha256": "<b>", "name": "x"}), "SHA-256"),
    "no name": (with_record(media={"sha256": "0" * 64}), "names no file"),
    "no time": (with_record(created="<script>"), "no time"),
    "no findings": (with_record(findings={}), "no list"),
    "no verdict": (with_record(assessment=[]), "no assessment"),
    "odd refusal": (with_record(error="x"), "says nothing"),
    "many tags": (with_row(tags=[str(n) for n in range(30)]), "tags"),
    "odd tags": (with_row(tags=[[]]), "tags"),
    "long note": (with_row(note="x" * 3000), "longer"),
    "odd case": (with_row(case={"a": 1}), "text"),
    "no picture": (lambda m: m.__setitem__("thumbnails/1.jpg", b"<svg/>"), "thumbnail"),
    "twice": (with_row(id=1), "twice"),
}


@pytest.mark.parametrize(("change", "why"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_cases_are_refused_with_a_reason_and_leave_nothing(
    change: Callable[[dict[str, bytes]], None], why: str
) -> None:
    bank = database.open_memory()
    cases.keep(bank, record(3))
    before = database.to_bytes(bank)
    with pytest.raises(PackError, match=why):
        caseread.import_cases(bank, rewritten(change))
    assert database.to_bytes(bank) == before


def test_mutated_cases_never_crash_and_never_leave_half_an_import() -> None:
    rng, data = random.Random(3), exported()
    bank = database.open_memory()
    before = database.to_bytes(bank)
    for _ in range(300):
        try:
            caseread.import_cases(bank, mutated_bytes(data, rng))
        except PackError:
            assert database.to_bytes(bank) == before
            continue
        cases.delete(bank, [row["id"] for row in cases.history(bank)["analyses"]])
        before = database.to_bytes(bank)


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
    other = ["cases", "--bank", str(tmp_path / "other.sqlite")]
    assert main([*other, "import", str(tmp_path / "all.zip")]) == 0
    assert "2 analysis(es), 2 new" in capsys.readouterr().out
    assert main([*other, "import", str(tmp_path / "records.json")]) == 1
    assert main([*bank, "delete", "--case", "Nobody"]) == 1
    assert main([*bank, "delete", "--case", "Flood"]) == 0
    assert "2 analysis(es) deleted" in capsys.readouterr().out
    (tmp_path / "records.json").write_text("[1]")
    assert main([*bank, *kept]) == 1


def test_cases_from_the_command_line_in_spanish(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = ["cases", "--bank", str(tmp_path / "bank.sqlite")]
    document = report.record(analysis.begin(picture(), "a.jpg"), [])
    (tmp_path / "records.json").write_text(json.dumps(document))
    spanish = ["--lang", "es"]
    assert main([*bank, "keep", str(tmp_path / "records.json"), *spanish]) == 0
    assert "análisis 1: 'a.jpg'" in capsys.readouterr().out
    assert main([*bank, "list", *spanish]) == 0
    assert "No se da un veredicto global" in capsys.readouterr().out
    assert main([*bank, "export", str(tmp_path / "all.zip"), *spanish]) == 0
    assert main([*bank, "import", str(tmp_path / "all.zip"), *spanish]) == 0
    assert "1 análisis, 0 nuevo(s)" in capsys.readouterr().out
    assert main([*bank, "delete", "--case", "Nobody", *spanish]) == 1
    assert "No hay ningún caso «Nobody»." in capsys.readouterr().err
    assert main([*bank, "delete", "--everything", *spanish]) == 0
    assert "1 análisis eliminado(s)" in capsys.readouterr().out


def test_a_kept_analysis_is_a_report_again(tmp_path: Path) -> None:
    state = analysis.begin(picture(), "<b>kept</b>.jpg")
    document = report.record(state, [])
    desk = Desk(tmp_path / "bank.sqlite")
    answer, _ = desk.do("keep", {"record": document}, picture())
    args = {"id": answer["id"], "lang": "es", "custody": {"case": "2026/117"}}
    _, page = desk.do("report", args)
    assert page is not None
    text = page.decode()
    assert '<html lang="es">' in text
    assert "&lt;b&gt;kept&lt;/b&gt;.jpg" in text
    assert "2026/117" in text
    assert document["media"]["sha256"] in text
    assert "data:image/jpeg;base64," in text
    out = tmp_path / "report.html"
    named = ["cases", "--bank", str(tmp_path / "bank.sqlite"), "report", "1", str(out)]
    assert main(named) == 0
    assert document["media"]["sha256"] in out.read_text("utf-8")
    with pytest.raises(BankError, match="no kept analysis"):
        desk.do("report", {"id": 99})


def test_a_private_desk_answers_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "bank.sqlite"
    desk = Desk(path)
    desk.private = True
    assert desk.do("stats", {})[0]["samples"] == 0
    with pytest.raises(BankError, match="private mode"):
        desk.do("keep", {"record": record()})
    assert not path.parent.exists()
    desk.private = False
    desk.do("keep", {"record": record()})
    before = path.read_bytes()
    desk.private = True
    assert desk.do("history", {})[0]["total"] == 1
    for name, args in (("forget", {"ids": [1]}), ("wipe", {}), ("import_cases", {})):
        with pytest.raises(BankError):
            desk.do(name, args, exported() if name == "import_cases" else b"")
    assert path.read_bytes() == before
