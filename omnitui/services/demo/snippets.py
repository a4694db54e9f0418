"""Canned responses of the demo's tea shop, in English and in Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FILES: Mapping[str, str] = MappingProxyType(
    {
        "thanks.en.md": """---
title: Thanks for writing
shortcut: thanks
language: en
---
Dear {contact.first_name|customer},

thank you for your message. I am looking into it and will come back to you today.

Kind regards
{agent.name}, Hinode Tea
""",
        "refund.en.md": """---
title: Refund is on its way
shortcut: refund
language: en
---
Dear {contact.first_name|customer},

I have refunded your order (our reference {conversation.ref}). Your bank shows it within five working days.

Kind regards
{agent.name}
""",
        "shipping.en.md": """---
title: Where is my parcel
shortcut: shipping
language: en
---
Your parcel left our warehouse. If it has not arrived three working days from {today}, please write to us again and we
will send another one.
""",
        "arigato.ja.md": """---
title: お問い合わせのお礼
shortcut: arigato
language: ja
---
{contact.name|お客}様

お問い合わせいただきありがとうございます。ひのでティーの{agent.name}です。
内容を確認のうえ、本日中にご連絡いたします。
""",
        "henkin.ja.md": """---
title: 返金のご案内
shortcut: henkin
language: ja
---
{contact.name|お客}様

ご返金の手続きが完了いたしました(受付番号 {conversation.ref})。
お手元に届くまで五営業日ほどかかります。今しばらくお待ちください。

ひのでティー {agent.name}
""",
        "line-short.ja.md": """---
title: 確認中です (LINE)
shortcut: kakunin
channel: line
language: ja
---
ご連絡ありがとうございます。ただいま確認しております。少々お待ちください。
""",
    }
)
