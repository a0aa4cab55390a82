import gc
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
def chat_stores():
    """Collect LlamaIndex's unclosed connections while their warnings are ignored."""
    yield
    gc.collect()


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
