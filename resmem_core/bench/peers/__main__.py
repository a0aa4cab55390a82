"""`python -m resmem_core.bench.peers`."""

import typer

from resmem_core.bench.peers.command import peers

if __name__ == "__main__":
    typer.run(peers)
