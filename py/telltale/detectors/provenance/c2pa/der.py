"""A minimal, bounded reader of DER (ITU-T X.690)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from telltale.detectors.provenance.c2pa.errors import Malformed

#: Elements of one constructed value.
MAX_ELEMENTS = 2_000

INTEGER, BIT_STRING, OCTET_STRING, OID, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x06, 0x30, 0x31
UTC_TIME, GENERALIZED_TIME, BMP_STRING = 0x17, 0x18, 0x1E


@dataclass(frozen=True, slots=True)
class Element:
    """One value: its tag byte, its content, and `raw`, the whole encoding."""

    tag: int
    content: bytes = field(repr=False)
    raw: bytes = field(repr=False)

    def children(self) -> list[Element]:
        """The values inside a constructed value."""
        return elements(self.content)

    def expect(self, tag: int) -> Element:
        """Itself, where it has this tag."""
        if self.tag != tag:
            raise Malformed(f"a certificate has element 0x{self.tag:02X} in place of 0x{tag:02X}")
        return self


def elements(data: bytes) -> list[Element]:
    """The values that stand one behind the other in `data`; raises `Malformed`."""
    out: list[Element] = []
    at = 0
    while at < len(data):
        if len(out) >= MAX_ELEMENTS:
            raise Malformed(f"a certificate has more than {MAX_ELEMENTS:,} elements in one place")
        element, at = _element(data, at)
        out.append(element)
    return out


def _element(data: bytes, at: int) -> tuple[Element, int]:
    if at + 2 > len(data) or data[at] & 31 == 31:
        raise Malformed("a certificate is cut off or has a tag that certificates do not have")
    length, start = data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or start + count > len(data):
            raise Malformed("a certificate has a length that makes no sense")
        length, start = int.from_bytes(data[start : start + count], "big"), start + count
    if start + length > len(data):
        raise Malformed("a certificate is cut off")
    stop = start + length
    return Element(data[at], data[start:stop], data[at:stop]), stop


def oid(element: Element) -> str:
    """An object identifier in dots."""
    content = element.expect(OID).content
    if not content or len(content) > 60:
        raise Malformed("an object identifier is empty or too long")
    numbers, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    if not numbers:
        raise Malformed("an object identifier does not end")
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def integer(element: Element) -> int:
    """A whole number."""
    return int.from_bytes(element.expect(INTEGER).content, "big", signed=True)


def bits(element: Element) -> bytes:
    """The bytes of a bit string of whole bytes."""
    content = element.expect(BIT_STRING).content
    if not content or content[0] != 0:
        raise Malformed("a bit string is not of whole bytes")
    return content[1:]


def text(element: Element) -> str:
    """The text of any of the string types."""
    raw = element.content[:1000]
    return raw.decode("utf-16-be" if element.tag == BMP_STRING else "utf-8", "replace")


def time(element: Element) -> datetime:
    """UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5)."""
    raw = element.content[:30].decode("ascii", "replace").partition(".")[0].rstrip("Z")
    try:
        if element.tag == UTC_TIME:
            century = "20" if int(raw[:2]) < 50 else "19"
            raw = century + raw
        elif element.tag != GENERALIZED_TIME:
            raise ValueError
        return datetime.strptime(raw, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise Malformed("a certificate has a date that makes no sense") from None
