"""What a face works with: one profile's settings, cache, operations and accounts, opened together."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from omnitui.bus import Bus
from omnitui.clock import SECOND, Clock, Millis
from omnitui.config.files import load_settings
from omnitui.config.settings import Settings
from omnitui.i18n import use_language
from omnitui.paths import Profile
from omnitui.store.cache import Cache, given_by_settings, login_name
from omnitui.store.faults import CacheDamaged, CacheError
from omnitui.store.sharing import NOTE
from omnitui.text.secrets.covering import cover

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from omnitui.desk.querying.parsing import Query
    from omnitui.desk.times.calendar import Calendar
    from omnitui.services.acting.operations import Operations
    from omnitui.services.channels.accounts import Accounts
    from omnitui.services.recovery.inspection import Inspection
    from omnitui.services.secrecy.sealing import Sealing
    from omnitui.services.secrecy.secrets import Secrets
    from omnitui.services.triage.views import Names, Views
    from omnitui.store.recovery.mending import Mended
    from omnitui.store.writer import Tx
    from omnitui.sync.engine import Engine


class Session:
    """One opened profile. Cheap: operations, accounts and the engine are made when they are first used."""

    def __init__(
        self, profile: Profile, settings: Settings, cache: Cache, bus: Bus, secrets: Secrets | None = None
    ) -> None:
        self.profile = profile
        self.settings = settings
        self.cache = cache
        self.bus = bus
        self.mended: Mended | None = None
        """What was done about a damaged cache as it was opened."""
        self._secrets = secrets

    @classmethod
    def open(cls, profile: Profile, *, clock: Clock | None = None) -> Session:
        """Read the settings and open the cache, making the folders where they are missing.

        The passphrase may be asked for, where the cache is encrypted and its key lies in the vault.

        Raises:
            ConfigError: A setting is wrong, or the key of the cache cannot be had.
            Refused: The cache was made by a newer omnitui.
            CacheDamaged: It has to be mended, and another omnitui has it open.
        """
        settings = load_settings(profile)
        if settings.language:
            use_language(settings.language)
        cover(settings.privacy.screen)
        profile.make()
        secrets = unlocked(profile)
        bus = Bus()
        cache, mended = _opened(profile, clock, bus)
        session = cls(profile, settings, cache, bus, secrets)
        session.mended = mended
        session.introduce()
        return session

    @cached_property
    def operations(self) -> Operations:
        from omnitui.services.acting.operations import Operations

        return Operations(self.cache, self.holds)

    @property
    def holds(self) -> dict[str, Millis]:
        """The undo times by channel."""
        return {channel: round(seconds * SECOND) for channel, seconds in self.settings.replies.hold_by_channel.items()}

    def renew_holds(self) -> None:
        """Take the undo times by channel from the settings as they are now."""
        self.__dict__.pop("operations", None)

    @cached_property
    def views(self) -> Views:
        """The views in force."""
        from omnitui.services.triage.views import read_views

        return read_views(self.profile, self.settings)

    def renew_views(self, views: Views) -> None:
        """Put these views in force, as the file says them now."""
        self.__dict__.pop("_view_names", None)
        self.views = views

    @cached_property
    def _view_names(self) -> Names:
        from omnitui.services.triage.views import Names

        return Names(self.views)

    @cached_property
    def accounts(self) -> Accounts:
        from omnitui.environment import keep_back
        from omnitui.services.channels.accounts import Accounts

        # One account's command must not see another account's password.
        keep_back(self._secret_names())
        return Accounts(self.profile, self.cache, self._secrets)

    @cached_property
    def sealing(self) -> Sealing:
        from omnitui.services.secrecy.sealing import Sealing

        return Sealing(self.profile, self.cache, self.accounts.secrets)

    @cached_property
    def inspection(self) -> Inspection:
        """Looks for damage in the background, once in this process."""
        from omnitui.services.recovery.inspection import Inspection

        return Inspection(self.cache.path, self.cache.clock, self.bus)

    @cached_property
    def zone(self) -> tzinfo:
        """The zone in which times are shown and read."""
        return self.settings.zone()

    def query(self, text: str, at: Millis | None = None, *, views: Names | None = None) -> Query:
        """The query that `text` says, seen from here and now, or from another time. Raises QueryError.

        `views`: what `view:` names; those of this session where not given.
        """
        from omnitui.desk.querying.parsing import parse
        from omnitui.desk.sharing.teams import known_teams

        me, now = self.cache.me(), self.cache.clock.now() if at is None else at
        teams = known_teams(self.settings.teams, me) if self.settings.teams else {}
        named = views or self._view_names
        return parse(text, now=now, me=me.id, zone=self.zone, teams=teams, views=named, calendars=self.calendars)

    def calendars(self) -> Mapping[str, Calendar]:
        """The calendars in force, by name: those of sla.toml as the process that syncs has read it last."""
        from omnitui.desk.promises.agreements import load_calendars
        from omnitui.store.reads.sla import in_force

        return load_calendars(self.cache.read(in_force))

    def engine(self) -> Engine:
        """The sync engine over this session's accounts; running it needs the lease. From now on the log is sealed."""
        from omnitui.services.privacy.expiry import Expiry
        from omnitui.services.programs.happenings import Happenings
        from omnitui.services.programs.hooks import Hooks
        from omnitui.services.recovery.safekeeping import Safekeeping
        from omnitui.services.rules.watch import RuleWatch
        from omnitui.services.triage.agreements import Agreements
        from omnitui.sync.engine import Engine

        self.sealing.start()
        seconds = self.settings.hooks.seconds
        keeping = Safekeeping(self.cache.path, self.cache.clock, self.bus, lambda: self.settings.snapshots)
        rules = RuleWatch(self)
        return Engine(
            self.cache,
            self.accounts.connect,
            wake_due=self.operations.wake_due,
            ask=Hooks(self.profile, self.cache, seconds, lenient=self.settings.hooks.unsure == "send").before_send,
            follower=Happenings(self.profile, self.cache, seconds),
            chores=(keeping.run, Expiry(self).run, Agreements(self).run, self.inspection.run, rules.run),
            settle=rules.settle,
        )

    def wake_due(self) -> None:
        """End snoozes and notice windows whose time has come, where no engine runs that would."""
        from omnitui.store.reads.inbox import something_due

        if self.cache.read(something_due, self.cache.clock.now()):
            self.operations.wake_due()

    @property
    def locked(self) -> bool:
        """Whether a passphrase has to be asked for before the screen is taken."""
        from omnitui.store.reads.accounts import accounts

        refs = [account.secret_ref for account in self.cache.read(accounts) if not account.paused]
        return any("vault:" in ref for ref in refs) and self.accounts.secrets.needs_passphrase(refs)

    def unlock(self) -> None:
        """Ask for the passphrase. Raises ConfigError: there is no way to ask, or it is wrong."""
        self.accounts.secrets.vault.unlock()

    def withdraw(self) -> None:
        """Take secrets out of our environment, which programs that are started would inherit; they stay known here."""
        if names := self._secret_names():
            from omnitui.services.secrecy.passphrase import withdraw

            withdraw(names)

    def _secret_names(self) -> list[str]:
        """The variables that hold secrets of this profile, those that are not set included."""
        import os

        from omnitui.services.secrecy.protection import Protection
        from omnitui.store.reads.accounts import accounts

        names = [name for name in os.environ if name.startswith("OMNITUI_VAULT_")]
        own = Protection(self.profile)
        held = [*(account.secret_ref for account in self.cache.read(accounts)), own.ref("cache"), own.ref("log")]
        if texts := [ref for ref in held if "env:" in ref]:
            from omnitui.services.secrecy.secrets import refs

            found = [ref for text in texts for ref in refs(text).values()]
            names += [ref.removeprefix("env:") for ref in found if ref.startswith("env:")]
        return names

    def close(self) -> None:
        """Finish the writes that were begun and let go of the cache."""
        if "sealing" in self.__dict__:
            self.sealing.stop()
        self.cache.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def introduce(self) -> None:
        """Let the profile's agent have the name and addresses that the settings give.

        What they gave before and give no more goes; what was never theirs stays.
        """
        wanted, me = self.settings.agent, self.cache.me()
        name, addresses = self.cache.read(given_by_settings)
        named = replace(
            me,
            name=wanted.name or (login_name() if name and name == me.name else me.name),
            addresses=wanted.addresses or (() if addresses == me.addresses else me.addresses),
        )
        if named != me or (name, addresses) != (wanted.name, wanted.addresses):
            from omnitui.store.accounts import note_given, put_agent

            def work(tx: Tx) -> None:
                note_given(tx, wanted.name, wanted.addresses)
                if named != me:
                    put_agent(tx, named)

            # What a disk that takes no writes keeps from being noted is noted when it does.
            with suppress(*(() if named != me else (CacheError,))):
                self.cache.write(work)
            self.cache.forget_me()
        if self.settings.agents or self.settings.teams:
            from omnitui.services.triage.colleagues import introduce, named_in

            with suppress(CacheError):  # as above
                introduce(self.cache, named_in(self.settings))


def unlocked(profile: Profile) -> Secrets | None:
    """Have this process use the key of an encrypted cache; gives the secrets that are open then, None in clear."""
    try:
        if b'"cache"' not in profile.protection_file.read_bytes():
            return None
    except FileNotFoundError:
        return None
    from omnitui.services.secrecy.encryption import Encryption
    from omnitui.services.secrecy.secrets import Secrets

    secrets = Secrets(profile)
    Encryption(profile, secrets).unlock()
    return secrets


def _opened(profile: Profile, clock: Clock | None, bus: Bus) -> tuple[Cache, Mended | None]:
    """The cache, made whole first where that is needed."""
    mended = None
    if (profile.data / NOTE).exists():
        from omnitui.services.recovery.mended import recover

        mended = recover(profile, clock)
    try:
        return Cache.open(profile.data, state=profile.state, clock=clock, bus=bus), mended
    except CacheDamaged as error:
        from omnitui.services.recovery.mended import recover

        mended = recover(profile, clock, reason=str(error.__cause__ or error))
        return Cache.open(profile.data, state=profile.state, clock=clock, bus=bus), mended
