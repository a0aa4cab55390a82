"""`python -m resmem_core.bench.sleep`."""

import typer

from resmem_core.bench.sleep.command import sleep

if __name__ == "__main__":
    typer.run(sleep)
