"""What the cards of imported networks share."""

from __future__ import annotations

from telltale.finding import Card, Reference

_ORIGIN = (
    "This is the authors' own network, imported by the person who uses this copy; it is not part "
    "of Telltale."
)
_FACES = (
    "Faces and landmarks are found by Telltale, where the authors used other programs; crop, "
    "scaling and normalisation are theirs."
)
_SEEN = "It knows what it was trained on; on newer fakes it is often no better than chance."


def card(
    id: str,
    title: str,
    question: str,
    how: str,
    licence: str,
    source: str,
    reference: Reference,
    *,
    faces: bool = True,
    weak: bool = False,
) -> Card:
    """The card of one imported network; licence and source stand among the limits, to be seen."""
    limits = (
        _SEEN,
        *([_FACES] if faces else []),
        f"Licence of the weights: {licence} Source: {source}.",
    )
    return Card(
        id=id,
        version="1",
        family="learned",
        title=title,
        question=question,
        how=f"{how} {_ORIGIN}",
        limits=limits,
        references=(reference,),
        weak=weak,
        models=(id,),
    )
