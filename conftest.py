"""What cannot be collected without an optional dependency is left out, not failed."""

from importlib.util import find_spec

OPTIONAL = {
    "qdrant_edge": ["benchmarks/cluster/*"],
    "torch": ["training/*", "tests/training/*"],
    "qdrant_client": ["resmem_core/stores/qdrant*.py"],
    "langchain": [
        "resmem_langchain/*",
        "benchmarks/demo/*",
        "benchmarks/turn/langchain.py",
        "tests/langchain/*",
        "tests/demo/*",
    ],
    "llama_index": ["resmem_llamaindex/*", "benchmarks/turn/llamaindex*.py", "tests/llamaindex/*"],
    "mcp": ["resmem_core/mcp/canary.py", "resmem_core/mcp/server.py", "tests/mcp/*"],
    "starlette": ["resmem_core/serve/*", "tests/serve/*"],
    "matplotlib": ["benchmarks/demo/picture.py", "benchmarks/**/plot.py"],
}

collect_ignore_glob = [
    path for package, paths in OPTIONAL.items() if find_spec(package) is None for path in paths
]
