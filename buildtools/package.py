"""`build.py package`: dist/page, dist/extension and their archives, the same bytes every time."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

from buildtools.extension import build_extension, version
from buildtools.page import build_page

_EPOCH = (2026, 1, 1, 0, 0, 0)
#: Unpacked size that is aimed at, bytes.
AIM = 70_000_000


def package(root: Path) -> int:
    """Build both, zip them and print what each part weighs; returns the exit status."""
    dist = root / "dist"
    build_page(root, dist / "page")
    build_extension(root, dist / "extension")
    number = version(root)
    for name in ("page", "extension"):
        archive = dist / f"telltale-{name}-{number}.zip"
        zip_folder(dist / name, archive)
        print(f"\n{archive.relative_to(root)}: {_size(archive.stat().st_size)}")
        parts = sizes(dist / name)
        for part, size in parts:
            print(f"  {_size(size):>9}  {part}")
        total = sum(size for _, size in parts)
        print(f"  {_size(total):>9}  unpacked (aim: under {_size(AIM)})")
    return 0


def zip_folder(folder: Path, archive: Path) -> None:
    """Zip every file under `folder` in a fixed order with fixed times and modes."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            out.writestr(info, path.read_bytes(), compresslevel=9)


def sizes(folder: Path) -> list[tuple[str, int]]:
    """Bytes per part (the first one or two folders of a path), the heaviest first."""
    total: Counter[str] = Counter()
    for path in folder.rglob("*"):
        if path.is_file():
            parts = path.relative_to(folder).parts
            depth = 2 if parts[0] in ("vendor", "models") else 1
            total["/".join(parts[:depth]) if len(parts) > 1 else "root"] += path.stat().st_size
    return total.most_common()


def write_sizes(root: Path) -> None:
    """Write docs/store/size.md: what each part of the extension weighs, unpacked."""
    folder = root / "dist/extension"
    build_extension(root, folder)
    parts = sizes(folder)
    lines = [
        "# What the extension weighs",
        "",
        "Written by `python -m buildtools.package`.",
        "",
        "| part | unpacked |",
        "|---|---|",
        *(f"| `{part}` | {_size(size)} |" for part, size in parts),
        f"| all | {_size(sum(size for _, size in parts))} (aim: under {_size(AIM)}) |",
    ]
    (root / "docs/store/size.md").write_text("\n".join(lines) + "\n", "utf-8")


def _size(count: int) -> str:
    return f"{count / 1e6:.2f} MB"


if __name__ == "__main__":
    write_sizes(Path(__file__).resolve().parent.parent)
