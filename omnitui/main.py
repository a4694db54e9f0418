"""Starts a face. The only module that may import every room, and it imports none before it is needed."""

from __future__ import annotations

import os
import sys

# The first frame has 20 ms altogether: what only types need is not imported.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from omnitui.services.channels.webhooks import Premises
    from omnitui.services.keys.commandline import ConsoleVerbs
    from omnitui.services.session import Session
    from omnitui.ui.start.first_frame import Takeover

INTERRUPTED = 130
_END_SECONDS = 1.0
"""How long the end of the process waits for threads that somebody gave work to and did not wait for."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run omnitui with these words (the process's own by default); returns the exit code.

    0 done, 1 failed, 2 usage, 3 configuration or secret, 130 interrupted.
    """
    if argv is not None:
        return _run(list(argv))
    code = _run(sys.argv[1:])
    _leave(code)
    return code


def _run(words: list[str]) -> int:
    if words in (["--version"], ["-V"]):
        from omnitui import __version__

        print(f"omnitui {__version__}")
        return 0
    _open_streams()
    if "status" in words[:3]:
        from omnitui.cli.prompt import answered
        from omnitui.ui.start.first_frame import folders

        code = answered(words, folders)
        if code is not None:
            return code
    takeover = _first_frame(words)
    from omnitui.errors import OmniError

    try:
        from omnitui.cli.front import run

        code = run(words, console=lambda session: _console(session, takeover), themes=_themes, gateway=_gateway)
        sys.stdout.flush()
        return code
    except OmniError as error:
        _give_back(takeover)
        _say(error.message, error.hint, getattr(error, "pointed", None))
        return error.exit_code
    except KeyboardInterrupt:
        _give_back(takeover)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has gone; the interpreter would complain when it flushes at the end.
        _close_output()
        return 0
    except Exception as error:
        _give_back(takeover)
        if _is_full(error):
            from omnitui.i18n import _

            _close_output()
            _say(_("nothing more can be written: {why}").format(why=getattr(error, "strerror", "")), "")
        else:
            _say(*_crashed(error))
        return 1


def _leave(code: int) -> None:
    """End the process at once where a thread goes on that does not end.

    Python would wait for one that hangs in a call to a back end; and one that reads the enciphered cache while the
    libraries tidy up crashes the process.
    """
    if "threading" not in sys.modules:
        return
    import threading
    from contextlib import suppress
    from time import monotonic

    others = [one for one in threading.enumerate() if one is not threading.current_thread()]
    until = monotonic() + _END_SECONDS
    for one in others:
        if not one.daemon:
            one.join(max(0.0, until - monotonic()))
    if any(one.is_alive() for one in others):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _open_streams() -> None:
    """Give a process that was started with closed descriptors (`>&-`) streams that lead nowhere.

    They take the lowest free descriptors, so that no file of ours becomes the standard output.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def _first_frame(words: list[str]) -> Takeover | None:
    """Draw the top of the list before anything else is imported, where the console is what was asked for."""
    name = words[1] if len(words) > 1 and words[0] == "--profile" else None
    if words[2 if name else 0 :] not in ([], ["console"]):
        return None
    import gc

    from omnitui.ui.start import first_frame

    gc.disable()  # until `omnitui.ui.collection` takes over: starting makes little garbage and much to look through
    return first_frame.show(name)


def _give_back(takeover: Takeover | None) -> None:
    if takeover is not None:
        takeover.restore()


def _console(session: Session, takeover: Takeover | None) -> int:
    if session.locked:
        # The question for the passphrase needs the terminal as it was.
        _give_back(takeover)
        takeover = None
        session.unlock()
    session.withdraw()
    from omnitui.logs import open_log
    from omnitui.ui.console import run_console

    open_log(session.profile.log_file, session.settings.log.level)
    return run_console(session, takeover, _verbs)


def _gateway(premises: Premises) -> int:
    from omnitui.errors import ConfigError
    from omnitui.i18n import _

    try:
        from omnitui.gateway.running import run_gateway
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("omnitui"):
            raise
        message = _("the gateway needs packages that are not installed")
        raise ConfigError(message, hint="pip install 'omnitui[gateway]'") from error
    return run_gateway(premises)


def _verbs() -> ConsoleVerbs:
    from omnitui.cli.commandline import Commands

    return Commands(_themes)


def _themes(own: Path) -> list[tuple[str, str]]:
    from omnitui.ui.look.themes import load, names

    return [(name, load(name, own).title) for name in names(own)]


def _is_full(error: Exception) -> bool:
    """Whether what was written to, standard output perhaps, takes no more: that is no fault of ours."""
    import errno

    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
    return isinstance(error, OSError) and error.errno in full and error.filename is None


def _close_output() -> None:
    from contextlib import suppress

    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(message: str, hint: str, pointed: Callable[[], tuple[str, str] | None] | None = None) -> None:
    from contextlib import suppress

    from omnitui.text.safe import safe

    with suppress(OSError, ValueError):
        print(f"omnitui: {safe(message, multiline=False)}", file=sys.stderr)
        for line in (pointed() if pointed is not None else None) or ():
            print(f"  {safe(line, multiline=False)}", file=sys.stderr)
        if hint:
            print(f"  {safe(hint, multiline=False)}", file=sys.stderr)


def _crashed(error: Exception) -> tuple[str, str]:
    from omnitui import crash
    from omnitui.errors import OmniError
    from omnitui.paths import profile

    try:
        folder = profile().crashes
    except OmniError:
        folder = profile("default").crashes
    return crash.sentences(error, folder)


if __name__ == "__main__":
    sys.exit(main())
