"""`python -m tinygrad_fs` is `tinygrad-fs`."""

import sys

from tinygrad_fs.cli import main

if __name__ == "__main__":
    sys.exit(main())
