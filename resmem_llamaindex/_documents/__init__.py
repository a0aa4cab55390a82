"""Nodes and documents: memories as nodes, nodes as memories, rescoring of other retrievers."""
