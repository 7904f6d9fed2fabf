"""Make every `model.onnx` that is converted at build time: all `models/*/convert.py`.

    python models/convert_all.py [--self-test]

Needs the `build` extra and the npm packages. Does nothing where the pinned bytes already stand.
"""

import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from conversion import ConversionError, main  # noqa: E402


def convert_all() -> None:
    """Run the `RECIPE` of each `convert.py`; raises `ConversionError` at the first mismatch."""
    for script in sorted(HERE.glob("*/convert.py")):
        spec = importlib.util.spec_from_file_location(f"convert_{script.parent.name}", script)
        if spec is None or spec.loader is None:
            raise ConversionError(f"{script} cannot be loaded")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        main(module.RECIPE)


if __name__ == "__main__":
    try:
        convert_all()
    except ConversionError as error:
        sys.exit(str(error))
