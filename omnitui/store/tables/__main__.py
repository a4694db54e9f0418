"""`python -m omnitui.store.tables` prints the DDL that the first migration keeps."""

from omnitui.store.tables import ddl

print(ddl(), end="")
