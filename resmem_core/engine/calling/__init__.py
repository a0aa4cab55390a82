"""One call of a model or a tool: the health it starts from, the plan after a failure, its steps.

Private.
"""
