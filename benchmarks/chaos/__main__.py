"""`python -m benchmarks.chaos`."""

import typer

from benchmarks.chaos.command import chaos

if __name__ == "__main__":
    typer.run(chaos)
