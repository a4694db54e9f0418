"""The options that say where a key lies: in a store of secrets, or with the user."""

from __future__ import annotations

import argparse

from omnitui.i18n import _


def add_options(parser: argparse.ArgumentParser) -> None:
    """--secrets, --key-command and --key-env, of which one may be given."""
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--secrets", choices=["service", "vault"], help=_("where to keep a new key"))
    place.add_argument("--key-command", nargs="+", metavar="ARGV", help=_("a command that prints a key of your own"))
    place.add_argument("--key-env", metavar="NAME", help=_("a variable that holds a key of your own"))


def own_key(arguments: argparse.Namespace) -> str | None:
    """The key of the user's own that was named, as `Secrets.get` takes it; None where none was."""
    from omnitui.services.secrecy.secrets import command_ref, env_ref

    if arguments.key_command:
        return command_ref(arguments.key_command)
    return env_ref(arguments.key_env) if arguments.key_env else None
