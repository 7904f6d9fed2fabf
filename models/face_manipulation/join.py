"""Two networks in one file: the shipped one of round 4 and that of a later round.

    python -m models.face_manipulation.join CHECKPOINT [--share 0.4] [--out FOLDER]

What a later round gains on new sources it loses in part on old ones; the mean of the log-odds of
both keeps nearly all of either. `round_4.onnx` is the file that was shipped after round 4.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.face_manipulation.network import Exported, FaceManipulation
from models.face_manipulation.train import HERE, export, start_from
from models.training.restore import restore

EARLIER = HERE / "round_4.onnx"
#: Of the later network; chosen on the validation split (see the lab book).
SHARE = 0.4


def join(checkpoint: Path, share: float = SHARE, earlier: Path = EARLIER) -> Exported:
    """Both networks in evaluation mode, as they are shipped."""
    before, network = FaceManipulation(), FaceManipulation()
    restore(before, earlier, "network.")
    start_from(network, checkpoint)
    return Exported(network, before, share).eval()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="of the later round")
    parser.add_argument("--share", type=float, default=SHARE, help="of the later network")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of model.onnx")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    export(join(options.checkpoint, options.share), options.out)


if __name__ == "__main__":
    main()
