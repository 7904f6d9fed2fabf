"""The reference pages say what the docstrings say, and every public name has one."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path

import pytest

from buildtools import api

HINT = "stale: run python -m buildtools.api"
EXAMPLES = Path(api.__file__).resolve().parent.parent / "examples"


def test_every_page_is_up_to_date_and_none_is_left_over() -> None:
    made = api.pages()
    assert {path.name for path in api.OUT.glob("*.md")} == set(made), HINT
    for name, text in made.items():
        assert (api.OUT / name).read_text("utf-8") == text, HINT


@pytest.mark.parametrize("name", api.MODULES)
def test_every_public_name_has_a_docstring_of_its_own(name: str) -> None:
    module = import_module(name)
    for key, value in api.public(module):
        # a dataclass without one gets its signature from Python
        assert value.__doc__, key
        assert not value.__doc__.startswith(f"{key}("), key


def test_the_notebooks_use_nothing_but_documented_modules() -> None:
    allowed = set(api.MODULES) | {"telltale.bank.phash", "telltale.lab.cli"}
    for path in EXAMPLES.glob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            source = "".join(cell["source"]) if cell["cell_type"] == "code" else ""
            for base, names in re.findall(r"^from (telltale[\w.]*) import (.+)$", source, re.M):
                for name in names.split(", "):
                    used = {base, f"{base}.{name}"}
                    assert used & allowed, (path.name, base, name)
