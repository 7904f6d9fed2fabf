"""The checks find what is wrong with a detector and say so; what ships passes them."""

from __future__ import annotations

from pathlib import Path

import pytest

import telltale
from telltale.lab import awkward, check
from telltale.lab.template import template

SHIPPED = Path(telltale.__file__).parent / "detectors/forensic"


def outcomes(source: str, name: str = "my_detector.py") -> dict[str, check.Check]:
    return {c.name: c for c in check.check_source(source.encode(), name, megapixels=0.3)}


def test_the_template_passes_every_check() -> None:
    found = outcomes(template())
    assert tuple(found) == check.NAMES
    assert {c.outcome for c in found.values()} <= {"passed", "warning"}
    assert found["awkward pictures"].outcome == found["determinism"].outcome == "passed"
    assert "megapixels" in found["time"].sentence


@pytest.mark.parametrize("name", ["noise_level", "jpeg_ghosts", "spectrum"])
def test_what_ships_passes_under_another_name(name: str) -> None:
    source = (SHIPPED / f"{name}.py").read_text("utf-8").replace(f'id="{name}"', f'id="x_{name}"')
    found = list(check.check_source(source.encode(), f"x_{name}.py", megapixels=0.3))
    assert check.passed(found), check.summary(found)


RUN = '    noise = block_noise(scene.luma)\n    context.step(0.8, "Comparing blocks")\n'
REFUSAL = "    if min(scene.media.width, scene.media.height) >= LEAST_SIDE:\n        return None\n"


@pytest.mark.parametrize(
    ("change", "name", "said"),
    [
        (("LEAST_SIDE:\n        return None", "1:\n        return None"), "awkward", "one pixel"),
        ((REFUSAL, "    return None\n" + REFUSAL), "awkward", "raises ValueError"),
        ((RUN, RUN + "    scene.luma[:] = 0\n"), "awkward", "changed the arrays"),
        ((RUN, RUN + "    noise = noise * np.nan\n"), "awkward", "not finite|score is nan"),
        ((RUN, RUN + "    return 3\n"), "awkward", "returns int, no Finding"),
        ((RUN, RUN + "    noise = noise + np.random.rand()\n"), "determinism", "differ"),
        ((RUN, RUN.split("\n")[0] + "\n"), "cancelling", "context.step"),
        (("import numpy as np\n", "import os\n\nimport numpy as np\n"), "purity", "imports os"),
        ((RUN, RUN + "    open('/etc/hostname')\n"), "purity", "calls open"),
        (
            (
                "import numpy as np\n",
                "import numpy as np\nimport telltale.detectors.forensic.cfa as c\n",
            ),
            "purity",
            "another detector",
        ),
        (('    """At least 256', '    _ = """At least 256'), "docstrings", "applicable"),
        (('title="Block noise"', 'title="TODO"'), "form", "placeholder"),
        (('noisier than the rest?",\n    how', 'noisier.",\n    how'), "form", "question"),
    ],
)
def test_each_mistake_is_found_by_its_check(change: tuple[str, str], name: str, said: str) -> None:
    import re

    source = template()
    assert change[0] in source
    found = next(c for key, c in outcomes(source.replace(*change)).items() if key.startswith(name))
    assert found.outcome != "passed"
    assert re.search(said, found.sentence), found.sentence


def test_the_file_must_be_named_by_its_id() -> None:
    assert "my_detector.py" in outcomes(template(), "other.py")["form"].sentence


def test_a_file_that_cannot_be_loaded_has_one_failed_check(tmp_path: Path) -> None:
    (found,) = check.check_file(tmp_path / "none.py")
    assert found.outcome == "failed"
    (found,) = outcomes("x = (").values()
    assert "not Python" in found.sentence
    assert not check.passed([found])


def test_awkward_pictures_are_the_same_every_time_and_each_is_another() -> None:
    prints = [awkward.fingerprint(picture.make()) for picture in awkward.awkward()]
    again = [awkward.fingerprint(picture.make()) for picture in awkward.awkward()]
    assert prints == again
    # two hold the same ordinary picture with nothing or something said about faces
    assert len(set(prints)) >= len(prints) - 1
    sizes = [(s.media.width, s.media.height) for s in (p.make() for p in awkward.awkward())]
    assert (1, 1) in sizes
    assert any(min(size) > 256 for size in sizes)
