"""Which tools an agent may call now; the memory's own tools."""
