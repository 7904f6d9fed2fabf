"""Ed25519 verification (RFC 8032, 5.1.7), in plain integers."""

from __future__ import annotations

import hashlib

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)

Point = tuple[int, int, int, int]  # extended: x = X / Z, y = Y / Z, x y = T / Z


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the 64-byte `signature` of `message` is that of the 32-byte public `key`."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r = _decoded(key), _decoded(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= _L:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    h = int.from_bytes(digest, "little") % _L
    return _equal(_times(s, _base()), _add(r, _times(h, a)))


def _base() -> Point:
    y = 4 * pow(5, -1, _P) % _P
    found = _decoded(y.to_bytes(32, "little"))
    assert found is not None
    return found


def _decoded(raw: bytes) -> Point | None:
    """The point of an encoding, or None (5.1.3)."""
    value = int.from_bytes(raw, "little")
    sign, y = value >> 255, value & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(a: Point, b: Point) -> Point:
    i, j = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    k, m = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, f, g, h = j - i, m - k, m + k, j + i
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _equal(a: Point, b: Point) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % _P == 0 and (a[1] * b[2] - b[1] * a[2]) % _P == 0
