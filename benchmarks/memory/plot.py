"""Pictures: recall@10 against the time of a search and what is stored; relevance against right."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from resmem_core.errors import missing_extra

_OURS: Final = "#0b6e4f"
_PLAIN: Final = "#8a8f98"
_NAMES: Final = {"ours": "ours", "bm25s": "BM25", "cosine": "cosine", "rrf": "rank fusion"}


def stem(result: dict[str, Any]) -> str:
    """What the files of a result are called, without their endings.

    >>> stem({"embedder": "lexical-256"})
    'memory-lexical-256'
    """
    return "memory-" + "".join(c if c.isalnum() else "-" for c in result["embedder"])


def draw(result: dict[str, Any], out: Path) -> list[Path]:
    """Write the pictures of a result of `run`.

    Returns:
        The paths of the files.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: PLC0415  # optional, and slow to import

        matplotlib.use("Agg")
        from matplotlib import pyplot  # noqa: PLC0415
    except ImportError as error:
        raise missing_extra("plot", "matplotlib") from error
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    pictures = {"latency": _latency, "storage": _storage, "reliability": _reliability}
    for name, fill in pictures.items():
        figure, axes = pyplot.subplots(figsize=(6.4, 4.2), layout="constrained")
        axes.set_ylabel("recall@10 of evidence")
        fill(axes, result)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
        path = out / f"{stem(result)}-{name}.png"
        figure.savefig(path, dpi=150)
        pyplot.close(figure)
        paths.append(path)
    return paths


def _label(axes: Any, text: str, x: float, y: float) -> None:
    axes.annotate(text, (x, y), xytext=(7, 4), textcoords="offset points", fontsize=9)


def _latency(axes: Any, result: dict[str, Any]) -> None:
    rows = {"ours": result["recall"], **result["controls"]}
    for name, cost in result["cost"].items():
        color = _OURS if name == "ours" else _PLAIN
        axes.scatter(cost["ms"], rows[name]["10"], color=color, s=48, zorder=3)
        _label(axes, _NAMES[name], cost["ms"], rows[name]["10"])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.25, y=0.15)
    axes.set_xlabel("milliseconds of a search, median (with the question's embedding)")
    axes.set_title(f"{result['embedder']}, {result['questions']} questions", fontsize=10)


def _storage(axes: Any, result: dict[str, Any]) -> None:
    """Ours by budget, and a random choice of as many messages."""
    whole_size = result["cost"]["ours"]["bytes"]
    whole = {"1": {"kept": 1.0, "recall10": result["recall"]["10"]}}
    lines = {
        "our gate": (result["gate"], _OURS),
        "random": (_budgets(result["controls"]["random"]), _PLAIN),
    }
    for name, (levels, color) in lines.items():
        points = sorted(
            (row.get("bytes", row["kept"] * whole_size) / 1024, row["recall10"])
            for row in {**whole, **levels}.values()
        )
        axes.plot(*zip(*points, strict=True), "o-", color=color, label=name)
    bm25 = result["cost"]["bm25s"]["bytes"] / 1024
    axes.scatter(bm25, result["controls"]["bm25s"]["10"], color=_PLAIN, marker="s", zorder=3)
    _label(axes, "BM25 over all, text only", bm25, result["controls"]["bm25s"]["10"])
    axes.set_xlim(left=0)
    axes.set_xlabel("KiB stored per observed message")
    axes.set_title(f"{result['embedder']}: what a budget costs", fontsize=10)
    axes.legend(frameon=False)


def _budgets(control: dict[str, Any]) -> dict[str, Any]:
    """What a control keeps by budget, without its own recall."""
    return {level: row for level, row in control.items() if isinstance(row, dict)}


def _reliability(axes: Any, result: dict[str, Any]) -> None:
    """How often a top relevance was right; a point's size is its number of questions."""
    rows = result["relevance"]["reliability"]
    most = max(row["questions"] for row in rows)
    axes.plot([0, 1], [0, 1], color=_PLAIN, linestyle="--", label="as often as it says")
    axes.plot(
        [row["relevance"] for row in rows], [row["right"] for row in rows], color=_OURS, alpha=0.6
    )
    axes.scatter(
        [row["relevance"] for row in rows],
        [row["right"] for row in rows],
        s=[20 + 180 * row["questions"] / most for row in rows],
        color=_OURS,
        label="questions",
        zorder=3,
    )
    axes.axvline(result["relevance"]["default"], color=_PLAIN, linewidth=1, label="default")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("relevance of the best hit")
    axes.set_ylabel("share with a right memory, or one beside it")
    axes.set_title(f"{result['data']}: relevance and truth", fontsize=10)
    axes.legend(frameon=False, loc="upper left")
