"""What cannot be collected without an optional dependency is left out, not failed."""

from importlib.util import find_spec

OPTIONAL = {
    "torch": ["resmem_core/training/*", "tests/training/*"],
    "ollama": ["resmem_core/memory/ollama.py"],
    "qdrant_client": ["resmem_core/stores/qdrant*.py"],
    "langchain": ["resmem_langchain/*", "tests/langchain/*", "tests/demo/*"],
    "llama_index": ["resmem_llamaindex/*", "tests/llamaindex/*"],
    "matplotlib": ["resmem_langchain/demo/picture.py", "resmem_core/bench/**/plot.py"],
}

collect_ignore_glob = [
    path for package, paths in OPTIONAL.items() if find_spec(package) is None for path in paths
]
