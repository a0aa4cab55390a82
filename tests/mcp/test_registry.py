"""What the MCP registry is told."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_registry_is_told_of_the_package_that_there_is() -> None:
    """Name and version are the package's."""
    told = json.loads((ROOT / "server.json").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (package,) = told["packages"]

    assert package["identifier"] == project["name"]
    assert package["identifier"] in project["scripts"]
    assert told["version"] == package["version"] == project["version"]
