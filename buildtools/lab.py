"""The lab's parts of `dist/page`: PyScript without its addresses, and the lab's Python.

Only the page has them; the extension's policy does not let PyScript run, and does without.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

PYSCRIPT = "node_modules/@pyscript/core/dist"
#: The chunks of CodeMirror, PyScript's editor, by the names that their files begin with.
EDITOR = ("codemirror", "index")
#: Of the package, what the lab adds to the engine's.
MEMBERS = ("lab/*.py", "benchmark/__init__.py", "benchmark/metrics.py")


class PyScriptChanged(Exception):
    """PyScript is not the version that these edits were made for."""


def stage_lab(root: Path, out: Path) -> None:
    """Write `vendor/pyscript` and `lab/lab.zip`; without npm packages there is no lab."""
    source = root / PYSCRIPT
    target = out / "vendor/pyscript"
    target.mkdir(parents=True, exist_ok=True)
    (core,) = source.glob("core-*.js")
    letter = _match(r"(\w+) as PyWorker\b", (source / "core.js").read_text("utf-8"))
    _write(target / "core.js", named(without_addresses(core.read_text("utf-8")), letter))
    for path in sorted(source.glob("*.js")):
        if path.name.startswith(EDITOR):
            _write(target / path.name, _unmapped(path.read_text("utf-8")))
    _write(target / "editor.js", _editor(source, core.read_text("utf-8")))
    shutil.copyfile(source.parent / "LICENSE", target / "LICENSE")
    (target / "LICENSE").chmod(0o644)
    write_members(root, out / "lab/lab.zip")
    for name, template in (("start.py", "template.py"), ("start_film.py", "template-film.py")):
        shutil.copyfile(root / "py/telltale/lab" / name, out / "lab" / template)
        (out / "lab" / template).chmod(0o644)


def without_addresses(code: str) -> str:
    """PyScript's core that starts our interpreter and knows no other.

    It would otherwise ask a content delivery network wherever a setting did not reach it. It also
    takes its own address for one that others can be joined to, which a `data:` address is not.
    """
    code, found = re.subn(
        r'\(\w+="[\d.]+"\)=>`https://cdn\.jsdelivr\.net/pyodide/v\$\{\w+\}/full/pyodide\.mjs`',
        "()=>self.labInterpreter",
        code,
    )
    if found != 2:
        raise PyScriptChanged(f"the address of Pyodide stands {found} times in PyScript, not twice")
    code, found = re.subn(
        r"const\{url:(\w+)\}=import\.meta", r'const \1="https://lab.invalid/pyscript/"', code
    )
    if found != 1:
        raise PyScriptChanged("PyScript looks for its own address in another way")
    # its plugins (banners, its own terminal and editor tags) lie in files of their own: left out
    code = re.sub(
        r'import\("\./(?:deprecations-manager|donkey|error|py-editor|py-game|py-terminal)-[^"]*"\)',
        "Promise.resolve({notOnDOM(){},notify(){}})",
        code,
    )
    code = re.sub(
        r"https://(?:cdn\.jsdelivr\.net|micropython\.org|raw\.githubusercontent\.com)",
        "https://lab.invalid",
        code,
    )
    return _unmapped(code)


def named(code: str, letter: str) -> str:
    """The core with its `PyWorker` exported by that name, and not by a letter alone."""
    head, mark, exports = code.rpartition("export{")
    name = _match(rf"([\w$]+) as {letter}[,}}]", exports)
    return f"{head}{mark}{name} as PyWorker,{exports}"


def write_members(root: Path, path: Path) -> None:
    """Zip the lab's Python as it lies in the package."""
    from buildtools.page import write_zip

    base = root / "py/telltale"
    files = sorted(file for pattern in MEMBERS for file in base.glob(pattern))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_zip(path, {f"telltale/{f.relative_to(base).as_posix()}": f for f in files})


def _editor(source: Path, core: str) -> str:
    """One module that hands on CodeMirror's, whose file names change with every version.

    Where others of PyScript's files share a chunk, its names are letters, and one letter is the
    whole module; the core says which.
    """
    lines = []
    for name in ("codemirror", "commands", "lang-python", "language", "state", "view"):
        stem = "codemirror-" if name == "codemirror" else f"codemirror_{name}-"
        (path,) = source.glob(f"{stem}*.js")
        asked = (
            rf'import\("\./{re.escape(path.name)}"\)\.then\(function\((\w+)\)\{{return \1\.(\w+)'
        )
        letter = re.search(asked, core)
        what = f"{{ {letter[2]} as {name} }}" if letter else f"* as {name.replace('-', '_')}"
        lines.append(f'export {what} from "./{path.name}";')
    return "\n".join(lines) + "\n"


def _match(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if not found:
        raise PyScriptChanged("PyScript exports its parts in another way")
    return found[1]


def _unmapped(code: str) -> str:
    return re.sub(r"\n//# sourceMappingURL=.*", "", code)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
