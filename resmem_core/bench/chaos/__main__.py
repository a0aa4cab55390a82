"""`python -m resmem_core.bench.chaos`."""

import typer

from resmem_core.bench.chaos.command import chaos

if __name__ == "__main__":
    typer.run(chaos)
