"""The control loop of one session: signals in, knobs out, and what it says about itself.

Private.
"""
