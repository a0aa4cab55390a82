"""What a serializable component was built with: whose memory, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.bridge.pydantic import BaseModel, Field, PrivateAttr

from resmem_core.types import check_namespace
from resmem_llamaindex._turn.scope import NamespaceOf, by_name, register, registered, taken

if TYPE_CHECKING:
    from resmem_core import ResilientMemory


class ComponentBase(BaseModel):
    """Takes a memory and a namespace; stand it before LlamaIndex's own base class.

    An open memory and a function are never serialized: a restored component finds its memory by
    the name under which it is registered. Ids by name (`user_id`, `agent_id`, `run_id`, `tenant`)
    fill fields of the namespace, or make one; `run_id` is the conversation where none is named.
    """

    memory_name: str | None = Field(default=None, description="Name of the registered memory.")
    namespace: tuple[str, ...] | None = Field(default=None, description="Whose memory.")

    _memory: Any = PrivateAttr(default=None)
    _namespace_of: Any = PrivateAttr(default=None)

    def __init__(
        self,
        memory: ResilientMemory | None = None,
        *,
        namespace: NamespaceOf | None = None,
        **kwargs: Any,
    ) -> None:
        names = taken(kwargs)
        namespace = by_name(namespace, names)
        if "run_id" in names and "session_id" in type(self).model_fields:
            kwargs.setdefault("session_id", names["run_id"])
        if memory is not None:
            kwargs["memory_name"] = register(memory, kwargs.get("memory_name"))
        if namespace is not None and not callable(namespace):
            kwargs["namespace"] = check_namespace(namespace)
        super().__init__(**kwargs)
        self._memory = memory
        self._namespace_of = namespace if callable(namespace) else None

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        private = {**state["__pydantic_private__"], "_memory": None, "_namespace_of": None}
        return {**state, "__pydantic_private__": private}

    def _place(self) -> tuple[ResilientMemory, NamespaceOf | None]:
        """The memory, and the namespace or the function that gives it."""
        return self._memory or registered(self.memory_name), self._namespace_of or self.namespace
