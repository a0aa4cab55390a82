"""Builds the C kernel through cffi; an install without a compiler still succeeds.

All else is in pyproject.toml. One abi3 wheel serves every Python from 3.11 on.
"""

from setuptools import setup

setup(
    cffi_modules=["cdeps/build_kernel.py:ffibuilder"],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
