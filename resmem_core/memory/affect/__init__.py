"""Twelve neurochemical scores of a text, and the words behind them. Private."""
