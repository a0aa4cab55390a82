"""ChaosBench: a simulated agent under hidden, delayed and confounded faults; `run.run` runs it."""
