"""What consolidation costs, and what a memory looks like after months of it."""
