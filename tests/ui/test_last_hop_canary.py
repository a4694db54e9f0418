"""The last hop stands on private names of Textual: an upgrade that moves them must fail here, not on a screen.

When this fails: read the new source of what changed, adapt `omnitui/ui/last_hop`, run its tests in the pty, and take
the new digest over (the failure message prints it).
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from typing import Any

import pytest
import rich.style
from textual import _compositor, _parser, _xterm_parser, app, constants, driver, message_pump, screen, strip, widget
from textual._queue import Queue
from textual.drivers import linux_driver

HOOKED: dict[str, tuple[Any, str]] = {
    "App._display": (app.App._display, "4b78dff6669a"),
    "App._build_driver": (app.App._build_driver, "2838e509bae0"),
    "App._fatal_error": (app.App._fatal_error, "2474616cec7f"),
    "App._watch_theme": (app.App._watch_theme, "a6de38d37b42"),
    "App._begin_update": (app.App._begin_update, "74b869c65286"),
    "App.copy_to_clipboard": (app.App.copy_to_clipboard, "f3e8b4ade76a"),
    "App._set_pointer_shape": (app.App._set_pointer_shape, "55b4485417c4"),
    "App.get_default_screen": (app.App.get_default_screen, "511c6eebbc38"),
    "App.get_driver_class": (app.App.get_driver_class, "b4903f3dba39"),
    "App.on_event": (app.App.on_event, "3dbf14d69491"),
    "App._context": (app.App._context, "5dc6d48d3cd4"),
    "MessagePump._context": (message_pump.MessagePump._context, "7b64ec429886"),
    "App._on_resize": (app.App._on_resize, "62d14429be32"),
    "App._check_resize": (app.App._check_resize, "66ccc6e5bae7"),
    "Screen._on_resize": (screen.Screen._on_resize, "ba5f7fb1b5a3"),
    "Screen._on_idle": (screen.Screen._on_idle, "05781131b10d"),
    "Screen._on_timer_update": (screen.Screen._on_timer_update, "421401660de1"),
    "Screen._compositor_refresh": (screen.Screen._compositor_refresh, "7a40efe56381"),
    "LayoutUpdate": (_compositor.LayoutUpdate, "619efe1cea78"),
    "ChopsUpdate": (_compositor.ChopsUpdate, "7c7d3e0bf714"),
    "InlineUpdate": (_compositor.InlineUpdate, "869a200399d5"),
    "Compositor.render_partial_update": (_compositor.Compositor.render_partial_update, "888dccc892d8"),
    "Compositor.render_full_update": (_compositor.Compositor.render_full_update, "ce99ccda4d24"),
    "Compositor._get_renders": (_compositor.Compositor._get_renders, "8ac93299aa5d"),
    "Compositor._render_chops": (_compositor.Compositor._render_chops, "ca8c3359d7af"),
    "Widget._on_focus": (widget.Widget._on_focus, "5319a4d73a1e"),
    "Widget._on_blur": (widget.Widget._on_blur, "fff76a4c61b9"),
    "Screen.set_focus": (screen.Screen.set_focus, "56cfb5778970"),
    "Widget.focus": (widget.Widget.focus, "ffc1710b0835"),
    "Widget.watch_has_focus": (widget.Widget.watch_has_focus, "387d9eae398b"),
    "Widget.refresh": (widget.Widget.refresh, "b1ce3392c9c0"),
    "Widget._check_refresh": (widget.Widget._check_refresh, "ad1c8196be97"),
    "Strip.render": (strip.Strip.render, "2ba7a4913a72"),
    "LinuxDriver": (linux_driver.LinuxDriver, "ec65992e0f98"),
    "Driver.process_message": (driver.Driver.process_message, "af9cb0baaf15"),
    "Driver.send_message": (driver.Driver.send_message, "4ecf73a431b2"),
    "Parser.tick": (_parser.Parser.tick, "44606084ad3b"),
    "Parser.feed": (_parser.Parser.feed, "390106cde019"),
    "XTermParser": (_xterm_parser.XTermParser, "fc1e32fb7a4a"),
    "Queue": (Queue, "76cfe3a5e162"),
    "MessagePump.post_message": (message_pump.MessagePump.post_message, "cbfe6996db20"),
    "Style._make_ansi_codes": (rich.style.Style._make_ansi_codes, "c55d3213253e"),
}


def digest(hooked: Any) -> str:
    return hashlib.sha256(inspect.getsource(hooked).encode()).hexdigest()[:12]


@pytest.mark.parametrize("name", HOOKED)
def test_hooked_source_is_the_one_that_was_read(name: str) -> None:
    hooked, known = HOOKED[name]
    assert digest(hooked) == known, f"{name} changed: its digest is now {digest(hooked)}"


def test_names_read_by_attribute_exist() -> None:
    assert isinstance(constants.ESCAPE_DELAY, float)
    assert hasattr(asyncio.Event(), "_waiters")
    assert hasattr(_parser.Parser, "tick")
    made = app.App[None]()
    for name in (
        "_batch_count",
        "_exit_renderables",
        "_filters",
        "_notifications",
        "_previous_cursor_position",
        "_screen_stack",
        "_sync_available",
    ):
        assert hasattr(made, name), name
    assert hasattr(screen.Screen[None](), "_tooltip_widget")
    assert hasattr(_xterm_parser.XTermParser(), "_timeout_time")
    assert hasattr(_xterm_parser.XTermParser(), "_tokens")
