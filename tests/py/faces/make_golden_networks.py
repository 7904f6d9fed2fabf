"""Renew golden/networks.json: what LiteRT computes from the original .tflite files.

    pip install ai-edge-litert scikit-image && python tests/py/faces/make_golden_networks.py

Run by hand, in an environment of its own; the tests only read the result.
"""

import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(HERE), str(ROOT / "py"), str(ROOT / "models")]

VALUES = 60


def inputs(low: float) -> dict[str, np.ndarray]:
    """Two (1, 3, 192, 192) inputs in [low, 1]: a portrait and a ramp."""
    import skimage.data
    from PIL import Image

    portrait = Image.fromarray(skimage.data.astronaut()[20:212, 128:320])
    pixels = np.asarray(portrait).transpose(2, 0, 1)[None] / np.float32(255)
    ramp = np.modf(np.arange(3 * 192 * 192) * 0.61803398875)[0].reshape(1, 3, 192, 192)
    return {
        "portrait": (low + (1 - low) * pixels).astype(np.float32),
        "ramp": (low + (1 - low) * ramp).astype(np.float32),
    }


def main() -> None:
    from ai_edge_litert.interpreter import Interpreter

    modules = ROOT / "node_modules" / "@mediapipe"
    detector = (modules / "face_detection/face_detection_full_range.tflite").read_bytes()
    packed = (modules / "face_mesh/face_mesh_solution_packed_assets.data").read_bytes()
    networks = {
        "face_detection": (detector, -1.0, ("boxes", "scores")),
        "face_landmarks": (packed[2_495_952:3_737_848], 0.0, ("points", "presence")),
    }
    golden: dict[str, dict] = {}
    for model, (content, low, names) in networks.items():
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
        for case, values in inputs(low).items():
            tensor = np.ascontiguousarray(values.transpose(0, 2, 3, 1))
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], tensor)
            interpreter.invoke()
            outputs = [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]
            outputs.sort(key=lambda output: -output.size)
            golden.setdefault(model, {})[case] = {
                name: {
                    "stride": max(1, output.size // VALUES),
                    "values": [
                        float(f"{v:.7g}") for v in output.ravel()[:: max(1, output.size // VALUES)]
                    ],
                }
                for name, output in zip(names, outputs, strict=True)
            }
    (HERE / "golden" / "networks.json").write_text(json.dumps(golden) + "\n", "utf-8")


if __name__ == "__main__":
    main()
