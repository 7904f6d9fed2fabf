"""The light head learns what is there to learn, says how well, and can be taken back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from bank_factory import MODEL, MODEL_SHA256, sample, statement, unit

from telltale.bank import database, head, store
from telltale.bank.model import BankError, Embedding
from telltale.bank.search import Searcher

D = 16
SPACE = Embedding(MODEL, MODEL_SHA256, np.zeros(D, np.float32))
CENTRES = unit(np.random.default_rng(3).normal(size=(2, D)))


def filled(each: int, apart: float, copies: int = 1) -> Searcher:
    """Real and fake pictures whose clouds lie `apart`; each also as copies of itself."""
    bank = database.open_memory()
    samples = []
    for number in range(2 * each):
        fake = number % 2
        rng = np.random.default_rng(number)
        vector = unit(apart * CENTRES[fake] + 0.5 * rng.normal(size=D))
        says = statement("fake" if fake else "real", method="X" if fake else "")
        hashes = sample(number).hashes
        for copy in range(copies):
            embeddings = (Embedding(MODEL, MODEL_SHA256, vector),)
            more = {"statements": (says,), "hashes": hashes, "embeddings": embeddings}
            name = sample(number + 10_000 * copy).sha256
            samples.append(sample(number, sha256=name, **more))
    store.add_many(bank, samples)
    return Searcher(bank)


def test_a_difference_is_learned_and_noise_is_not() -> None:
    learned = head.fit(filled(60, 1.5), SPACE)
    value, low, high = learned.auc
    assert 0.75 < low <= value <= high <= 1
    assert learned.log_odds(CENTRES[1]) > 0 > learned.log_odds(CENTRES[0])
    noise, low, high = head.fit(filled(60, 0.0), SPACE).auc
    assert low < 0.55
    assert noise < 0.65


def test_copies_of_a_picture_do_not_flatter_the_head() -> None:
    copied = filled(40, 0.0, copies=4)
    fitted = head.fit(copied, SPACE)
    assert (fitted.real, fitted.fake) == (40, 40)
    assert fitted.auc[1] < 0.6


def test_too_few_confirmed_samples_fit_nothing_and_say_how_many_are_needed() -> None:
    with pytest.raises(BankError, match=r"30 confirmed real.*has 12 and 12"):
        head.fit(filled(12, 1.0), SPACE)
    with pytest.raises(BankError, match="0 and 0"):
        head.fit(Searcher(database.open_memory()), SPACE)


def test_heads_are_switched_off_and_rolled_back() -> None:
    searcher = filled(40, 1.5)
    bank = searcher.connection
    first, second = head.fit(searcher, SPACE), head.fit(searcher, SPACE)
    assert [(h.id, h.active) for h in head.heads(bank)] == [(second.id, True), (first.id, False)]
    embedding = Embedding(MODEL, MODEL_SHA256, CENTRES[1])
    (told,) = head.said(bank, [embedding])
    assert told["log_odds"] == pytest.approx(second.log_odds(CENTRES[1]))
    assert "leans towards fake" in told["words"]["en"]
    assert "no part in the verdict" in told["words"]["en"]
    json.dumps(told, allow_nan=False)
    head.switch(bank, first.id, True)
    assert [h.id for h in head.heads(bank) if h.active] == [first.id]
    head.switch(bank, first.id, False)
    assert head.said(bank, [embedding]) == []
    for _ in range(head.KEPT):
        head.fit(searcher, SPACE)
    assert len(head.heads(bank)) == head.KEPT
    with pytest.raises(BankError, match="no head"):
        head.switch(bank, first.id, True)


def test_another_models_embedding_is_not_judged() -> None:
    searcher = filled(40, 1.5)
    head.fit(searcher, SPACE)
    assert head.said(searcher.connection, [Embedding(MODEL, "ff" * 32, CENTRES[0])]) == []
