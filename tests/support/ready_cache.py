"""A new cache of this process is a copy of one that was made once: each step of its schema waits for the disk.

How one is made from nothing is tested where the steps are, and by every program that the tests start.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from omnitui.store import connection, failpoints, migrations
from omnitui.store.cache import FILE_NAME
from omnitui.store.secrecy import cipher

from_nothing = connection.create
"""How the product begins a cache; for tests of just that."""


@contextmanager
def copied(folder: Path) -> Iterator[None]:
    """Within, new caches come from one in `folder`, but for enciphered ones and where their making may be cut."""
    create, ready = connection.create, folder / FILE_NAME
    create(ready)
    with closing(connection.connect(ready)) as db:
        connection.log_ahead(db)
        migrations.migrate(db)

    def copy(path: Path) -> None:
        if path.name != FILE_NAME or path.exists() or cipher.key_of(path) is not None or failpoints._name:
            create(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Whole at once, as others may open it in the same moment.
            with tempfile.NamedTemporaryFile(dir=path.parent) as whole, suppress(FileExistsError):
                shutil.copyfile(ready, whole.name)
                os.link(whole.name, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "create", copy)
        yield
