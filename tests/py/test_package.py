"""What is handed to people: the archives' reproducibility, the manifest, the strings, the icons."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import telltale
from buildtools import icons, lab
from buildtools.extension import build_extension
from buildtools.package import AIM, sizes, zip_folder

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "web/extension"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "extension"
    if not (ROOT / "node_modules/pyodide").is_dir():
        pytest.skip("the npm packages are not installed")
    build_extension(ROOT, folder)
    return folder


def test_two_builds_are_byte_identical(built: Path, tmp_path: Path) -> None:
    build_extension(ROOT, tmp_path / "again")
    digests = []
    for n, folder in enumerate((built, tmp_path / "again")):
        zip_folder(folder, tmp_path / f"{n}.zip")
        digests.append(hashlib.sha256((tmp_path / f"{n}.zip").read_bytes()).hexdigest())
    assert digests[0] == digests[1]


def test_the_extension_stays_under_its_aim(built: Path) -> None:
    parts = dict(sizes(built))
    assert sum(parts.values()) < AIM, parts


def test_the_version_has_one_source(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text("utf-8"))
    assert manifest["version"] == telltale.__version__


def test_every_file_the_manifest_names_is_there(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text("utf-8"))
    named = [
        *manifest["icons"].values(),
        *manifest["action"]["default_icon"].values(),
        manifest["background"]["service_worker"],
        manifest["side_panel"]["default_path"],
    ]
    assert [name for name in named if not (built / name).is_file()] == []


def test_the_policy_names_no_outside_host(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text("utf-8"))
    policy = manifest["content_security_policy"]["extension_pages"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["connect-src"] == "'self'"
    sources = {source for value in directives.values() for source in value.split()}
    assert sources <= {"'none'", "'self'", "'wasm-unsafe-eval'", "blob:", "data:"}
    assert "host_permissions" not in manifest


def strings(language: str) -> dict[str, str]:
    path = SOURCES / f"_locales/{language}/messages.json"
    return {key: entry["message"] for key, entry in json.loads(path.read_text("utf-8")).items()}


def test_both_languages_have_every_string_with_the_same_places() -> None:
    english, spanish = strings("en"), strings("es")
    assert english.keys() == spanish.keys()
    for key, text in english.items():
        places = re.findall(r"\$\d", text)
        assert sorted(places) == sorted(re.findall(r"\$\d", spanish[key])), key
        assert spanish[key].strip()


def test_every_string_that_the_code_asks_for_exists() -> None:
    known = strings("en")
    asked = set(re.findall(r"__MSG_(\w+)__", (SOURCES / "manifest.json").read_text("utf-8")))
    for path in SOURCES.glob("*.js"):
        asked |= set(re.findall(r'message\("(\w+)"', path.read_text("utf-8")))
    assert len(asked) > 20
    assert asked - known.keys() == set()


def test_every_reason_that_a_page_can_give_has_its_words() -> None:
    known = strings("en")
    source = (ROOT / "web/acquire/validate.js").read_text("utf-8")
    lists = re.findall(r"const WHY_\w+ = \[(.*?)\];", source, re.DOTALL)
    reasons = {reason for part in lists for reason in re.findall(r'"(\w+)"', part)}
    ladder = (SOURCES / "ladder.js").read_text("utf-8")
    reasons |= set(re.findall(r'fail\("(\w+)"\)', ladder))
    reasons |= set(
        re.findall(r'return "(\w+)";', (ROOT / "web/acquire/crop.js").read_text("utf-8"))
    )
    assert {f"{kind}_{r}" for r in reasons for kind in ("why", "error")} - known.keys() == set()
    notes = set()
    for path in SOURCES.glob("*.js"):
        notes |= set(re.findall(r'notes\.add\("(\w+)"\)', path.read_text("utf-8")))
    assert notes
    assert {f"note_{note}" for note in notes} - known.keys() == set()


@pytest.mark.parametrize("size", icons.SIZES)
def test_icons_are_square_and_show_four_tiles(size: int) -> None:
    pixels = np.asarray(Image.open(io.BytesIO(icons.png(size))))
    assert pixels.shape == (size, size, 4)
    half = size // 2
    quarters = [pixels[y : y + half, x : x + half] for y in (0, half) for x in (0, half)]
    assert all((quarter[..., 3] > 200).mean() > 0.2 for quarter in quarters)
    assert (pixels[..., 3] == 0).mean() > 0.05
    assert tuple(quarters[3][quarters[3][..., 3] == 255][0][:3]) == icons.TELL


def test_the_extension_holds_nothing_of_the_lab(built: Path) -> None:
    import zipfile

    names = [path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()]
    assert not [name for name in names if "pyscript" in name or name.startswith("lab/")]
    package = zipfile.ZipFile(built / "python/telltale.zip").namelist()
    assert not [name for name in package if name.startswith("telltale/lab/")]


def test_the_lab_is_built_without_the_addresses_of_pyscript(tmp_path: Path) -> None:
    if not (ROOT / lab.PYSCRIPT).is_dir():
        pytest.skip("the npm packages are not installed")
    lab.stage_lab(ROOT, tmp_path)
    core = (tmp_path / "vendor/pyscript/core.js").read_text("utf-8")
    assert "jsdelivr" not in core
    assert core.count("self.labInterpreter") == 2
    with pytest.raises(lab.PyScriptChanged):
        lab.without_addresses(core)
