"""Self-regulating memory and control for LLM agents."""
