import asyncio
import gc
import inspect
import threading
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import create_async_engine

from resmem_core import ResilientMemory

from .recorder import Server

# Warnings of LlamaIndex itself: its agents touch deprecated pydantic fields, and its chat store
# leaves SQLite connections to the garbage collector.
THEIRS = (
    "ignore::pydantic.warnings.PydanticDeprecationWarning",
    "ignore:.*aiosqlite:ResourceWarning",
    "ignore:unclosed database:ResourceWarning",
)


def pytest_collection_modifyitems(items):
    """Ignore LlamaIndex's own warnings in this folder, and only here."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            for rule in THEIRS:
                item.add_marker(pytest.mark.filterwarnings(rule))


@pytest.fixture
def chat_stores(request):
    """Clean up after LlamaIndex while its warnings are ignored.

    Its sync methods make an event loop and leave it open: sync tests bring one. Its chat store
    leaves connections open: they are collected here.
    """
    loop = None if inspect.iscoroutinefunction(request.function) else asyncio.new_event_loop()
    if loop is not None:
        asyncio.set_event_loop(loop)
    yield
    gc.collect()
    for thread in threading.enumerate():  # a collected connection's thread still answers its loop
        if "_connection_worker_thread" in thread.name:
            thread.join(timeout=1)
    if loop is not None:
        loop.close()
        asyncio.set_event_loop(None)


@pytest.fixture
def server():
    """A loopback server that records what a provider's client sends."""
    with Server() as running:
        yield running


@pytest.fixture
def memory():
    """An empty memory that keeps everything."""
    with ResilientMemory.open(":memory:", keep=1.0) as opened:
        yield opened


@pytest_asyncio.fixture
async def engine():
    """A database for LlamaIndex's chat store, closed at the end."""
    made = create_async_engine("sqlite+aiosqlite://")
    yield made
    await made.dispose()
