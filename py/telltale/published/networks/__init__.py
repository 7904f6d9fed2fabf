"""Definitions of published networks in PyTorch, and how their published names map onto them.

Each file has `build()`, which makes the network with weights still to be filled, and
`named(arrays)`, which renames published arrays to those of `build().state_dict()`. Definitions
come from timm or torchvision where they have them, from the papers otherwise.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Any

#: Declared operators last as long as somebody holds their library.
_DECLARED: list[Any] = []
_ABSENT = re.compile(r"operator torchvision::(\w+) does not exist")


def timm() -> Any:
    """timm, also beside a PyTorch for processors only.

    torchvision, which timm imports, refuses to be imported where its compiled operators do not
    load, as with its usual wheel beside such a PyTorch. No network here uses those operators, so
    they are declared and left empty.
    """
    import torch

    while True:
        try:
            return import_module("timm")
        except RuntimeError as error:
            absent = _ABSENT.search(str(error))
            if absent is None:
                raise
            library = torch.library.Library("torchvision", "FRAGMENT")
            library.define(f"{absent[1]}(Tensor x) -> Tensor")
            _DECLARED.append(library)
            for name in list(sys.modules):
                if name.split(".")[0] in ("torchvision", "timm"):
                    del sys.modules[name]
