"""`python -m benchmarks.memory`."""

import typer

from benchmarks.memory.command import memory

if __name__ == "__main__":
    typer.run(memory)
