"""What CPython sees through every glass: JSON of [glass, values, header, base64 of the values]."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

from telltale import looking
from telltale.runtime.gallery import Gallery


def main(path: Path) -> None:
    gallery = Gallery()
    gallery.put("it", path.read_bytes(), path.name, "file")
    seen = []
    for name in looking.REGISTRY:
        glass = looking.find(name)
        values = {p.name: p.choices[-1] for p in glass.parameters if p.choices}
        ((header, shown),) = gallery.look("it", name, json.dumps(values))
        seen.append([name, values, json.loads(header), base64.b64encode(shown).decode()])
    print(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
