"""Secrets in texts: told by the words that stand before them and by the shapes that vendors give their keys."""

from __future__ import annotations

import re
from typing import Final

COVER: Final = "********"
"""What stands for a secret, however long it is."""

_PASSWORDS: Final = (
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "パスワード",
    "ﾊﾟｽﾜｰﾄﾞ",
    "パスフレーズ",
    "パスコード",
    "合言葉",
)
"""They mean the same within longer words, as in “dbpassword”."""
_CODES: Final = (
    "cvv",
    "cvc",
    "cvn",
    "otp",
    "security code",
    "verification code",
    "authentication code",
    "one-time code",
    "one time code",
    "2fa code",
    "login code",
    "暗証番号",
    "認証コード",
    "認証番号",
    "確認コード",
    "セキュリティコード",
    "セキュリティーコード",
    "セキュリティ番号",
)
_KEYS: Final = (
    "pwd",
    "pw",
    "api key",
    "api-key",
    "api_key",
    "apikey",
    "access key",
    "access_key",
    "secret",
    "token",
    "apiキー",
    "アクセスキー",
    "アクセストークン",
    "シークレットキー",
    "秘密鍵",
)
_PIN: Final = "pin"


def _any(*words: str) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_ALL: Final = (*_PASSWORDS, *_CODES, *_KEYS, _PIN)
_APART: Final = r"(?:(?<![a-z])|(?-i:(?<=[a-z0-9])(?=[A-Z])))"
"""Where a word begins: Pinterest has no PIN in it, nor has “spin”; “accessToken” has a token."""
_KIND: Final = r"(?:[ _-]?(?:key|code|number|no\.?|value|hash|text|string)|番号|コード|キー)?"
_MORE: Final = rf"s?+\d{{0,2}}+{_KIND}(?:_[a-z0-9_]{{1,24}}+)?"
_NAME: Final = rf"(?:(?:{_any(*_PASSWORDS)})|{_APART}(?:{_any(*_CODES, *_KEYS, _PIN)}))"
_HEAD: Final = re.compile(rf"(?=[{''.join(sorted({word[0] for word in _ALL}))}]){_NAME}", re.IGNORECASE)
_WORD: Final = rf"{_NAME}{_MORE}"
_IN_BRACKETS: Final = r"(?:\s?[(（][^()（）\n]{1,30}[)）])?"
_WHERE: Final = rf"(?:{_IN_BRACKETS}|[ ](?:for|of|to|on|at|in)[ ][^\n.:：!?;]{{1,40}}?)"
_VERB: Final = (
    r"(?:(?:is|was|are|will be|remains)(?: now| still)?|(?:(?:is|was|has been|got) )?(?:changed|set|reset) to)"
)
_QUOTED: Final = r"\"[^\"\n]{1,200}\"|「[^」\n]{1,200}」|『[^』\n]{1,200}』|“[^”\n]{1,200}”"
_VALUE: Final = rf"(?:{_QUOTED}|'[^'\n]{{1,200}}'|\S{{1,200}})"
_SECRETIVE: Final = (
    # “The password is wrong” says nothing, nor does “it is case-sensitive” or “a 4-digit one”.
    r"(?!\d{1,3}(?:%|-(?:digit|char|letter)))"
    r"(?=[^\s\d]{0,60}\d|[!-~]{0,60}?[a-z0-9][!#$%&+=@^~*_][a-z0-9]|(?:[a-z]{1,20}-){3}|(?-i:[!-~]{0,60}?[a-z][A-Z]))"
    r"[!-~！-～]{3,200}"
)
_A_NUMBER: Final = r"(?!\d|\s?(?:-?digit|-?char|characters|yen|times|[桁文円年回字]))"

_A_CODE: Final = rf"(?:{_APART}(?:{_any(*_CODES)}|{_PIN}(?=\D{{0,12}}\d{{4}}))|(?:{_any(*_PASSWORDS)}))"
_BEFORE_DIGITS: Final = r"[\s#＃.,、\-–【「』」】(（\[]{0,4}(?:no\.?\s?)?"
_SETS: Final = r"(?:\s{1,3}(?:is|was))?\s{0,3}(?:[:：=＝]|[はが]\s?[:：]|[=-]>|[→⇒])\s{0,3}"
_ENDS: Final = "です|でした|になり|となり|に変更|に設定|。"
_MIXED: Final = r"(?!https?:)(?=[!-~]{0,60}?\d)(?=[!-~]{0,60}?[a-z])[!-~]{6,200}"

_RULES: Final = tuple(
    re.compile(rule, re.IGNORECASE)
    for rule in (
        rf"({_WORD}{_IN_BRACKETS}\"?{_SETS}){_VALUE}",
        rf"({_WORD}{_WHERE}\s{{1,3}}{_VERB}\s{{1,3}})(?:{_QUOTED}|'[^'\n]{{1,200}}')",
        rf"({_WORD}{_IN_BRACKETS}(?:\s{{1,3}}|\s?[はが、]?\s?(?=[「『“])))(?:{_QUOTED})",
        rf"({_WORD}{_WHERE}(?:\s{{1,3}}{_VERB}\s{{1,3}}|\s{{0,3}}[:：]\s{{0,3}}|\s[-–—]\s)){_SECRETIVE}",
        rf"({_WORD}{_IN_BRACKETS}\s{{0,3}}[はが]、?\s{{0,3}})(?:{_SECRETIVE}|[a-z]{{4,60}}(?={_ENDS}))",
        rf"({_A_CODE}{_KIND}(?:2(?=\D))?{_BEFORE_DIGITS})\d{{3,8}}{_A_NUMBER}",
        rf"((?:{_any(*_PASSWORDS)}|{_APART}pwd?)\s{{1,3}}){_MIXED}",
    )
)
"""What follows a word that `_HEAD` has found. The first group stays; what is behind it is covered."""
_BEHIND: Final = re.compile(
    r"(?<![\w.])\d{3,8}"
    rf"(?=\s{{1,3}}is\s{{1,3}}(?:my|the|your|our)\s{{1,3}}(?:{_any(*_CODES, _PIN)})\b|が(?:{_any(*_CODES)}))",
    re.IGNORECASE,
)
_SHAPES: Final = re.compile(
    r"(?=[srwAyghnpxSB])(?<![A-Za-z0-9])(?:"
    r"(sk-(?:ant-|proj-)?)[\w-]{16,300}|([sr]k_(?:live|test)_)\w{10,300}|(whsec_)\w{16,300}"
    r"|(A(?:KI|SI|RO)A)[0-9A-Z]{16}|(AIza)[\w-]{35}|(ya29\.)[\w-]{20,2000}"
    r"|(gh[pousr]_)\w{30,300}|(github_pat_)\w{20,300}|(glpat-)[\w-]{20,300}|(npm_)\w{30,300}|(pypi-)[\w-]{40,2000}"
    r"|(xox[a-z]-)[\w-]{10,300}|(SG\.)[\w-]{16,100}\.[\w-]{16,100}"
    r"|(Bearer\s{1,3})[\w.~+/-]{16,4000}={0,2})"
)
_IN_LINK: Final = re.compile(r"(?<!\w)(\w{1,20}+://[^\s/:@]{1,100}+:)[^\s/@]{1,200}+(?=@)")
_JWT_BEGINS: Final = re.compile(r"(?<![A-Za-z0-9])eyJ(?=.{8})")
_JWT_ENDS: Final = re.compile(r"\.eyJ[\w-]{4,8000}+(?:\.[\w-]{0,4000}+)?")
_BASE64: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_JWT_HEAD: Final = 4_003
"""Characters of the first part of a JWT (RFC 7519), which may carry certificates."""
_REST_OF_LINE: Final = re.compile(rf"({_HEAD.pattern})[^\n]++", re.IGNORECASE)
_MOST_WORDS: Final = 400
"""So many words for secrets are looked at one by one, some 0.1 ms each; no letter has as many."""
_KEY_BEGINS: Final = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_ENDS: Final = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")


def without_secrets(text: str) -> str:
    """`text` with what looks like a password, a code or a key covered. Linear in the length.

    Where it has hundreds of words for secrets, whatever stands behind a later one on its line is covered too.
    """
    if "-----BEGIN" in text:
        text = _without_keys(text)
    low = text.lower()
    if any(word in low for word in _ALL):
        text = _BEHIND.sub(COVER, _without_named(text))
    if ".eyJ" in text:
        text = _without_tokens(text)
    if "://" in text:
        text = _IN_LINK.sub(rf"\1{COVER}", text)
    return _SHAPES.sub(lambda match: f"{match[match.lastindex or 0]}{COVER}", text)


def _without_named(text: str) -> str:
    """Covers what words of ours say to be a secret: the first rule that fits at a word."""
    kept: list[str] = []
    at = 0
    word, count = _HEAD.search(text), 0
    while word:
        count += 1
        if count > _MOST_WORDS:
            return "".join(kept) + text[at : word.start()] + _REST_OF_LINE.sub(rf"\1 {COVER}", text[word.start() :])
        begin = word.start()
        said = next(filter(None, (rule.match(text, begin) for rule in _RULES)), None)
        if said:
            kept += [text[at : said.end(1)], COVER]
            at = said.end()
        word = _HEAD.search(text, said.end() if said else word.end())
    return "".join(kept) + text[at:]


def _without_tokens(text: str) -> str:
    """Covers JSON Web Tokens, which are told by the beginnings of their first two parts."""
    kept: list[str] = []
    at = 0
    second = _JWT_ENDS.search(text)
    while second:
        first = text[max(at, second.start() - _JWT_HEAD) : second.start()]
        run = first[len(first.rstrip(_BASE64)) :]
        if begins := _JWT_BEGINS.search(run):
            kept += [text[at : second.start() - len(run) + begins.end()], COVER]
            at = second.end()
        second = _JWT_ENDS.search(text, max(at, second.start() + 1))
    return "".join(kept) + text[at:]


def _without_keys(text: str) -> str:
    kept: list[str] = []
    at = 0
    while begins := _KEY_BEGINS.search(text, at):
        ends = _KEY_ENDS.search(text, begins.end())
        kept += [text[at : begins.end()], "\n", COVER, "\n", ends[0] if ends else ""]
        at = ends.end() if ends else len(text)
    return "".join(kept) + text[at:]
