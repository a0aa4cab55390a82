"""Builds the C kernel through cffi; an install without a compiler still succeeds."""

from setuptools import setup

setup(cffi_modules=["cdeps/build_kernel.py:ffibuilder"])
