"""CONTRIBUTING.md: the test that it prints passes on the detector that it starts from."""

from __future__ import annotations

import re
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

from telltale.detectors import forensic
from telltale.lab import cli, custom, folders, madeup
from telltale.lab.loading import load_source
from telltale.lab.template import template

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def test_the_printed_test_passes_on_the_templates_detector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = re.search(r'( +)"""Block noise equals.*?(?=\n\d\. )', TEXT, re.DOTALL)
    assert found
    indent = len(found[1])
    code = "\n".join(line[indent:] for line in found[0].rstrip().split("\n"))
    module = load_source(template("block_noise").encode(), "block_noise.py").module
    monkeypatch.setitem(sys.modules, "telltale.detectors.forensic.block_noise", module)
    monkeypatch.setattr(forensic, "block_noise", module, raising=False)
    monkeypatch.syspath_prepend(str(ROOT / "tests/py/detectors/forensic"))
    path = tmp_path / "test_block_noise.py"
    path.write_text(code, "utf-8")
    assert pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(path)]) == 0


def test_the_printed_form_of_a_network_is_complete() -> None:
    found = re.search(r'(?<=\n\n)( +)id = "my_network".*?(?=\n\n)', TEXT, re.DOTALL)
    assert found
    form = custom.form_from(tomllib.loads(textwrap.dedent(found[0])))
    assert (form.id, form.side, form.region) == ("my_network", 224, "picture")


def test_every_command_of_the_lab_that_it_names_exists(capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    named = set(re.findall(r"telltale lab (\w+)", TEXT))
    assert named == {"new", "check", "run", "model"}
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    for command in named:
        with pytest.raises(SystemExit) as ended:
            parser.parse_args([command, "--help"])
        assert ended.value.code == 0
    assert "FILE" in capsys.readouterr().out


def test_the_made_up_pictures_are_labelled_by_their_folders(tmp_path: Path) -> None:
    madeup.write(tmp_path)
    pictures = folders.read(tmp_path)
    assert [p.label for p in pictures].count("real") == madeup.COUNT
    assert {p.source for p in pictures if p.label == "fake"} == {"paste 1", "paste 2"}
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / link).exists(), link
