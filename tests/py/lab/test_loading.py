"""A detector from one file: what is loaded, what is refused and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from telltale.lab.loading import MOST_BYTES, DetectorRefused, load_file, load_source
from telltale.lab.template import template


def test_the_template_is_a_detector_under_any_name(tmp_path: Path) -> None:
    path = tmp_path / "grain_by_hand.py"
    path.write_text(template("grain_by_hand"), "utf-8")
    loaded = load_file(path)
    assert loaded.id == "grain_by_hand"
    assert len(loaded.sha256) == 64
    with pytest.raises(ValueError, match="lower-case"):
        template("No Name")


def test_two_files_do_not_see_each_other() -> None:
    first = load_source(template("one_test").encode(), "one_test.py")
    second = load_source(template("other_test").encode(), "other_test.py")
    assert first.module.CARD.id == "one_test"
    assert second.module.CARD.id == "other_test"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("def run(", "def walk("), "no function run"),
        (("def applicable(scene: Scene)", "def applicable()"), "applicable must take 1 argument"),
        (("CARD = Card(", "OTHER = Card("), "stops when it is loaded|no CARD"),
        (('id="my_detector"', 'id="noise_level"'), "noise_level is that of a shipped test"),
        (('id="my_detector"', 'id="face_landmarks"'), "face_landmarks is that of a shipped test"),
        (('id="my_detector"', 'id="assess"'), "assess is that of a shipped test"),
        (('id="my_detector"', 'id="../escape"'), "lower-case letters"),
        (('family="forensic"', 'family="magic"'), "family must be one of"),
        (
            ('        "Fine texture such as hair or grass counts as noise.",\n', "        3,\n"),
            "limits",
        ),
        (("        1996,\n", '        "1996",\n'), "references must name"),
        (("import numpy as np", "import numpy as np\n1 / 0"), "line 11: ZeroDivisionError"),
        (("import numpy as np", "import numpy as np\nraise SystemExit"), "ends itself"),
        (("import numpy as np", "import numpy as ("), "line 10: this is not Python"),
    ],
)
def test_what_is_no_detector_is_refused_in_words(change: tuple[str, str], said: str) -> None:
    source = template()
    assert change[0] in source
    with pytest.raises(DetectorRefused, match=said):
        load_source(source.replace(*change).encode(), "my_detector.py")


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"\xff\xfe" * 50, b"(" * 100_000])
def test_bytes_that_are_no_program_are_refused(data: bytes) -> None:
    with pytest.raises(DetectorRefused):
        load_source(data, "x.py")


def test_a_missing_or_huge_file_is_refused_without_being_read(tmp_path: Path) -> None:
    with pytest.raises(DetectorRefused, match="could not be read"):
        load_file(tmp_path / "none.py")
    huge = tmp_path / "huge.py"
    with huge.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(DetectorRefused, match="no detector"):
        load_file(huge)
