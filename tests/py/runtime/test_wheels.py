"""A cold start of the page installs wheels as steps ask for them; no step may need more."""

from __future__ import annotations

import json
import subprocess
import sys

#: Runs every step in order and refuses imports that the registry has not asked for by then.
SCRIPT = """
import json, sys
sys.path.insert(0, "tests/py")
import media_factory

picture = media_factory.jpeg(media_factory.sample("astronaut"), 90)
for name in [n for n in sys.modules if n.split(".")[0] in ("scipy", "skimage", "pywt")]:
    del sys.modules[name]

MODULES = {"scipy": "scipy", "skimage": "scikit-image", "pywt": "pywavelets"}
NEEDS = {"scikit-image": {"scipy", "pywavelets"}}
installed = set()

class Refuse:
    def find_spec(self, name, path=None, target=None):
        wheel = MODULES.get(name.split(".")[0])
        if wheel and wheel not in installed:
            raise ModuleNotFoundError(f"{wheel} is not installed yet", name=name)

sys.meta_path.insert(0, Refuse())

from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels
from telltale.runtime.session import Session, plan

session = Session(Context(OnnxModels()))
session.open(picture, "face.jpg", "file")
failed = []
for step in json.loads(plan()):
    for wheel in step["packages"]:
        installed |= {wheel, *NEEDS.get(wheel, ())}
    try:
        finding = json.loads(session.run(step["id"])).get("finding", {})
    except ImportError as error:
        failed.append([step["id"], str(error)])
        continue
    if finding.get("status") == "failed":
        failed.append([step["id"], finding["sentence"]])
session.record()
print(json.dumps(failed))
"""


def test_every_step_names_the_wheels_that_it_imports() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []
