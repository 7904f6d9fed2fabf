"""Write a pyodide-lock.json for a directory of wheels.

usage: make_lock.py NPM_LOCK WHEEL_DIR > WHEEL_DIR/pyodide-lock.json
Interpreter data is copied from the lock file of the npm package; package
entries are made for the wheels found.
"""
import hashlib
import json
import pathlib
import re
import sys
import zipfile

lock = json.loads(pathlib.Path(sys.argv[1]).read_text())
old = lock["packages"]
# Dependencies that are needed at run time. scikit-image also declares imageio, tifffile and
# networkx: only skimage.io and skimage.graph import them, and Telltale uses neither.
DEPENDS = {
    "scipy": ["numpy"],
    "pywavelets": ["numpy"],
    "scikit-image": ["numpy", "scipy", "pywavelets", "pillow", "lazy-loader", "packaging"],
}
packages = {}
for w in sorted(pathlib.Path(sys.argv[2]).glob("*.whl")):
    dist, version = w.name.split("-")[:2]
    name = re.sub(r"[-_.]+", "-", dist).lower()
    with zipfile.ZipFile(w) as z:
        tops = {n.split("/")[0] for n in z.namelist()}
    imports = sorted(t.removesuffix(".py") for t in tops
                     if not t.endswith((".dist-info", ".libs", ".data")))
    packages[name] = {
        "name": name, "version": version, "file_name": w.name, "install_dir": "site",
        "sha256": hashlib.sha256(w.read_bytes()).hexdigest(), "package_type": "package",
        "imports": imports, "depends": DEPENDS.get(name, []), "unvendored_tests": False, "tool": {},
    }
lock["packages"] = packages
json.dump(lock, sys.stdout, indent=1, sort_keys=True)
