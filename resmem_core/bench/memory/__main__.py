"""`python -m resmem_core.bench.memory`."""

import typer

from resmem_core.bench.memory.command import memory

if __name__ == "__main__":
    typer.run(memory)
