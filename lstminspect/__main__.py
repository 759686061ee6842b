"""`python -m lstminspect` is the command `lstminspect`."""

import sys

from lstminspect.cli import main

sys.exit(main())
