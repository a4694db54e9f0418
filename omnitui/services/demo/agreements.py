"""Agreements and contact reasons of the demo's tea shop, so that clocks are seen and reasons can be chosen."""

from __future__ import annotations

from typing import Final

AGREEMENTS: Final = """# What Hinode Tea promises its customers; docs/sla.md says what may stand here.
[calendars.shop]
zone = "Asia/Tokyo"
[calendars.shop.hours]
mon-fri = ["09:00-12:00", "13:00-18:00"]
sat = "10:00-15:00"

[[policies]]
name = "VIP and enterprise"
query = "segment:vip OR segment:enterprise"
calendar = "shop"
first = "1h"
next = "2h"
resolution = "24h"
warn = ["30m"]

[[policies]]
name = "Everyone"
calendar = "shop"
first = "4h"
next = "8h"
resolution = "40h"
warn = ["1h"]
"""
REASONS: Final = """# Why customers write; docs/triage.md says what may stand here.
[order]
title = "Order"
key = "o"

[order.delivery]
title = "Where is it?"
key = "w"

[order.damaged]
title = "Damaged"
key = "d"

[order.refund]
title = "Refund"
key = "r"

[product]
title = "About a product"
key = "p"

[invoice]
title = "Invoice"
key = "i"
"""
