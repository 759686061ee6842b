"""The command line."""

from lstminspect.cli.main import main

__all__ = ["main"]
