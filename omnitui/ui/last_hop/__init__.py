"""What leaves for the terminal: the byte filter and the cell diff, one override under Textual.

`ui/app.py` inherits `LastHopApp`, its screens `LastHopScreen` and `LastHopModal`. Textual's private names are used
in this room only; `tests/ui/test_last_hop_canary.py` fails when an upgrade moves them.
"""

from omnitui.ui.last_hop.app import LastHopApp
from omnitui.ui.last_hop.screen import LastHopModal, LastHopScreen

__all__ = ["LastHopApp", "LastHopModal", "LastHopScreen"]
