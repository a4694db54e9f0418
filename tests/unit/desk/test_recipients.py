"""Who an answer to all goes to."""

from __future__ import annotations

import pytest

from omnitui.desk.belonging.recipients import MOST, others
from omnitui.desk.belonging.tokens import reply_address

US = ("Support@desk.test", "sales@desk.test")


def test_all_addressees_get_it_once_but_not_we_nor_those_who_get_it_anyway() -> None:
    addressees = [
        "Support <support@desk.test>",
        "Bob <bob@corp.test>",
        '"Doe, Carol" <Carol@corp.test>',
        "BOB@corp.test",
        "ann@home.test",
        "sales@desk.test",
    ]
    assert others(addressees, ["Ann <ann@home.test>"], US) == ("bob@corp.test", "Carol@corp.test")


def test_our_address_with_a_token_or_a_tag_is_ours() -> None:
    tokened = reply_address(b"key", "support@desk.test", "01M80GVA145RKPSTHYBKSFNAWW")
    assert others([tokened, "support+shop@desk.test", "bob+x@corp.test"], [], US) == ("bob+x@corp.test",)


@pytest.mark.parametrize(
    "text", ["", "nobody", "undisclosed-recipients:;", "a@b@c", "x@y\nBcc: z@z", "<@>", "a b@c.test d"]
)
def test_what_is_no_address_gets_nothing(text: str) -> None:
    assert [one for one in others([text], [], US) if "\n" in one or " " in one or one.count("@") != 1] == []
    assert others(["undisclosed-recipients:;"], [], US) == ()


def test_a_mail_to_hundreds_is_not_answered_to_all_of_them() -> None:
    assert len(others([f"c{number}@corp.test" for number in range(500)], [], US)) == MOST
