"""A mail's own words, apart from quotes and signatures, as the usual programs write them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.text.quoting.quotes import split_reply

TOP_POSTS = [
    "On Mon, 3 Jun 2024 at 10:15, Support <help@example.com> wrote:\n> Hello",
    "On Mon, 3 Jun 2024 at 10:15, A Very Long Name Indeed <\nhelp@example.com> wrote:\n\n> Hello",
    "On Jun 3, 2024, at 10:15 AM, Support <help@example.com> wrote:\n\nHello",
    "-----Original Message-----\nFrom: Support\nSent: Monday\nTo: Me\nSubject: x\n\nHello",
    "From: Support <help@example.com>\nSent: Monday, June 3\nTo: Me <me@x.y>\nSubject: RE: order\n\nHello",
    "________________________________\nFrom: Support\nSent: Monday\nTo: Me\nSubject: x\n\nHello",
    "*From:* Support\n*Sent:* Monday\n*To:* Me\n*Subject:* x\n\nHello",
    "2024年6月3日(月) 10:15 サポート <help@example.com>:\n\n> こんにちは",
    "2024年6月3日(月) 10:15、サポート <help@example.com>のメール:\n> こんにちは",
    "2024/06/03 10:15、サポート<help@example.com>のメール:\n\nこんにちは",
    "2024-06-03 10:15 GMT+09:00 サポート <help@example.com>:\n> こんにちは",
    "サポートさんは書きました:\n> こんにちは",
    "On 2024/06/03 10:15, サポート wrote:\n> こんにちは",
    "差出人: サポート <help@example.com>\n送信日時: 2024年6月3日 10:15\n宛先: 山田\n件名: RE: 注文\n\nこんにちは",
    "----- 元のメッセージ -----\n差出人：サポート\n\nこんにちは",
    "----- Original Message -----\nFrom: サポート\nTo: 山田\nDate: 2024/6/3\nSubject: x\n> こんにちは",
    "--- Original Message ---\n> こんにちは",
    "Am 03.06.2024 um 10:15 schrieb Support:\n> Hallo",
    "Am Mo., 3. Juni 2024 um 10:15 Uhr schrieb Support <help@example.com>:\n> Hallo",
    "-----Ursprüngliche Nachricht-----\nVon: Support\nGesendet: Montag\nAn: Ich\nBetreff: x\n\nHallo",
    "Von: Support\nGesendet: Montag, 3. Juni 2024\nAn: Ich\nBetreff: x\n\nHallo",
    "Le lun. 3 juin 2024 à 10:15, Support <help@example.com> a écrit :\n> Bonjour",
    "De : Support\nEnvoyé : lundi 3 juin 2024\nÀ : Moi\nObjet : x\n\nBonjour",
    "El lun, 3 jun 2024 a las 10:15, Support (<help@example.com>) escribió:\n> Hola",
    "Il giorno lun 3 giu 2024 alle ore 10:15 Support <help@example.com> ha scritto:\n> Ciao",
    "Em seg., 3 de jun. de 2024 às 10:15, Support <help@example.com> escreveu:\n> Olá",
    "Op ma 3 jun 2024 om 10:15 schreef Support <help@example.com>:\n> Hoi",
    "Den mån 3 juni 2024 kl 10:15 skrev Support <help@example.com>:\n> Hej",
    "пн, 3 июн. 2024 г. в 10:15, Support <help@example.com>:\n> Привет",
    "在 2024年6月3日，10:15，Support <help@example.com> 写道：\n> 你好",
    "2024년 6월 3일 (월) 오전 10:15, Support <help@example.com>님이 작성:\n> 안녕하세요",
    "2024年6月3日 10:15 山田様:\n> こんにちは",
    "> On Jun 3, 2024, at 10:15, Support <help@example.com> wrote:\n> \n> Hello",
    "> Hello\n> there",
    "On Mon, Support wrote:\n> Hello",
    "On Monday Support wrote:",
    "Montag schrieb Support:\n> Hallo",
    "Am Montag hat Support geschrieben:",
    "Support schrieb am Montag:\n\n> Hallo",
    "Hier, Support a écrit :\n> Bonjour",
    "Lundi, Support a écrit :",
    "月曜にサポートが書きました:\n> こんにちは",
    "月曜日に、サポートが書きました：",
]


@pytest.mark.parametrize("tail", TOP_POSTS)
def test_reply_above_a_quote_is_all_that_is_left(tail: str) -> None:
    body = split_reply(f"ありがとうございます。\n\nIt works now.\n\n{tail}\n")
    assert body.reply == "ありがとうございます。\n\nIt works now."
    assert body.quoted == tail.strip() or body.quoted.replace(" \n", "\n") == tail.replace("> \n", ">\n")


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAnna Smith\nExample Ltd",
        "--\nAnna",
        "Sent from my iPhone",
        "iPhoneから送信",
        "Get Outlook for iOS",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "私のiPhoneから送信",
        "----------\n株式会社サンプル 営業部\n山田 太郎\nTEL: 03-1234-5678\nyamada@example.co.jp\n----------",
        "＊＊＊＊＊＊＊＊＊＊＊＊\n山田 太郎\nE-mail：yamada@example.co.jp\n＊＊＊＊＊＊＊＊＊＊＊＊",
        "━━━━━━\n有限会社サンプル\n〒100-0001 東京都千代田区\nTEL 03-1234-5678\n━━━━━━",
        "===============\n山田太郎\nhttps://example.co.jp/\n===============",
        "-Anna",
    ],
)
def test_signature_is_cut_from_the_reply(signature: str) -> None:
    body = split_reply(f"届きました。\nThank you.\n\n{signature}\n")
    assert body.reply == "届きました。\nThank you."
    assert body.signature.split() == signature.split()
    assert body.quoted == ""


def test_signature_above_a_quote_is_cut_too() -> None:
    body = split_reply("Yes please.\n\n-- \nAnna\n\nOn Mon, 3 Jun 2024, Support wrote:\n> Shall we?\n")
    assert (body.reply, body.signature) == ("Yes please.", "-- \nAnna".replace("-- ", "--"))
    assert "> Shall we?" in body.quoted


KEPT = [
    "以下は2024年6月3日の注文内容です：\n椅子 2脚\n2024年6月3日 山田様\nよろしくお願いします。",
    "On the other hand, we should wait.\nOn average it works.",
    "The steps:\n- one\n- two",
    "Text:\n```\n--\nSELECT 1;\n####\n```\nThat is all.",
    "Prices\n-----\nA 100\nB 200\n-----\nPlease confirm by email.",
    "Sent from my desk, this is much easier than on the phone.",
    "From: our database, not the web.",
    "お名前: 山田\n----------\n■ご用件: 返品\n■商品: 椅子\n■数量: 2\n■メール: a@b.jp",
    "2024-01-15 14:30:25\n2024/01/15 14:30\nare times of failures",
    "> quoted first\n\nand my words",
    "> only a quote",
    "See https://example.com/on-monday-someone-wrote: it says so",
    "注文番号: 123\n日時: 2024年6月3日\nよろしくお願いします。",
    "On Monday your colleague wrote:\nit will be mended.",
    "It was late.\n\nOn Monday nobody wrote",
    "返品の件です。\n月曜にサポートが書きました",
]


@pytest.mark.parametrize("text", KEPT)
def test_text_that_only_looks_like_a_quote_is_kept(text: str) -> None:
    assert split_reply(text).reply == text


def test_answers_between_quoted_lines_stay_whole_and_in_order() -> None:
    quoted = "On Mon, 3 Jun 2024, Support wrote:\n> Which colour?"
    text = f"{quoted}\n\nBlue.\n\n> Which size?\n\nLarge.\n\n> Regards\n> Support"
    assert split_reply(text).reply == text[: text.index("\n\n> Regards")]


def test_reply_below_a_quote_is_found() -> None:
    body = split_reply("On Mon, 3 Jun 2024, Support wrote:\n> Which colour?\n\nBlue, please.")
    assert body.reply == "Blue, please."


def test_reply_around_a_quote_is_kept_in_both_places() -> None:
    body = split_reply("Hello,\n\nOn Mon, 3 Jun 2024, Support wrote:\n> Which colour?\n\nBlue, please.")
    assert body.reply == "Hello,\n\nBlue, please."


def test_forward_with_a_word_is_folded_and_without_one_is_the_text() -> None:
    forward = "---------- Forwarded message ---------\nFrom: a@b.c\nDate: today\nSubject: x\n\nThe matter."
    assert split_reply("FYI\n\n" + forward).reply == "FYI"
    assert split_reply(forward).reply == "The matter."


def test_line_broken_by_a_program_belongs_to_the_quote() -> None:
    long = "> " + "word " * 15
    body = split_reply(f"Fine.\n\nOn Mon, 3 Jun 2024, Support wrote:\n{long}\nand the rest of it\n> more")
    assert body.reply == "Fine."


@pytest.mark.parametrize(
    "unit",
    [
        "> ",
        ">\n",
        "On ",
        "On 1 wrote\n",
        "-",
        "- \n",
        "--\n",
        "From: a\n",
        "\n",
        "=",
        "a@b ",
        "<",
        "<a@b>:\n",
        "2024年",
        "さん\n",
        "wrote:\n",
        "On 1, <\n",
        "On Mon, x wrote:\n",
        "Mon wrote ",
        "月曜に",
        "｜ ",
    ],
)
def test_split_takes_linear_time(unit: str) -> None:
    start = time.process_time()
    split_reply((unit * 200_000)[:200_000])
    assert time.process_time() - start < 8


@given(
    st.lists(
        st.sampled_from([*TOP_POSTS, *KEPT, "", "> q", "text", "-- ", "----", "TEL: 03-1111-2222"]), max_size=8
    ).map("\n".join)
    | st.text(max_size=200)
)
def test_split_never_raises_and_loses_no_word(text: str) -> None:
    body = split_reply(text)
    parts = sorted("".join((body.reply, body.quoted, body.signature)).split())
    whole = "".join(sorted("".join(text.split())))
    assert "".join(sorted("".join(parts))) == whole
