"""`python -m benchmarks.peers`."""

import typer

from benchmarks.peers.command import peers

if __name__ == "__main__":
    typer.run(peers)
