"""The conformance kit: what every connector must hold, whatever it speaks to.

A connector's tests give the kit a rig, that is a connector with a back end to play on, and run every check:

    @pytest.mark.parametrize("check", checks_for(MyRig), ids=lambda check: check.name)
    async def test_conformance(check: Check, rig: MyRig) -> None:
        await check.run(rig)

What a rig cannot do it names in `lacks`, with the reason; the test reports it. See docs/connectors.md.
"""

from omnitui.sdk.conformance.checks import CHECKS, Check, checks_for
from omnitui.sdk.conformance.rig import Nonconformity, Rig
from omnitui.sdk.conformance.view import Shown, shown

__all__ = ["CHECKS", "Check", "Nonconformity", "Rig", "Shown", "checks_for", "shown"]
