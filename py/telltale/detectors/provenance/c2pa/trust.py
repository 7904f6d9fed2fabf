"""Whether a signer is on a list of trusted ones: dated snapshots that travel with the package.

`trust/c2pa.pem` and `trust/c2pa-tsa.pem` are the C2PA trust lists of signers and of time stamping
authorities, as published at github.com/c2pa-org/conformance-public (CC BY 4.0). `trust/interim.pem`
is the interim list that contentcredentials.org/verify used until the end of 2025. All unchanged.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from telltale.detectors.provenance.c2pa import certificate, chain
from telltale.detectors.provenance.c2pa.errors import Malformed

#: What a certificate of a signer must be issued for, one of (C2PA 2.2, 14.5.1; the interim
#: list's store.cfg): e-mail protection, document signing, C2PA claim signing, Microsoft's own.
SIGNING = frozenset(
    (
        "1.3.6.1.5.5.7.3.4",
        "1.3.6.1.5.5.7.3.36",
        "1.3.6.1.4.1.62558.2.1",
        "1.3.6.1.4.1.311.76.59.1.9",
    )
)
#: And that of a time stamping authority.
STAMPING = frozenset(("1.3.6.1.5.5.7.3.8",))
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
MAX_CHAIN = 10

Anchors = dict[bytes, list[chain.Link]]


@dataclass(frozen=True, slots=True)
class TrustList:
    """A snapshot: its file, its name, and the day of its last change."""

    file: str
    name: str
    date: str

    @property
    def title(self) -> str:
        return f"the {self.name} of {self.date}"


C2PA = TrustList("c2pa.pem", "C2PA trust list", "2026-08-14")
INTERIM = TrustList("interim.pem", "interim trust list (frozen)", "2025-08-28")
STAMPERS = TrustList("c2pa-tsa.pem", "C2PA list of time stamping authorities", "2026-08-14")


@dataclass(frozen=True, slots=True)
class Trust:
    """The list that vouches for a signer and its anchor's name, or else why none does."""

    by: TrustList | None
    anchor: str
    why: str


def of_signer(certificates: tuple[bytes, ...], when: datetime) -> Trust:
    """Whether the chain, the signer's certificate first, leads to an anchor at `when`."""
    return judge(certificates, when, SIGNING, (C2PA, INTERIM))


def judge(
    certificates: tuple[bytes, ...],
    when: datetime,
    usages: frozenset[str],
    lists: tuple[TrustList, ...],
) -> Trust:
    """The first of `lists` that vouches for a chain whose first link is issued for `usages`."""
    try:
        links = tuple(chain.parse(raw) for raw in certificates[:MAX_CHAIN])
        if not links:
            return Trust(None, "", "it comes without a certificate")
        if not links[0].usages & usages:
            return Trust(None, "", "its certificate is not issued for this purpose")
        why = ""
        for one in lists:
            found = chain.find_anchor(links, anchors(one), when)
            if isinstance(found, chain.Link):
                return Trust(one, certificate.shown(found.names.subject), "")
            why = why or found
    except (Malformed, IndexError) as error:
        return Trust(None, "", str(error) or "its certificate lacks fields")
    return Trust(None, "", why)


@lru_cache(maxsize=4)
def anchors(one: TrustList) -> Anchors:
    """The certificates of a list by subject."""
    text = (Path(__file__).parent / "trust" / one.file).read_text("utf-8")
    return read_anchors(text)


def read_anchors(text: str) -> Anchors:
    """The certificates of a PEM text by subject; those of unknown kinds are left out."""
    found: Anchors = {}
    for match in _PEM.finditer(text):
        try:
            link = chain.parse(base64.b64decode(match.group(1)))
        except (Malformed, IndexError):
            continue
        found.setdefault(link.subject, []).append(link)
    return found


def now() -> datetime:
    """The time at which a signature without a trusted time stamp is judged (C2PA 2.2, 15.8)."""
    return datetime.now(UTC)
