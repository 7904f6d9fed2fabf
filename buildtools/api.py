"""`python -m buildtools.api`: the reference pages of the public library, from its docstrings.

Every name in the pages is public and meant to be called from notebooks and detectors; what is not
listed here may change without a word.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

OUT = Path(__file__).resolve().parent.parent / "docs/api"
#: The public modules, in the order of the index.
MODULES = (
    "telltale.analysis",
    "telltale.scene",
    "telltale.film",
    "telltale.media.decode",
    "telltale.media.model",
    "telltale.finding",
    "telltale.detectors",
    "telltale.runtime.context",
    "telltale.runtime.inference",
    "telltale.report.record",
    "telltale.benchmark.metrics",
    "telltale.lab.bench",
    "telltale.lab.loading",
    "telltale.lab.template",
    "telltale.lab.check",
    "telltale.lab.awkward",
    "telltale.lab.folders",
    "telltale.lab.evaluate",
    "telltale.lab.leaks",
    "telltale.lab.report",
    "telltale.lab.custom",
    "telltale.lab.show",
)


def pages() -> dict[str, str]:
    """File name and Markdown of every page, the index among them."""
    found = {}
    index = [
        "# Library",
        "",
        "The public Python interface, as notebooks (`examples/`), the lab and detectors use it. "
        "Written from the docstrings by `python -m buildtools.api`.",
        "",
    ]
    for name in MODULES:
        module = import_module(name)
        found[f"{name}.md"] = page(module)
        index.append(f"- [`{name}`]({name}.md): {_first(module.__doc__)}")
    return {"README.md": "\n".join([*index, ""]), **found}


def page(module: ModuleType) -> str:
    """One module: its docstring, then its classes and functions in the order of the source."""
    lines = [f"# `{module.__name__}`", "", _text(module.__doc__), ""]
    for name, value in public(module):
        if inspect.isclass(value):
            lines += _class(name, value)
        else:
            lines += [f"## `{name}{_signature(value)}`", "", _text(value.__doc__), ""]
    return "\n".join(lines).rstrip() + "\n"


def public(module: ModuleType) -> list[tuple[str, Any]]:
    """The classes and functions that a module defines under names without an underscore."""
    found = [
        (name, value)
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    ]
    return sorted(found, key=lambda pair: inspect.getsourcelines(pair[1])[1])


def _class(name: str, value: type) -> list[str]:
    if issubclass(value, BaseException):
        head = f"## exception `{name}`"
    else:
        head = f"## class `{name}`"
    lines = [head, "", _text(value.__doc__), ""]
    if dataclasses.is_dataclass(value):
        lines += ["Fields:", ""]
        lines += [f"- `{f.name}: {f.type}`{_default(f)}" for f in dataclasses.fields(value)]
        lines.append("")
    for key, member in vars(value).items():
        function = member.fget if isinstance(member, property) else member
        if key.startswith("_") or not inspect.isfunction(function) or not function.__doc__:
            continue
        kind = "" if isinstance(member, property) else _signature(function)
        lines += [f"### `{name}.{key}{kind}`", "", _text(function.__doc__), ""]
    return lines


def _default(field: Any) -> str:
    if field.default is dataclasses.MISSING:
        return ""
    text = repr(field.default)
    return f" = `{text}`" if " at 0x" not in text else ""


def _signature(function: Any) -> str:
    # an address in a default would change from run to run
    text = str(inspect.signature(function)).replace("'", "")
    return re.sub(r"<[^<>]* at 0x[0-9a-f]+>|<function (\w+)[^>]*>", r"\1", text)


def _text(doc: str | None) -> str:
    return inspect.cleandoc(doc or "")


def _first(doc: str | None) -> str:
    return _text(doc).partition("\n\n")[0].replace("\n", " ")


def main() -> int:
    """Write the pages; what is not among them any more is removed."""
    OUT.mkdir(parents=True, exist_ok=True)
    made = pages()
    for path in OUT.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (OUT / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
