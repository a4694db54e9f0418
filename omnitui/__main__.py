"""`python -m omnitui` is the command."""

from __future__ import annotations

import sys

from omnitui.main import main

sys.exit(main())
