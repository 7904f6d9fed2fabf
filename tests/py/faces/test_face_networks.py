"""The converted networks compute what the originals compute in LiteRT."""

import hashlib
import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from make_golden_networks import inputs

from telltale.runtime.inference import zoo_folder

GOLDEN = json.loads((Path(__file__).parent / "golden" / "networks.json").read_text("utf-8"))


@pytest.mark.parametrize(("model", "low"), [("face_detection", -1.0), ("face_landmarks", 0.0)])
def test_outputs_equal_litert(context, model, low):
    for case, image in inputs(low).items():
        outputs = context.models.run(model, {"image": image})
        for name, stored in GOLDEN[model][case].items():
            got = outputs[name].ravel()[:: stored["stride"]]
            want = np.array(stored["values"])
            assert np.abs(got - want).max() <= 1e-5 * max(1.0, np.abs(want).max()), (case, name)


def test_both_networks_pass_their_self_test(context):
    for model in ("face_detection", "face_landmarks"):
        context.models.run(model, {"image": np.zeros((1, 3, 192, 192), np.float32)})
    rows = {row["id"]: row for row in context.models.used()}
    for model in ("face_detection", "face_landmarks"):
        assert rows[model]["self_test_error"] < 1e-5


def test_detector_accepts_other_sizes_and_sees_the_same_face(context, astronaut):
    """Fully convolutional: a face in a wider input is where it was."""
    from telltale.faces import detection

    part = astronaut[20:212, 128:320]
    wide = np.zeros((256, 448, 3), np.uint8)
    wide[:192, :192] = part
    small = detection.suppress(detection.detect(context.models, part, 0.5))
    large = detection.suppress(detection.detect(context.models, wide, 0.5))
    assert len(small) == len(large) == 1
    # What lies beyond the border of the smaller input is zero inside the network and black here.
    assert np.abs(small.boxes - large.boxes).max() < 6


def test_zoo_pins_the_converted_bytes(context):
    rows = tomllib.loads((zoo_folder() / "zoo.toml").read_text("utf-8"))
    for model in ("face_detection", "face_landmarks"):
        data = (zoo_folder() / model / "model.onnx").read_bytes()
        assert hashlib.sha256(data).hexdigest() == rows[model]["sha256"]
