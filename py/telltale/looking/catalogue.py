"""The glasses as data, for views: `python -m telltale.looking.catalogue > web/ui/glasses.json`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from telltale import looking


def catalogue() -> list[dict[str, Any]]:
    """Id, title, explanation, wheels and parameters of every glass, JSON-ready."""
    glasses = [looking.find(name) for name in looking.REGISTRY]
    return [
        {
            "id": g.id,
            "title": g.title,
            "about": g.about,
            "packages": list(g.packages),
            "parameters": [{**asdict(p), "choices": list(p.choices)} for p in g.parameters],
        }
        for g in glasses
    ]


def document() -> str:
    """The catalogue as the text of the file."""
    return json.dumps(catalogue(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(document(), end="")
