"""What mail programs write above a quote, under a text and into a signature, in the languages they speak.

Patterns only; `text.quoting.quotes` decides what they mean. All are matched against one line, or a few joined ones,
of bounded length, and none can backtrack over more than that line.
"""

from __future__ import annotations

import re
from typing import Final

# "On <date>, <someone> wrote:" and its like. First words, then the verb at the end (or in the middle, for Dutch).
_BEGINS: Final = (
    r"(?:On|At|Le|El|Il|Em|Am|Op|Den|På|Dne|Dnia|W dniu|Pada|Vào|Ngày|Tarih|Kun|La|În data de|"
    r"Στις|На|Дана|Dana|Em|Ter|Fri|El día|"
    r"Am|Klo|Le|Il giorno|Il dia|No dia|Date:|Sunnuntai|ב-|в|在|於|于)"
)
_WROTE: Final = (
    r"(?:wrote|writes|sent|said|schrieb|schreef|geschreven|a écrit|a ecrit|écrit|escribió|"
    r"escribio|ha escrito|ha scritto|scrisse|"
    r"escreveu|skrev|napsal(?:\(a\))?|napisał(?:\(a\)|a)?|napisal(?:\(a\))?|писал(?:\(а\)|а)?|написал(?:\(а\)|а)?|пише|"
    r"kirjoitti|tulis|menulis|đã viết|yazdı|έγραψε|a scris|írta|pisze|писав|пишет|schreibt|sagte|gav|a répondu|"
    r"写道|寫道|書きました|のメール|さんのメッセージ|님이 작성|작성|כתב|wrote on)"
)
SAID: Final = re.compile(rf"{_WROTE}|heeft|użytkownik", re.I)
ATTRIBUTION: Final = re.compile(
    rf"^[\s>*_\-–—]*{_BEGINS}[\s\u00a0]?(?=.*(?:\d|@|<|you\b|vous\b)).{{2,400}}?[\s>)\]\"'\u00a0\-，,a]{_WROTE}"
    r"(?:\s*(?:le|el|il|de|het|volgende|following|the|:|：|-|\*|>|\w{0,12}\))){0,4}\s*[:：]?[\s*_\-–—]*$",
    re.I,
)
# The verb first, the author after it: "Op 1 mei schreef X:", "Den 1. mai skrev X:", "Am 1. Mai schrieb X:".
VERB_FIRST: Final = re.compile(
    r"^[\s>*_]*(?:Op|Am|Den|På|Le|El|Em|W dniu|Dnia|Il|Kun|ons|man|tor|fre|lør|søn|tir)\b.{4,200}?\s"
    r"(?:schreef|schrieb|skrev|heeft|napisał(?:\(a\))?|escreveu|escribió|a écrit|ha scritto|"
    r"kirjoitti|użytkownik)\b.{1,250}?"
    r"(?:[:：]|napisał(?:\(a\))?[:：]?|geschreven[:：]?)\s*$",
    re.I,
)
# "<someone> <address> wrote:", "X <a@b> schrieb am 1. Mai um 10:00:".
SOMEONE: Final = re.compile(
    rf"^[\s>*_]*[^\s].{{0,200}}?[<(\[\"][^<>\s]{{1,200}}@[^<>\s]{{1,200}}[>)\]\"].{{0,3}}\s*{_WROTE}.{{0,80}}?(?:"
    rf"[:：]|Uhr:?|-{{2,}})\s*$",
    re.I,
)
# A date first: "2014-10-17 11:28 GMT+03:00 X <a@b>:", "pe 20. lokakuuta 2017 klo 17.50 X <a@b> kirjoitti:".
DATE_FIRST: Final = re.compile(
    r"^[\s>*_]*(?:\w{2,14}[,.]?\s+)?(?:\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?|"
    r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}\.?\s+[^\W\d]{3,12}\.?,"
    r"?\s+\d{4})(?:[\s,.(（г年р].{0,120}?)?\s*"
    r"(?:[<\"(（][^<>]{0,200}?@[^<>\s]{1,200}[>\")）]\s*(?:[:：]|.{0,30}[:：])?|.{0,120}(?:написал|"
    r"писал|пише|napisał|kirjoitti)(?:\(\w{1,2}\))?[:：])\s*$",
    re.I,
)
# Any line with a date and a time that ends in "<address>:".
ADDRESS_LAST: Final = re.compile(
    r"^(?=.{0,200}\b(?:19|20)\d\d\b)(?=.{0,200}\d{1,2}[:.：]\d\d).{0,300}?[<(][^<>()\s]{1,200}@[^<>()\s]{1,200}["
    r">)]\s*[:：]\s*$"
)
DATE_ZONE: Final = re.compile(r"^\s*\d{4}-\d\d-\d\d \d\d?:\d\d (?:GMT|UTC)[+-]\d\d:?\d\d\s+\S.{0,200}$")
# East Asian attributions are told by their end, if they have a date or a name; each pattern is one scan.
EAST_DATE: Final = re.compile(r"(?:19|20)\d\d(?:年|[-/.]|년)\s?\d{1,2}(?:月|[-/.]|월)\s?\d{1,2}[日일]?")
EAST_END: Final = re.compile(
    r"(?:<[^<>]{3,200}@[^<>]{1,200}>.{0,10}[:：]|"
    r"(?:のメール|のメッセージ|書きました|書かれました|wrote|写道|寫道|님이 ?작성)\s?)"
    r"\s*[:：。]?\s*$"
)
EAST_NAME: Final = re.compile(
    r"(?:さん|様|氏)(?:は|が)?[、\s]{0,3}(?:書きました|書かれました|からの(?:メール|メッセージ)(?:です)?)\s*[:：。]?\s*$"
)
EAST_WEAK: Final = re.compile(r"(?:[:：]|(?:さん|様|氏).{0,20}|より|から)\s*$")
EAST_WROTE: Final = re.compile(r"^[\s>]*(?:在|於|于)?.{2,300}(?:写道|寫道)\s*[:：]?\s*$")
# A day instead of a date, as short forms have it: "On Mon, X wrote:", "Montag schrieb X:", "月曜にXが書きました".
_DAY: Final = (
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|today|yesterday|"
    r"(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|mo|di|mi|do|fr|sa|so)|heute|gestern|"
    r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lun|mar|mer|jeu|ven|sam|dim)|aujourd['’]hui|hier)"
)
_DAY_WROTE: Final = r"(?:wrote|said|schrieb|geschrieben|a écrit|écrivait|a répondu)"
DAY_FIRST: Final = re.compile(
    rf"^[\s>*_\-–—]*(?:(?:on|am|le)\s+)?{_DAY}\b[.,]?(?=\s)(?:.{{1,120}}?[\s\u00a0]{_DAY_WROTE}|\s{_DAY_WROTE}\s.{{1,120}}?)"
    r"[\s\u00a0]?[:：][\s*_]*$",
    re.I,
)
DAY_LAST: Final = re.compile(
    rf"^[\s>*_\-–—]*\S.{{0,80}}?[\s\u00a0]{_DAY_WROTE}\s(?:(?:on|am|le)\s+)?{_DAY}\b.{{0,20}}?[:：][\s*_]*$", re.I
)
EAST_DAY: Final = re.compile(
    r"^[\s>]*(?:(?:先週の?)?[月火水木金土日]曜日?|今日|本日|昨日|先日)(?:に|、|,|\s).{1,80}?"
    r"(?:が|は|、|\s)\s?(?:書きました|書かれました|送信しました)\s*[:：]?\s*$"
)
ANDROID: Final = re.compile(
    r"^[\s>]*-{2,10}(?!-)\s?.{1,200}?\s?(?:wrote|schrieb|a écrit|escribió|skrev|さんが書きました)\s?-{2,}[\s:]*$", re.I
)
DASHED_ON: Final = re.compile(r"^[\s>]*-{3,30}(?!-)\s?On .{4,300}?wrote[\s:-]*$", re.I)

# "-----Original Message-----": all below is quoted.
ORIGINAL: Final = re.compile(
    r"^[\s>*]*[-–—_=]{2,}\s{0,3}\*?(?:Original (?:Message|Mail|E-?mail|Appointment)|"
    r"Reply (?:Message|Separator)|Urspr(?:ü|ue|ă¼)ngliche (?:Nachricht|Mail|E-Mail)|"
    r"Originalnachricht|Antwort Nachricht|Oprindelig (?:meddelelse|besked)|Opprinnelig melding|"
    r"Ursprungligt meddelande|Originalmeddelande|Message d'origine|Message original|"
    r"Message transféré|Mensaje original|Messaggio originale|Mensagem original|Oorspronkelijk bericht|"
    r"Original-Nachricht|Alkuperäinen viesti|Wiadomość oryginalna|"
    r"Oryginalna wiadomość|Původní zpráva|Исходное сообщение|Оригинальное сообщение|Пересылаемое сообщение|"
    r"元のメッセージ|オリジナル\s?メッセージ|元のメール|元メール|受信メール|返信元メッセージ|"
    r"原始邮件|原始郵件|原邮件|回复的原邮件|발신 원본|원본 메시지)\s?\*?\s{0,3}[-–—_=]{2,}[\s*]*$",
    re.I,
)
ORIGINAL_BARE: Final = re.compile(
    r"^[\s>]*(?:Original Message|元のメッセージ)\s?(?:follows|processed by .{1,40})?\s*[:：]?\s*$", re.I
)
FORWARDED: Final = re.compile(
    r"^[\s>*]*(?:[-–—_=]{2,}\s{0,3}(?:Forwarded [Mm]essage|Forwarded by .{1,200}|Weitergeleitete Nachricht|"
    r"Message transféré|Mensaje reenviado|Messaggio inoltrato|"
    r"Mensagem encaminhada|Doorgestuurd bericht|Vidarebefordrat meddelande|Videresendt meddelelse|"
    r"Przekazana wiadomość|Пересылаемое сообщение|"
    r"転送(?:された)?(?:メッセージ|メール)|Forwarded message|转发的?(?:邮件|消息)|轉寄郵件|"
    r"전달된 메시지)\s{0,3}[-–—_=]{0,}"
    r"|Begin forwarded message:|Anfang der weitergeleiteten (?:Nachricht|E-Mail):|Début du message (?:réexpédié|"
    r"transféré)\s?:|Inicio del mensaje reenviado:|"
    r"Inizio messaggio inoltrato:|転送されたメッセージ[:：]|以下、?転送.{0,10})[\s*]*$"
)

# One line of a header block, by what it is.
_FROM = (
    r"From|Von|De|Da|Från|Fra|Van|Od|От|Lähettäjä|Kimden|差出人|送信者|送信元|发件人|"
    r"寄件者|寄件人|보낸 ?사람|Remitente|Expéditeur|Mittente|Nadawca|Feladó"
)
_WHEN = (
    r"Sent|Date|Gesendet|Datum|Envoyé|Enviado(?: el| em)?|Inviato|Data|Message du|Skickat|"
    r"Sendt|Dato|Verzonden|Wysłano|Отправлено|Дата|Lähetetty|Fecha|送信日時|日時|日付|"
    r"受信日時|发送时间|寄件日期|传送时间|보낸 ?날짜|날짜|Tarih|Gönderilme"
)
_TO = (
    r"To|An|À|A|Para|Till|Til|Aan|Do|Кому|Vastaanottaja|Kime|宛先|受信者|送信先|收件人|"
    r"收件者|받는 ?사람|Destinataire|Destinatario"
)
_SUBJECT = (
    r"Subject|Betreff|Objet|Sujet|Asunto|Oggetto|Assunto|Ämne|Emne|Onderwerp|Temat|Тема|"
    r"Aihe|Konu|件名|題名|主题|主旨|제목"
)
_MORE = (
    r"Cc|CC|Bcc|BCC|Kopie|Kopia|Copie(?: à)?|Reply-To|Risposta|Antwort an|Importance|"
    r"Priority|Attachments?|Anlagen?|添付ファイル|重要度|抄送|참조|Message-ID|Organization|"
    r"Répondre à|返信先"
)
HEADER_LINE: Final = re.compile(
    rf"^[\s>*|]*(?:(?P<from>{_FROM})|(?P<when>{_WHEN})|(?P<to>{_TO})|(?P<subject>{_SUBJECT})|"
    rf"(?P<more>{_MORE}))\*?[\s\u00a0\u3000]*[:：]\*?(?:[\s\u00a0].*|[^/].*)?$"
)

RULE: Final = re.compile(r"^[\s>]*(?:[-–—―─━_=＝*＊~～+#＋◆◇■□●○☆★♪・.:;'\"^°｡｡/\\|<>-]{3,}|ᐧ|[─━―—]{2,})[\s]*$")
SIGNATURE_DASHES: Final = re.compile(r"^(?:--|—|–|__|-- ?|—-|－－)[\s\u00a0]*$")
LIST_FOOTER: Final = re.compile(r"^_{5,}\s*$")
DASH_NAME: Final = re.compile(r"^[-–] ?[^\W\d_][\w.'’-]{0,24}(?:\s[^\W\d_][\w.'’-]{0,24}){0,2}[.,]?\s*$")

MOBILE: Final = re.compile(
    r"^[\s<(（\[]*(?:"
    r"(?=S)(?!.*\b(?:is|was|were|are)\b)Sent (?:wirelessly )?(?:from|via|with|using|by)(?! (?:our|"
    r"the)\b)(?: (?:my|mobile|a|an|phone|galaxy))? ?[^.!?]{0,80}"
    r"(?:iphone|ipad|ipod|phone|android|mobile|blackberry|galaxy|samsung|device|outlook|"
    r"mail\b|mailbox|airmail|windows|htc|pc\b|tablet|nokia|sony|xperia|pixel|yahoo|gmail|"
    r"proton|spark|"
    r"typeapp|mailspring|polymail|acompli|sparrow|aol|zoho|bluemail|nine|cell|ti-\d+|"
    r"alcatel|lg|huawei|motorola|treo|palm|postbox|superhuman|front|flash|handheld|smartphone|"
    r"droid|mac\b|watch).{0,90}"
    r"|From my (?:iphone|ipad|mobile|android|phone).{0,30}"
    r"|(?=S)(?!.*\b(?:is|was|were|are)\b)Sent from my [\w '’.-]{2,40}"
    r"|Get (?:\[)?Outlook for .{1,80}|Get \[?Outlook .{1,60}|Get BlueMail for .{1,40}"
    r"|(?:Envoyé|Envoyée) (?:depuis|de|à partir|sans fil|via|par) .{2,90}|Obtenez Outlook pour .{1,60}|"
    r"T[ée]l[ée]charger Outlook .{1,60}"
    r"|(?:Von|Diese (?:Nachricht|E-?Mail) wurde von) (?:meinem|mein) .{2,80}gesendet.{0,20}|"
    r"Gesendet (?:von|mit|über|aus) .{2,80}|Von meinem .{2,40} gesendet.{0,20}|Holen Sie sich Outlook .{1,60}"
    r"|Enviad[oa] (?:desde|do|a partir|de|via|con) .{2,90}|Obtener Outlook .{1,60}|Obter (?:o )?Outlook .{1,60}"
    r"|Inviato (?:da|dal|con) .{2,80}|Scarica Outlook .{1,60}|Ottieni Outlook .{1,60}"
    r"|Verzonden (?:vanaf|met|via|van) .{2,80}|Verstuurd vanaf .{2,60}|Outlook voor .{1,40} downloaden"
    r"|Skickat från .{2,80}|Sendt fra .{2,80}|Lähetetty .{2,60}|Wysłane z .{2,60}|Wysłano z .{2,60}|"
    r"Odesláno z .{2,60}|Отправлено (?:с|из) .{2,60}|Надіслано з .{2,60}"
    r"|(?=.*から).{0,30}(?:iPhone|iPad|iPod|Android|スマートフォン|スマホ|携帯|Xperia|Galaxy|Outlook|"
    r"Yahoo!?メール|ドコモ|docomo|au|SoftBank)(?:搭載)?.{0,20}から(?:送信|送付|の送信|"
    r"メールを送信).{0,20}"
    r"|.{0,20}Outlook (?:for|を).{0,20}(?:入手|ダウンロード).{0,40}|.{0,10}(?:の)?Yahoo!?メール.{0,20}(?:送信|"
    r"から).{0,20}"
    r"|從我的 ?.{1,20} ?傳送|从我的 ?.{1,20} ?发送|发自我的 ?.{1,30}|發自我的 ?.{1,30}|"
    r"나의 .{1,20}에서 보냄|.{1,20}에서 보냄"
    r"|sent by galaxy|someone from mobile|Yahoo Mail: .{2,60}|Download Outlook .{2,40}"
    r")[\s>)）\]!.。]*$",
    re.I,
)
CONTACT: Final = re.compile(
    r"tel(?:ephone)?\s?[:：./]|fax\b|phone\s?[:：]|mobile?\s?[:：]|e-?mail\s?[:：]|mailto:|"
    r"https?://|www\.|@[\w-]+\.|〒\d|株式会社|有限会社|合同会社|（株）|\(株\)|㈱|電話|"
    r"携帯|住所|担当|部\s|課\s|センター|ＴＥＬ|ＦＡＸ|"
    r"\+\d[\d ()-]{7,}|\d{2,5}-\d{1,4}-\d{3,4}|\bInc\b|\bLtd\b|GmbH|\bCEO\b|Co\.",
    re.I,
)
FORM_FIELD: Final = re.compile(
    r"^\s*(?:[■◆●▼□◇○・*]\s?|【|\[)?(?:お名前|氏名|名前|ご用件|内容|お問い?合わせ|ご注文|"
    r"商品|金額|数量|日時|注文|希望|合計|小計|送料|受付)"
)
