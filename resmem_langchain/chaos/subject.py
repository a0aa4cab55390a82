"""The user's agent: found by PATH:FACTORY, built as it is, and built with Resilient Memory."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import langchain.agents
from langchain.agents.middleware import AgentMiddleware
from langchain_core.tools import BaseTool

from resmem_core.errors import InputError

Middleware = Sequence[AgentMiddleware[Any, Any, Any]]
Factory = Callable[..., Any]


def load(path: str) -> Factory:
    """The factory that `my_agent:build` or `folder/my_agent.py:build` names.

    Raises:
        InputError: the text is no such pair, or there is no such module or function.
    """
    module, colon, name = path.rpartition(":")
    if not (module and colon and name.isidentifier()):
        raise InputError(f"name the agent as my_agent:build, got {path!r:.80}")
    found = getattr(_module(module), name, None)
    if not callable(found):
        raise InputError(f"{module} has no function {name!r}")
    made: Factory = found
    return made


def _module(name: str) -> Any:
    file = Path(name)
    if file.suffix == ".py":
        if not file.is_file():
            raise InputError(f"there is no file {name}")
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[file.stem] = module
        spec.loader.exec_module(module)
        return module
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(f"there is no module {error.name!r}: run it where it lies") from error


class Built:
    """An agent, and the tools that it was given."""

    def __init__(self, agent: Any, tools: Sequence[BaseTool]) -> None:
        self.agent = agent
        self.tools = tuple(tools)


def build(factory: Factory, more: Middleware = ()) -> Built:
    """Build the agent; `more` middleware comes last in the list, which is innermost.

    A factory with a parameter `middleware` gets it there; otherwise `create_agent` adds it, under
    whatever name the factory's module holds it.

    Raises:
        InputError: what was built cannot be invoked, or takes no middleware.
    """
    tools: list[BaseTool] = []
    takes = "middleware" in inspect.signature(factory).parameters
    with _adding(() if takes else tuple(more), tools) as used:
        agent = factory(middleware=list(more)) if takes and more else factory()
    if not hasattr(agent, "invoke"):
        raise InputError(f"the factory must return an agent, got {type(agent).__name__}")
    if more and not takes and not used:
        raise InputError(
            "the factory does not call create_agent: give it a parameter `middleware`, "
            "or pass --without-only"
        )
    return Built(agent, tools)


@contextmanager
def _adding(more: tuple[Any, ...], tools: list[BaseTool]) -> Iterator[list[bool]]:
    """Within the block `create_agent` notes its tools and adds middleware."""
    original = langchain.agents.create_agent
    used: list[bool] = []

    def create(model: Any, given: Any = None, **settings: Any) -> Any:
        given = given if given is not None else settings.pop("tools", None)
        settings.pop("tools", None)
        used.append(True)
        tools.extend(tool for tool in given or () if isinstance(tool, BaseTool))
        settings["middleware"] = [*settings.get("middleware", ()), *more]
        return original(model, given, **settings)

    places = [
        (module, name)
        for module in list(sys.modules.values())
        if hasattr(module, "__dict__")
        for name, value in list(vars(module).items())
        if value is original
    ]
    patches = [patch.object(module, name, create) for module, name in places]
    for one in patches:
        one.start()
    try:
        yield used
    finally:
        for one in reversed(patches):
            one.stop()
