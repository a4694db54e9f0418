"""A backup of a profile in one file: made, looked through, and restored.

It is a ZIP: `cache.sqlite3` as it was in one moment, `blobs/`, what connectors keep, the config folder, and
`manifest.json` with the size and the SHA-256 of each. Secrets are not in it: neither the vault nor where keys lie.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from omnitui import __version__
from omnitui.clock import Clock, Millis, SystemClock, rfc3339
from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.services import drawers
from omnitui.store import sharing
from omnitui.store.blobs import Blobs
from omnitui.store.faults import translated_os
from omnitui.store.recovery import restoring, snapshots
from omnitui.store.recovery.restoring import Holding
from omnitui.store.secrecy import changeover, cipher
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.paths import Profile

VERSION: Final = 1
MANIFEST: Final = "manifest.json"
CACHE: Final = "cache.sqlite3"
_FOLDERS: Final = ("blobs", "connectors", "config")
_PART: Final = re.compile(r"[^/\\\0]{1,255}")
_CHUNK: Final = 1 << 20
_MOST_MANIFEST: Final = 1 << 28


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself."""

    path: Path
    made_at: Millis
    profile: str
    program: str
    """The version of omnitui that made it."""
    files: dict[str, tuple[int, str]]
    """Size and SHA-256 of each file by its name in the backup."""
    holding: Holding | None = None
    """What its cache holds; None before that was looked at."""
    left_out: tuple[str, ...] = ()
    """What of the config folder is not in it: links to folders or to nothing, and what cannot be read; known as it is
    made."""

    @property
    def size(self) -> int:
        return sum(size for size, _sha256 in self.files.values())


@dataclass(frozen=True, slots=True)
class Restored:
    """What restoring did, or would do."""

    holding: Holding
    aside: Path | None
    """Where the cache lies that was there before."""
    blobs: int
    """Files of messages that were missing here."""
    config: tuple[str, ...]
    """Files of the config folder that were missing here."""
    kept: tuple[str, ...]
    """Files of the config folder that are there and stay as they are."""


def make(profile: Profile, target: Path, *, clock: Clock | None = None) -> Backup:
    """Write a backup to a new file, for its owner alone; others may use the cache meanwhile.

    Raises:
        Refused: The file exists, or there is no cache.
        CacheDamaged: The cache is not whole.
        CacheError: It could not be written.
    """
    clock = clock or SystemClock()
    if not profile.cache_file.exists():
        raise Refused(_("there is no cache to back up"), hint=str(profile.cache_file))
    if target.exists():
        raise Refused(_("{path} exists already").format(path=target), hint=_("choose another name"))
    now = clock.now()
    copied = profile.data / "cache.backup.sqlite3"
    part = target.with_name(f".{target.name}.part")
    try:
        snapshots.remove(copied)
        snapshots.save(profile.cache_file, copied)
        files: dict[str, tuple[int, str]] = {}
        with _private(part) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            files[CACHE] = _add(archive, copied, CACHE)
            unreadable: list[str] = []
            for name, path in _belongings(profile):
                if name.startswith("config/") and not _is_readable(path):
                    unreadable.append(name)
                    continue
                with suppress(FileNotFoundError):  # erased meanwhile
                    files[name] = _add(archive, path, name)
            held = {
                "v": VERSION,
                "type": "backup",
                "made_at": rfc3339(now),
                "made_ms": now,
                "profile": profile.name,
                "omnitui": __version__,
                "files": {name: {"size": size, "sha256": sha256} for name, (size, sha256) in files.items()},
            }
            archive.writestr(MANIFEST, json.dumps(held, indent=1))
        snapshots.sync(part)
        part.replace(target)
        snapshots.sync(target.parent)
        found = restoring.holding(copied)
        left_out = (*_left_out(profile), *unreadable)
        return Backup(target, now, profile.name, __version__, files, found, left_out)
    except OSError as error:
        raise translated_os(error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
            snapshots.remove(copied)


def verify(profile: Profile, path: Path) -> Backup:
    """Look at every byte of a backup, and through its cache.

    Args:
        profile: Where the cache is put for a moment; its key deciphers it.
        path: The backup.

    Raises:
        Refused: It is none, not whole, or of a newer omnitui.
    """
    with _opened(path) as archive:
        backup = _manifest(archive, path)
        for name in backup.files:
            if name != CACHE:
                _pour(archive, backup, name, None)
        with _unpacked(profile, archive, backup) as cache:
            found = restoring.holding(cache)
    return Backup(backup.path, backup.made_at, backup.profile, backup.program, backup.files, found)


def restore(
    profile: Profile, source: Path, *, dry_run: bool = False, wait: float = 0, clock: Clock | None = None
) -> Restored:
    """Put the cache of a backup, or of a snapshot, in the place of this profile's.

    What waited in its outbox is `unknown` afterwards, since it may have left after it was made. Files that are here
    already stay: those of messages are the same by their names, those of the config folder may be newer.

    Args:
        profile: Where to.
        source: A backup, or one of the files in `snapshots/`.
        dry_run: Only prove the source and say what it would bring.
        wait: Seconds to wait for other processes of the profile to end.
        clock: The machine's unless given.

    Raises:
        Refused: The source is not whole or of a newer omnitui, or another omnitui has the cache open.
        CacheError: There is no room, or the disk fails.
    """
    clock = clock or SystemClock()
    try:
        profile.make()
        if not dry_run:
            with sharing.alone(profile.data, wait=wait):
                pass  # said before the work, not after it
        if not zipfile.is_zipfile(source):
            with restoring.beside(profile.cache_file, source) as cache:
                changeover.adopt(cache)
                holding = restoring.ready(cache, clock)
                return Restored(holding, _put(profile, cache, clock, dry_run, wait), 0, (), ())
        with _opened(source) as archive:
            backup = _manifest(archive, source)
            missing = [name for name in backup.files if name != CACHE and not _place(profile, name).exists()]
            kept = [name for name in backup.files if name.startswith("config/") and name not in missing]
            with _unpacked(profile, archive, backup) as cache:
                changeover.adopt(cache)
                holding = restoring.ready(cache, clock)
                for name in backup.files:
                    if name != CACHE:
                        _pour(archive, backup, name, None if dry_run or name not in missing else _place(profile, name))
                if not dry_run:
                    _sync_folders(profile, missing)
                if key := cipher.key_of(profile.cache_file):
                    Blobs(profile.blobs, key).renew()
                    if not dry_run:
                        drawers.renew(profile, key, key)
                aside = _put(profile, cache, clock, dry_run, wait)
    except OSError as error:
        raise translated_os(error) from error
    config = tuple(sorted(name for name in missing if name.startswith("config/")))
    return Restored(holding, aside, sum(name.startswith("blobs/") for name in missing), config, tuple(sorted(kept)))


def _put(profile: Profile, fresh: Path, clock: Clock, dry_run: bool, wait: float) -> Path | None:
    return None if dry_run else restoring.put(profile.cache_file, fresh, clock, wait=wait)


def _belongings(profile: Profile) -> Iterator[tuple[str, Path]]:
    """Everything beside the cache that belongs into a backup, by its name there.

    A setting that is a link to a file elsewhere goes in with what that file holds; a link to a folder stays out.
    """
    for folder in _FOLDERS:
        root = _root(profile, folder)
        for path in sorted(root.rglob("*")):
            linked = path.is_symlink() and folder != "config"
            if path.is_file() and not linked and not path.name.startswith(".part-"):
                yield f"{folder}/{path.relative_to(root).as_posix()}", path


def _is_readable(path: Path) -> bool:
    """Whether a file of the config folder, or what it is a link to, can be read to its end."""
    try:
        with path.open("rb") as source:
            while source.read(_CHUNK):
                pass
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True


def _left_out(profile: Profile) -> tuple[str, ...]:
    """Links of the config folder whose content is in no backup: to folders, and to what is not there."""
    links = (path for path in sorted(profile.config.rglob("*")) if path.is_symlink() and not path.is_file())
    return tuple(f"config/{path.relative_to(profile.config).as_posix()}" for path in links)


def _root(profile: Profile, folder: str) -> Path:
    return profile.config if folder == "config" else profile.data / folder


def _sync_folders(profile: Profile, names: Iterable[str]) -> None:
    """Have the files of these names be found after a power cut too: by every folder from theirs up to the profile's."""
    folders: set[Path] = set()
    for name in names:
        root = _root(profile, name.partition("/")[0])
        above = _place(profile, name).parents
        folders.update(above[: above.index(root) + 2])
    for folder in sorted(folders, reverse=True):
        snapshots.sync(folder)


def _place(profile: Profile, name: str) -> Path:
    """Where a file of a backup belongs. Raises Refused: nowhere."""
    folder, *parts = name.split("/")
    if (
        folder not in _FOLDERS
        or not parts
        or not all(_PART.fullmatch(part) and part not in (".", "..") for part in parts)
    ):
        raise Refused(_("the backup holds a file that is none of ours: {name}").format(name=name[:100]))
    return _root(profile, folder).joinpath(*parts)


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    # A hook stays a program that can be run.
    entry.external_attr = (0o600 | path.stat().st_mode & 0o100) << 16
    # Attachments and enciphered files are as small as they get.
    entry.compress_type = zipfile.ZIP_STORED if name.startswith("blobs/") else zipfile.ZIP_DEFLATED
    with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return size, digest.hexdigest()


@contextmanager
def _unpacked(profile: Profile, archive: zipfile.ZipFile, backup: Backup) -> Iterator[Path]:
    """The cache of a backup as a file beside the profile's, gone afterwards."""
    profile.make()
    fresh = profile.data / "cache.unpacked.sqlite3"
    try:
        snapshots.remove(fresh)
        _pour(archive, backup, CACHE, fresh)
        yield fresh
    finally:
        with suppress(OSError):
            snapshots.remove(fresh)


def _pour(archive: zipfile.ZipFile, backup: Backup, name: str, target: Path | None) -> None:
    """Read a file of a backup to its end, prove it, and keep it where `target` says so.

    Raises:
        Refused: It is not what the manifest says.
    """
    size, sha256 = backup.files[name]
    digest, read = hashlib.sha256(), 0
    part = None
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = target.with_name(f".part-{target.name}"[:255])
        part.unlink(missing_ok=True)
    try:
        with archive.open(name) as source, _private(part) if part else open(os.devnull, "wb") as stream:
            while (chunk := source.read(_CHUNK)) and read <= size:
                digest.update(chunk)
                read += len(chunk)
                stream.write(chunk)
        if (read, digest.hexdigest()) != (size, sha256):
            raise _broken(backup.path, name)
        if part is not None and target is not None:
            part.chmod(0o600 | archive.getinfo(name).external_attr >> 16 & 0o100)
            snapshots.sync(part)
            part.replace(target)
    except (KeyError, zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, RuntimeError) as error:
        raise _broken(backup.path, name) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _manifest(archive: zipfile.ZipFile, path: Path) -> Backup:
    try:
        if archive.getinfo(MANIFEST).file_size > _MOST_MANIFEST:
            raise _broken(path, MANIFEST)
        held: dict[str, Any] = json.loads(archive.read(MANIFEST))
        version = held["v"]
        if isinstance(version, int) and version > VERSION:
            raise Refused(
                _("the backup was made by a newer omnitui ({program})").format(program=held.get("omnitui", "?")),
                hint=_("update omnitui to that version or a later one"),
            )
        files = {str(name): (int(one["size"]), str(one["sha256"])) for name, one in held["files"].items()}
        backup = Backup(path, int(held["made_ms"]), str(held["profile"]), str(held["omnitui"]), files)
    except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise Refused(_("{path} is no backup of omnitui").format(path=path)) from error
    if CACHE not in backup.files or set(archive.namelist()) != {MANIFEST, *backup.files}:
        raise _broken(path, MANIFEST)
    return backup


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Refused(_("{path} is no backup of omnitui").format(path=path)) from error
    except OSError as error:
        raise Refused(_("{path} cannot be read: {why}").format(path=path, why=error.strerror)) from error
    with archive:
        yield archive


def _broken(path: Path, name: str) -> Refused:
    return Refused(
        _("{path} is damaged: {name} is not what was put into it").format(path=path, name=name),
        hint=_("nothing was restored; take another backup"),
    )


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")
