"""XMP packets (ISO 16684-1) as a flat dictionary; a bounded, streaming reader for hostile XML."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

#: Bytes parsed, properties kept, characters kept of each, depth of nesting.
MAX_BYTES, MAX_PROPERTIES, MAX_TEXT, MAX_DEPTH = 1024 * 1024, 300, 4096, 40

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PREFIXES = {
    "adobe:ns:meta/": "x",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": "stEvt",
    "http://ns.adobe.com/xap/1.0/sType/ResourceRef#": "stRef",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/exif/1.0/aux/": "aux",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
    "http://ns.google.com/photos/1.0/container/": "Container",
    "http://ns.google.com/photos/1.0/container/item/": "Item",
    "http://ns.adobe.com/hdr-gain-map/1.0/": "hdrgm",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
_LISTS = ("Seq", "Bag", "Alt")


class _Stop(Exception):
    """Enough was read, or the packet holds what no XMP packet may."""


def read(packet: bytes) -> dict[str, str]:
    """Property path -> text, for example `Iptc4xmpExt:DigitalSourceType` or `dc:creator[1]`.

    Well-known namespaces have their usual prefix whatever the packet calls them; others the last
    part of their address. A packet that breaks off or is not well-formed gives what came before.
    Never raises; documents with a DOCTYPE (entity tricks) give nothing.
    """
    from xml.parsers import expat  # not needed to open most pictures

    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator="\n")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.buffer_text = True
    body = packet[:MAX_BYTES].strip(b"\0 \r\n\t")
    with suppress(expat.ExpatError, _Stop, ValueError, LookupError):
        parser.Parse(body, True)
    return reader.found


class _Reader:
    """The state while expat walks: one entry of `path` for each open element."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.path: list[str] = []
        self.items: list[int] = []
        self.content: list[str] = []
        self.length = 0

    def refuse(self, *_: object) -> None:
        self.found.clear()
        raise _Stop

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.path) >= MAX_DEPTH:
            raise _Stop
        space, _, local = name.rpartition("\n")
        above = self.path[-1] if self.path else ""
        if space == _RDF and local == "li":
            self.items[-1] += 1
            here = f"{above}[{self.items[-1]}]"
        elif (space == _RDF and local in (*_LISTS, "RDF", "Description")) or local == "xmpmeta":
            here = above
        else:
            here = f"{above}/{_short(space, local)}" if above else _short(space, local)
        self.path.append(here)
        self.items.append(0)
        self.content, self.length = [], 0
        for key, value in attributes.items():
            attribute_space, _, attribute = key.rpartition("\n")
            if attribute_space == _RDF and attribute == "resource":
                self.keep(here, value)
            elif attribute_space and attribute_space != _RDF and attribute != "lang":
                short = _short(attribute_space, attribute)
                self.keep(f"{here}/{short}" if here else short, value)

    def end(self, _name: str) -> None:
        text = "".join(self.content).strip()
        if text and self.path[-1]:
            self.keep(self.path[-1], text)
        self.path.pop()
        self.items.pop()
        self.content, self.length = [], 0

    def text(self, text: str) -> None:
        if self.length < MAX_TEXT:
            self.content.append(text)
            self.length += len(text)

    def keep(self, path: str, value: str) -> None:
        if len(self.found) >= MAX_PROPERTIES:
            raise _Stop
        self.found.setdefault(path[:500], value[:MAX_TEXT])


def _short(space: str, local: str) -> str:
    prefix = _PREFIXES.get(space)
    if prefix is None:
        prefix = next((p for p in reversed(space.replace("#", "/").split("/")) if p), "")
    return f"{prefix}:{local}" if prefix else local


def find(properties: dict[str, Any], name: str) -> str | None:
    """The first property whose path ends with `name`, ignoring list positions."""
    for path, value in properties.items():
        if path.rsplit("/", 1)[-1].partition("[")[0] == name:
            return str(value)
    return None
