"""Bytes that nobody can trust through what reads them: `python -m benchmarks.fuzz TARGET`."""
