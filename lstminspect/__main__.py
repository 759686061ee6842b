"""`python -m lstminspect` is the command `lstminspect`."""

import sys

from lstminspect.cli.main import main

sys.exit(main())
