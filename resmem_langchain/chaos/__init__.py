"""`resmem chaos`: faults around a user's own agent, without a change of its code.

`faults` and `families` are pure and shared with the benchmark; `proxy` stands before models and
tools while a trial runs; `trial` plays tasks, `certificate` says what was survived.
"""
