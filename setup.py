"""Package build; the C kernel joins here."""

from setuptools import setup

setup()
