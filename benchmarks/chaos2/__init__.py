"""ChaosBench 2: real agents, failing models and tools, strong opponents.

Its page is docs/chaosbench-agents.md.

Flow: templates → tasks → episode(plant, loop, entrant) → measures → table, JSON, pictures. Pure are
`mind` (the scripted model), `faults`, `families`, `measures`; `plant` and the loops have effects.
"""
