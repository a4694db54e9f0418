"""Words and sentences of an invented mail-order shop's customers and agents, in Japanese and English."""

from __future__ import annotations

from typing import Final

FAMILY: Final = (
    ("青山", "Aoyama"), ("今井", "Imai"), ("上原", "Uehara"), ("江口", "Eguchi"), ("大森", "Omori"),
    ("片山", "Katayama"), ("菊地", "Kikuchi"), ("熊谷", "Kumagai"), ("小松", "Komatsu"), ("榊原", "Sakakibara"),
    ("沢田", "Sawada"), ("島田", "Shimada"), ("関口", "Sekiguchi"), ("高山", "Takayama"), ("土屋", "Tsuchiya"),
    ("永井", "Nagai"), ("西川", "Nishikawa"), ("根本", "Nemoto"), ("浜田", "Hamada"), ("福島", "Fukushima"),
    ("本田", "Honda"), ("松尾", "Matsuo"), ("水野", "Mizuno"), ("望月", "Mochizuki"), ("矢野", "Yano"),
)  # fmt: skip
GIVEN: Final = (
    ("愛", "Ai"), ("圭", "Kei"), ("沙織", "Saori"), ("翔太", "Shota"), ("千尋", "Chihiro"), ("直樹", "Naoki"),
    ("春香", "Haruka"), ("文子", "Fumiko"), ("誠", "Makoto"), ("美穂", "Miho"), ("悠", "Yu"), ("亮", "Ryo"),
)  # fmt: skip
GIVEN_EN: Final = (
    "Alba", "Brigid", "Casper", "Dunja", "Edwin", "Farah", "Gwen", "Hamish", "Ines", "Jonas", "Kirsten", "Leila",
    "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Stellan", "Tamsin", "Umberto", "Vera", "Wim", "Yusuf",
)  # fmt: skip
FAMILY_EN: Final = (
    "Abernathy", "Bellweather", "Carrow", "Delacroix", "Eastgate", "Fenwick", "Garside", "Holloway", "Ibsen",
    "Jellicoe", "Kowalczyk", "Lindqvist", "Marchetti", "Nakagawa", "Oyelaran", "Pemberton", "Quigley", "Rasmussen",
    "Szabo", "Thistlewood", "Underhill", "Vasquez", "Whitlock", "Zielinski",
)  # fmt: skip
GOODS: Final = (
    ("電気ケトル", "electric kettle"), ("加湿器", "humidifier"), ("折り畳み自転車", "folding bicycle"),
    ("ノイズキャンセリングヘッドホン", "noise-cancelling headphones"), ("羽毛布団", "down duvet"),
    ("登山靴", "hiking boots"), ("食洗機", "dishwasher"), ("珈琲豆", "coffee beans"), ("外付けSSD", "external SSD"),
    ("抱っこ紐", "baby carrier"), ("卓上ライト", "desk lamp"), ("園芸用土", "potting soil"), ("腕時計", "wristwatch"),
    ("キャンプ用テント", "camping tent"), ("鉄フライパン", "iron skillet"), ("観葉植物", "houseplant"),
)  # fmt: skip
PLACES: Final = (
    ("札幌市中央区", "Bristol"), ("仙台市青葉区", "Ghent"), ("横浜市港北区", "Portland"), ("名古屋市千種区", "Leeds"),
    ("京都市左京区", "Utrecht"), ("大阪市北区", "Halifax"), ("神戸市灘区", "Cork"), ("福岡市博多区", "Aarhus"),
)  # fmt: skip
ASKED: Final = (
    ("先週注文した{g}がまだ届きません。注文番号は{n}です。", "My {g} from order {n} has not arrived yet."),
    ("{g}の返品をお願いしたいのですが、手順を教えてください。", "How do I send back the {g}? The order is {n}."),
    ("届いた{g}に傷がありました。交換は可能でしょうか。", "The {g} came with a scratch, can it be exchanged?"),
    ("領収書の宛名を変更していただけますか。注文番号{n}。", "Could you change the name on the invoice of {n}?"),
    ("返金はいつ頃になりますか。もう{d}日待っています。", "When will I get my refund? I have waited {d} days."),
    ("{p}への配送先変更は間に合いますか。", "Is it too late to ship to {p} instead?"),
    ("二重に請求されているようです。金額は{y}円です。", "I was charged twice, {y} yen each time."),
    ("{g}の電源が入らなくなりました。保証は使えますか。", "The {g} no longer switches on. Is it under warranty?"),
    ("会員登録のメールが届かず、ログインできません。", "I cannot log in, the confirmation mail never came."),
    ("{g}の在庫はいつ復活しますか。{d}個欲しいです。", "When is the {g} back in stock? I need {d} of them."),
    ("クーポン{n}が使えないと表示されます。", "The voucher {n} is refused at the checkout."),
    ("定期便を解約したいです。次回分の{g}は不要です。", "Please cancel my subscription, no more {g}."),
)  # fmt: skip
ANSWERED: Final = (
    ("お問い合わせありがとうございます。担当が確認いたします。", "Thank you for writing, we are looking into it."),
    ("{p}の倉庫から本日発送いたしました。追跡番号は{n}です。", "It left our {p} depot today, tracking {n}."),
    ("ご不便をおかけし申し訳ございません。{g}を交換いたします。", "We are sorry and will replace the {g}."),
    ("{y}円の返金手続きが完了しました。{d}営業日ほどかかります。", "We refunded {y} yen, it takes {d} working days."),
    ("お手数ですが{g}の写真をお送りいただけますか。", "Could you send us a picture of the {g}?"),
    ("ご登録の住所は{p}でお間違いないでしょうか。", "Is {p} still the right address?"),
    ("注文番号{n}のキャンセルを承りました。", "Order {n} has been cancelled as you wished."),
    ("他にご不明な点がございましたらお知らせください。", "Please tell us if anything else is unclear."),
)  # fmt: skip
ADDED: Final = (
    ("よろしくお願いいたします。", "Kind regards."), ("急いでいます。", "This is urgent."),
    ("平日の午前中ならいつでも大丈夫です。", "Weekday mornings suit me best."),
    ("同じ{g}を友人も買いました。", "A friend bought the same {g}."),
    ("前回の{p}の件では助かりました。", "You helped me well with {p} last time."),
    ("型番は{n}と書いてあります。", "The label says model {n}."),
    ("週末までに届くと嬉しいです。", "It would be lovely to have it by the weekend."),
    ("説明書の{d}頁を見ましたが分かりませんでした。", "I read page {d} of the manual to no avail."),
)  # fmt: skip
SUBJECTS: Final = (
    ("{g}について", "About the {g}"), ("注文{n}の件", "Order {n}"), ("返品希望", "Return"), ("請求書", "Invoice"),
    ("配送状況の確認", "Where is my parcel"), ("{g}の不具合", "Faulty {g}"), ("返金のお願い", "Refund please"),
)  # fmt: skip
LABELS: Final = ("返品", "refund", "vip", "配送", "invoice", "bug", "至急", "warranty", "wholesale", "quiet")
CHANNELS: Final = (("email", 45), ("line", 20), ("whatsapp", 12), ("webchat", 14), ("sms", 9))
STATUSES: Final = (("resolved", 74), ("open", 11), ("waiting", 7), ("closed", 4), ("snoozed", 3), ("bot", 1))
PRIORITIES: Final = (("normal", 75), ("high", 14), ("low", 7), ("urgent", 4))
