"""account add, list, check, pause, resume, remove."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.cli.writing import seconds_of
from omnitui.clock import SECOND
from omnitui.desk.naming import HEALTH
from omnitui.errors import ConfigError, NotFound, OmniError, UsageError
from omnitui.i18n import N_, _
from omnitui.services.exchange import records

if TYPE_CHECKING:
    from omnitui.ids import Ulid
    from omnitui.model.accounts import Account, LedgerEntry
    from omnitui.sdk.capabilities import Manifest, Secret
    from omnitui.sdk.contract import Health
    from omnitui.services.channels.accounts import Accounts

_ADD_NOTES: Final = N_(
    "The options depend on the kind: omnitui account add KIND --help. Without an option for it, a secret is asked for\n"
    "on the terminal. It is kept in the desktop's Secret Service if that answers, else in an encrypted file."
)


def _add_arguments(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    from omnitui.services.channels.connectors import kinds, load

    found = kinds()
    parser.add_argument("kind", metavar="KIND", help=_("one of: {kinds}").format(kinds=", ".join(found)))
    parser.add_argument("--name", required=True, help=_("what the account is called here"))
    parser.add_argument("--hold", type=seconds_of, metavar="SECONDS", help=_("undo time of replies; 0 sends at once"))
    parser.add_argument("--secrets", choices=["service", "vault"], help=_("where to keep secrets that are typed in"))
    parser.add_argument("--no-check", action="store_true", help=_("do not try the login"))
    # An account may be called as another kind is.
    kind = next(
        (word for before, word in zip(["", *words], words, strict=False) if word in found and before != "--name"), None
    )
    if kind is None:
        return
    manifest = load(kind).manifest
    options = parser.add_argument_group(manifest.title)
    for setting in manifest.settings:
        options.add_argument(
            _option(setting.name),
            required=setting.default is None,
            choices=setting.choices or (("yes", "no") if setting.kind == "bool" else None),
            metavar=None if setting.choices or setting.kind == "bool" else setting.name.upper(),
            help=setting.help.replace("%", "%%"),
        )
    for secret in manifest.secrets:
        _secret_arguments(parser, secret)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _secret_arguments(parser: argparse.ArgumentParser, secret: Secret) -> None:
    option = _option(secret.name)
    group = parser.add_argument_group(secret.help).add_mutually_exclusive_group()
    group.add_argument(f"{option}-stdin", action="store_true", help=_("read it from standard input"))
    group.add_argument(
        f"{option}-command", nargs="+", metavar="ARGV", help=_("a command that prints it, run each time it is needed")
    )
    group.add_argument(f"{option}-env", metavar="NAME", help=_("a variable that holds it, read each time"))


def _add(shell: Shell) -> int:
    from omnitui.services.channels.connectors import load
    from omnitui.services.secrecy.secrets import joined

    arguments = shell.arguments
    accounts = shell.session.accounts
    try:
        manifest = load(arguments.kind).manifest
    except NotFound as error:
        raise UsageError(error.message, hint=error.hint) from error
    given = {setting.name: getattr(arguments, setting.name) for setting in manifest.settings}
    settings = {name: value for name, value in given.items() if value is not None}
    accounts.refuse(manifest, arguments.name, settings)
    account_id = accounts.id_for(manifest.kind, settings)
    hold = arguments.hold if arguments.hold is not None else round(shell.session.settings.replies.hold * SECOND)
    secret_ref = joined(_secrets(shell, manifest, account_id))
    account = accounts.add(
        manifest.kind, arguments.name, settings, secret_ref=secret_ref, account_id=account_id, hold=hold
    )
    if shell.out.text:
        shell.out.line(account.id)
    if not arguments.no_check:
        health = _checked(accounts, account)
        shell.out.say(health.message)
        if not health.ok:
            shell.out.say(health.hint or _("it was added all the same; omnitui account check tries again"))
    if not shell.out.text:
        _print(shell, [accounts.get(account.id)], one=True)
    return 0


def _secrets(shell: Shell, manifest: Manifest, account_id: Ulid) -> dict[str, str]:
    """Where each of the account's secrets lies; those that are given now are kept. Raises ConfigError, UsageError."""
    from omnitui.services.secrecy.secrets import command_ref, env_ref

    refs: dict[str, str] = {}
    store: str | None = shell.arguments.secrets
    for secret in manifest.secrets:
        argv: list[str] | None = getattr(shell.arguments, f"{secret.name}_command")
        variable: str | None = getattr(shell.arguments, f"{secret.name}_env")
        if argv:
            refs[secret.name] = command_ref(_argv(argv))
        elif variable:
            refs[secret.name] = env_ref(variable)
        else:
            value = _typed(shell, secret)
            if value is None:
                continue
            secrets = shell.session.accounts.secrets
            store = store or secrets.choose()
            refs[secret.name] = secrets.keep(store, account_id, secret.name, value)
    return refs


def _argv(words: list[str]) -> list[str]:
    if len(words) > 1:
        return words
    import shlex

    try:
        return shlex.split(words[0]) or words
    except ValueError as error:
        raise UsageError(_("the password command has an open quote")) from error


def _typed(shell: Shell, secret: Secret) -> str | None:
    """A secret from standard input or the person; None for an optional one that nobody gave."""
    if getattr(shell.arguments, f"{secret.name}_stdin"):
        line = shell.input().partition("\n")[0].removesuffix("\r")
        if not line:
            raise UsageError(_("standard input holds no secret"))
        return line
    if not secret.required:
        return None
    if sys.stdin is None or not sys.stdin.isatty():
        option = _option(secret.name)
        raise ConfigError(
            _("{name} is needed, and there is no terminal to ask on").format(name=secret.name),
            hint=f"{option}-stdin, {option}-command ARGV, {option}-env NAME",
        )
    from getpass import getpass

    value = getpass(f"{secret.help}: ", sys.stderr)
    if not value:
        raise ConfigError(_("{name} is empty").format(name=secret.name))
    return value


def _checked(accounts: Accounts, account: Account) -> Health:
    from omnitui.services import background

    return background.run(accounts.check(account))


def _print(shell: Shell, accounts: list[Account], *, one: bool = False) -> None:
    from omnitui.services.secrecy.secrets import stores
    from omnitui.store.reads import ledger

    fields = [
        records.account(item, stores(item.secret_ref), shell.session.cache.read(ledger.counted, item.id))
        for item in accounts
    ]
    if one:
        shell.out.one("account", fields[0], "")
    else:
        shell.out.many("account", fields)


def health_word(account: Account, entry: LedgerEntry | None) -> str:
    """How an account stands, from the line of its ledger that is about the whole of it."""
    health = "paused" if account.paused else entry.health if entry else "new"
    return _(HEALTH.get(health, health))


def _none() -> str:
    return _("there are no accounts yet: omnitui account add KIND --help, or omnitui demo")


def _list(shell: Shell) -> int:
    from omnitui.services.secrecy.secrets import stores
    from omnitui.store.reads import ledger

    accounts = shell.session.accounts.all()
    if not shell.out.text:
        _print(shell, accounts)
        return 0
    rows: list[tuple[str, ...]] = []
    for account in accounts:
        entries = shell.session.cache.read(ledger.entries, account.id)
        whole = next((entry for entry in entries if not entry.scope), None)
        health = health_word(account, whole)
        synced = shell.out.time(whole.last_sync_at if whole else None)
        error = whole.error if whole else ""
        rows.append((account.id, account.name, account.kind, health, synced, stores(account.secret_ref), error))
    shell.out.table(rows, widths=(26, 24, 10, 16, 16, 10, 0))
    if not rows:
        shell.out.say(_none())
    return 0


def _names(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("accounts", nargs="+", metavar="ACCOUNT", help=_("names or ids of accounts"))


def _some_names(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("accounts", nargs="*", metavar="ACCOUNT", help=_("names or ids; all where none is given"))


def named(shell: Shell) -> list[Account]:
    """The accounts that the words name, all of them for none; unknown ones are told and skipped."""
    found: list[Account] = []
    for name in shell.arguments.accounts:
        try:
            found.append(shell.session.accounts.get(name))
        except OmniError as error:
            shell.fail(error.message, error.hint)
    return found if shell.arguments.accounts else shell.session.accounts.all()


def _check(shell: Shell) -> int:
    results: list[records.Fields] = []
    # Without names, those that are synced: a paused one may have nothing behind it any more.
    asked = [account for account in named(shell) if shell.arguments.accounts or not account.paused]
    for account in asked:
        health = _checked(shell.session.accounts, account)
        results.append(records.health(health, account))
        if not health.ok:
            shell.failed(3 if health.refused else 1)
        if shell.out.text:
            shell.out.line(f"{account.name}: {health.message}")
            if health.hint:
                shell.out.say("  " + health.hint)
    if not shell.out.text:
        shell.out.many("health", results)
    elif not asked and not shell.code:
        shell.out.say(_none())
    return shell.code


def _each(act: Callable[[Accounts, Account], list[str] | None]) -> Callable[[Shell], int]:
    def run(shell: Shell) -> int:
        accounts = shell.session.accounts
        found = named(shell)
        for account in found:
            for trouble in act(accounts, account) or ():
                shell.fail(trouble)
            if shell.out.text:
                shell.out.line(account.id)
        if not shell.out.text:
            ids = {account.id for account in found}
            _print(shell, [account for account in accounts.all() if account.id in ids])
        return shell.code

    return run


VERBS: Final = {
    "account add": Verb(_add, _add_arguments, notes=_ADD_NOTES),
    "account list": Verb(_list),
    "account check": Verb(_check, _some_names),
    "account pause": Verb(_each(lambda accounts, account: accounts.pause(account)), _names),
    "account resume": Verb(_each(lambda accounts, account: accounts.resume(account)), _names),
    "account remove": Verb(_each(lambda accounts, account: accounts.remove(account)), _names),
}
