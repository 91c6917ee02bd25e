"""The data files: what the assistant says in its own voice and what staff may tune."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def load(name: str) -> Any:
    """The parsed content of ``<name>.yml``; the same object each time, so do not change it."""
    return yaml.safe_load(files(__package__).joinpath(f"{name}.yml").read_text("utf-8"))
