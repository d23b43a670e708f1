"""The command line: `tinygrad-fs`."""

from tinygrad_fs.cli.command import main

__all__ = ["main"]
