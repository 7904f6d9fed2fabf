"""ECDSA verification (FIPS 186-5, 6.4.2) over the NIST curves, in plain integers.

Only public data is handled, so that nothing has to run in constant time.
"""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[int, int, int]  # Jacobian: x = X / Z^2, y = Y / Z^3; Z = 0 at infinity


@dataclass(frozen=True, slots=True)
class Curve:
    """y^2 = x^3 - 3x + b over the integers modulo p; (gx, gy) has the prime order n."""

    p: int
    b: int
    n: int
    gx: int
    gy: int

    @property
    def size(self) -> int:
        """Bytes of a coordinate."""
        return (self.p.bit_length() + 7) // 8


# SP 800-186, 3.2.1.3 to 3.2.1.5
P256 = Curve(
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
P384 = Curve(
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    int(
        "B3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875A"
        "C656398D8A2ED19D2A85C8EDD3EC2AEF",
        16,
    ),
    int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF"
        "581A0DB248B0A77AECEC196ACCC52973",
        16,
    ),
    int(
        "AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A38"
        "5502F25DBF55296C3A545E3872760AB7",
        16,
    ),
    int(
        "3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C0"
        "0A60B1CE1D7E819D7A431D7C90EA0E5F",
        16,
    ),
)
P521 = Curve(
    2**521 - 1,
    int(
        "0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF1"
        "09E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B50"
        "3F00",
        16,
    ),
    int(
        "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        "FFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E9138"
        "6409",
        16,
    ),
    int(
        "00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D"
        "3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5"
        "BD66",
        16,
    ),
    int(
        "011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E"
        "662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD1"
        "6650",
        16,
    ),
)


def verify(curve: Curve, point: tuple[int, int], digest: bytes, signature: bytes) -> bool:
    """Whether `signature` (r and s, each of `curve.size` bytes) of `digest` is that of `point`."""
    size, n = curve.size, curve.n
    if len(signature) != 2 * size or not on_curve(curve, point):
        return False
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    if not (0 < r < n and 0 < s < n):
        return False
    e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - n.bit_length())
    w = pow(s, -1, n)
    x, _, z = _combined(curve, e * w % n, r * w % n, point)
    if z == 0:
        return False
    return x * pow(z, -2, curve.p) % curve.p % n == r


def on_curve(curve: Curve, point: tuple[int, int]) -> bool:
    """Whether the coordinates are reduced and satisfy the curve's equation."""
    x, y = point
    if not (0 <= x < curve.p and 0 <= y < curve.p):
        return False
    return (y * y - (x * x * x - 3 * x + curve.b)) % curve.p == 0


def _combined(curve: Curve, u: int, v: int, point: tuple[int, int]) -> Point:
    """u G + v Q, both doubled together (Straus)."""
    base, other = (curve.gx, curve.gy, 1), (*point, 1)
    both = _add(curve, base, other)
    total: Point = (1, 1, 0)
    for bit in range(max(u.bit_length(), v.bit_length()) - 1, -1, -1):
        total = _double(curve, total)
        if which := (u >> bit & 1) | (v >> bit & 1) << 1:
            total = _add(curve, total, (base, other, both)[which - 1])
    return total


def _double(curve: Curve, a: Point) -> Point:
    p, (x, y, z) = curve.p, a
    if z == 0 or y == 0:
        return 1, 1, 0
    zz, yy = z * z % p, y * y % p
    m = 3 * (x - zz) * (x + zz) % p
    s = 4 * x * yy % p
    x3 = (m * m - 2 * s) % p
    return x3, (m * (s - x3) - 8 * yy * yy) % p, 2 * y * z % p


def _add(curve: Curve, a: Point, b: Point) -> Point:
    p = curve.p
    if a[2] == 0:
        return b
    if b[2] == 0:
        return a
    z1z1, z2z2 = a[2] * a[2] % p, b[2] * b[2] % p
    u1, u2 = a[0] * z2z2 % p, b[0] * z1z1 % p
    s1, s2 = a[1] * b[2] * z2z2 % p, b[1] * a[2] * z1z1 % p
    h, r = (u2 - u1) % p, (s2 - s1) % p
    if h == 0:
        return _double(curve, a) if r == 0 else (1, 1, 0)
    hh = h * h % p
    hhh, w = h * hh % p, u1 * hh % p
    x3 = (r * r - hhh - 2 * w) % p
    return x3, (r * (w - x3) - s1 * hhh) % p, h * a[2] * b[2] % p
