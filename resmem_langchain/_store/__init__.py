"""LangGraph's `BaseStore`: faithful, and gated where that is asked for."""
