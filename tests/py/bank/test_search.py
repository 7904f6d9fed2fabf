"""The bank recognises what it has seen, and says when it has not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from bank_factory import MODEL, MODEL_SHA256, sample, statement, unit
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from telltale.bank import database, phash, store
from telltale.bank.families import CAMERA, DISPUTED, SUSPECTED, UNNAMED, families
from telltale.bank.model import Embedding
from telltale.bank.relation import ENOUGH, likelihood_ratio, reach
from telltale.bank.search import Searcher

DIMENSION = 32


def around(centre: np.ndarray, spread: float, count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return unit(centre + spread * rng.normal(size=(count, len(centre))))


CENTRES = unit(np.random.default_rng(9).normal(size=(3, DIMENSION)))


def embedding(vector: np.ndarray) -> Embedding:
    return Embedding(MODEL, MODEL_SHA256, vector)


def filled(per_family: int = 60) -> Searcher:
    """Two methods and camera pictures, each a cloud of its own."""
    bank = database.open_memory()
    samples = []
    for k, (label, method) in enumerate([("real", ""), ("fake", "StyleGAN2"), ("fake", "SD 1.5")]):
        for n, vector in enumerate(around(CENTRES[k], 0.08, per_family, k)):
            says = statement(label, method=method)
            samples.append(
                sample(1000 * k + n, statements=(says,), embeddings=(embedding(vector),))
            )
    store.add_many(bank, samples)
    return Searcher(bank)


def ask(searcher: Searcher, vector: np.ndarray) -> object:
    return searcher.ask("0" * 64, None, [embedding(vector)]).neighbours[0]


def test_a_member_of_a_family_is_related_to_it_with_a_likelihood_ratio() -> None:
    searcher = filled()
    for k, family in enumerate([CAMERA, "stylegan2", "sd 1.5"]):
        relations = [ask(searcher, new).relation for new in around(CENTRES[k], 0.08, 8, 77)]
        # the reach is made to miss one member in twenty
        related = [r for r in relations if r.family is not None]
        assert len(related) >= 6
        for relation in related:
            assert relation.family == family
            assert relation.llr > 0.5
            assert relation.families[0].family == family
            assert len(relation.families) == 3
            distances = [row.distance for row in relation.families]
            assert distances == sorted(distances)


def test_neighbours_come_nearest_first() -> None:
    found = ask(filled(), CENTRES[2])
    assert len(found.nearest) == 5
    assert [d for _, d in found.nearest] == sorted(d for _, d in found.nearest)
    assert all(121 <= number <= 180 for number, _ in found.nearest)


def test_a_stranger_is_not_related_to_anything_known() -> None:
    found = ask(filled(), unit(np.random.default_rng(5).normal(size=DIMENSION)))
    assert found.relation.family is None
    assert found.relation.llr is None
    assert "Not related to anything known" in found.relation.sentence


def test_too_few_samples_give_distances_but_no_ratio() -> None:
    found = ask(filled(ENOUGH - 10), around(CENTRES[1], 0.08, 1, 77)[0])
    assert found.relation.families[0].family == "stylegan2"
    assert found.relation.llr is None
    assert found.relation.family is None
    assert f"{ENOUGH} are needed" in found.relation.sentence


def test_copies_of_one_picture_do_not_make_a_family() -> None:
    bank = database.open_memory()
    one = np.random.default_rng(1).integers(0, 2**63, phash.WIDTH, np.uint64)
    vectors = around(CENTRES[1], 0.01, 60, 3)
    store.add_many(
        bank, [sample(n, hashes=one, embeddings=(embedding(v),)) for n, v in enumerate(vectors)]
    )
    found = ask(Searcher(bank), vectors[0])
    assert found.relation.llr is None
    assert "0 of them with a neighbour that is no copy" in found.relation.sentence


def test_adding_a_sample_changes_the_next_answer_at_once() -> None:
    searcher = filled()
    vector = unit(np.random.default_rng(6).normal(size=DIMENSION))
    before = ask(searcher, vector)
    number = store.add(searcher.connection, sample(5000, embeddings=(embedding(vector),))).id
    after = ask(searcher, vector)
    assert number not in {i for i, _ in before.nearest}
    assert after.nearest[0][0] == number
    store.delete(searcher.connection, [number])
    assert ask(searcher, vector) == before


def test_a_picture_is_no_witness_for_itself() -> None:
    searcher = filled()
    known = store.get(searcher.connection, 70).sample
    answer = searcher.ask(known.sha256, known.hashes, known.embeddings)
    assert answer.same_file == 70
    assert answer.same_picture == ()
    assert 70 not in {i for i, _ in answer.neighbours[0].nearest}
    assert answer.neighbours[0].relation.families[0].nearest != 70


def test_another_models_samples_are_not_compared() -> None:
    answer = filled().ask("0" * 64, None, [Embedding(MODEL, "ff" * 32, CENTRES[0])])
    assert answer.neighbours == ()
    assert any("no sample by this model" in note["en"] for note in answer.notes)


def test_an_empty_bank_answers() -> None:
    answer = Searcher(database.open_memory()).ask("0" * 64, None, [embedding(CENTRES[0])])
    assert (answer.samples, answer.same_file, answer.same_picture) == (0, None, ())
    assert len(answer.notes) == 2


def test_a_recompressed_smaller_cropped_copy_is_the_same_picture() -> None:
    bank = database.open_memory()
    for number, picture in enumerate([data.astronaut(), data.coffee(), data.rocket()]):
        store.add(bank, sample(number, hashes=phash.hashes(picture)))
    copy = Image.fromarray(data.coffee()).crop((20, 10, 590, 395)).resize((300, 200))
    buffer = io.BytesIO()
    copy.save(buffer, "JPEG", quality=40)
    pixels = np.asarray(Image.open(buffer))
    (found,) = Searcher(bank).ask("0" * 64, phash.hashes(pixels)).same_picture
    assert found.sample == 2
    assert 0 < found.distance <= phash.SAME
    assert found.by_chance < 1e-3


@pytest.mark.parametrize(
    ("said", "family"),
    [
        ([("fake", "A")], "a"),
        ([("fake", "")], UNNAMED),
        ([("fake", ""), ("fake", "A")], "a"),
        ([("fake", "A"), ("fake", "B")], DISPUTED),
        ([("fake", "A"), ("real", "")], DISPUTED),
        ([("fake", ""), ("real", "")], DISPUTED),
        ([("suspected", "A")], SUSPECTED),
        ([("suspected", "A"), ("real", "")], CAMERA),
    ],
)
def test_statements_make_a_family_or_a_dispute(said: list[tuple[str, str]], family: str) -> None:
    bank = database.open_memory()
    statements = tuple(statement(label, method=method) for label, method in said)
    store.add(bank, sample(1, statements=statements))
    assert families(bank) == {1: family}


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 1.9), st.floats(0.01, 1.9))
def test_a_larger_distance_never_speaks_more_for_the_family(seed: int, a: float, b: float) -> None:
    rng = np.random.default_rng(seed)
    own, others = rng.uniform(0, 1.2, 40), rng.uniform(0.2, 2, 40)
    near, far = sorted((a, b))
    assert likelihood_ratio(near, own, others) >= likelihood_ratio(far, own, others)
    assert abs(likelihood_ratio(near, own, others)) < np.log10(42)


def test_alike_distributions_say_nothing() -> None:
    rng = np.random.default_rng(0)
    own, others = rng.uniform(0, 1, 200), rng.uniform(0, 1, 200)
    assert abs(likelihood_ratio(0.05, own, others)) < 0.3


def test_the_reach_holds_its_share_of_new_members() -> None:
    rng = np.random.default_rng(0)
    held = [rng.exponential() <= reach(rng.exponential(size=39)) for _ in range(4000)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.012)
