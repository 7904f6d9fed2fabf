"""RSASSA-PSS verification (RFC 8017, 8.1.2), the salt as long as the hash (RFC 8230)."""

from __future__ import annotations

import hashlib

#: The sizes of keys that are accepted; larger ones would only cost time.
MIN_BITS, MAX_BITS = 2048, 8192


def verify(n: int, e: int, hash_name: str, message: bytes, signature: bytes) -> bool:
    """Whether `signature` of `message` is that of the public key (n, e)."""
    bits = n.bit_length()
    if not MIN_BITS <= bits <= MAX_BITS or not 3 <= e < 2**33 or e % 2 == 0:
        return False
    if len(signature) != (bits + 7) // 8 or (s := int.from_bytes(signature, "big")) >= n:
        return False
    size = (bits - 1 + 7) // 8
    value = pow(s, e, n)
    if value.bit_length() > 8 * size:
        return False
    return _encoded(value.to_bytes(size, "big"), bits - 1, hash_name, message)


def _encoded(encoded: bytes, bits: int, hash_name: str, message: bytes) -> bool:
    """EMSA-PSS-VERIFY (9.1.2)."""
    digest = hashlib.new(hash_name, message).digest()
    size = len(digest)
    rest = len(encoded) - size - 1
    if rest < size + 1 or encoded[-1] != 0xBC:
        return False
    masked, h = encoded[:rest], encoded[rest:-1]
    unused = 8 * len(encoded) - bits
    if masked[0] >> (8 - unused):
        return False
    mask = _mgf1(h, rest, hash_name)
    block = bytearray(a ^ b for a, b in zip(masked, mask, strict=True))
    block[0] &= 0xFF >> unused
    zeros = rest - size - 1
    if any(block[:zeros]) or block[zeros] != 1:
        return False
    salt = bytes(block[zeros + 1 :])
    return hashlib.new(hash_name, bytes(8) + digest + salt).digest() == h


def _mgf1(seed: bytes, size: int, hash_name: str) -> bytes:
    out = b""
    for counter in range(-(-size // hashlib.new(hash_name).digest_size)):
        out += hashlib.new(hash_name, seed + counter.to_bytes(4, "big")).digest()
    return out[:size]
