"""One tool call: whether it may run now, and what is done when it fails; the memory's own tools."""
