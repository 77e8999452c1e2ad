"""Lines a phone or an app adds below what was written: "Sent from my iPhone", in any language."""

import re

from emails.replies.marks import bare, is_blank, is_quoted

SENT_FROM = (
    r"sent (?:from|via|with|using|by|on)\b|sent(?: securely)? from\b|get outlook for"
    r"|obt[eé]n(?:er)? outlook|obter o? ?outlook|télécharge\w* outlook|obtenir outlook"
    r"|ottieni outlook|scarica outlook|outlook (?:für|voor|til|för|pro|dla|для)\b|hämta outlook"
    r"|hent outlook|pobierz (?:aplikację )?outlook|uzyskaj outlook|скачать outlook"
    r"|получить outlook|stáhnout outlook|laden sie outlook"
    r"|(?:diese (?:nachricht|e-?mail) wurde )?(?:von|über) (?:mein|unterwegs|outlook)\w*.* gesendet"
    r"|(?:diese (?:nachricht|e-?mail) wurde )von .* gesendet"
    r"|gesendet (?:mit|von|vom|aus|über|via|per)\b|versendet (?:mit|von)\b"
    r"|envoyée? (?:de|depuis|avec|à partir de|à partir du|par|via|du)\b"
    r"|enviado (?:desde|do|de|da|con|com|por|via|a partir d\w|pelo)\b|enviat des de"
    r"|inviat[oa] (?:da|dal|dall|con|tramite)\b"
    r"|(?:verzonden|verstuurd) (?:vanaf|met|van|via|vanuit)\b"
    r"|sendt (?:fra|med|via)\b|skickat (?:från|med|via)\b|sänt från|lähetetty\b"
    r"|wysłan[eoy] (?:z|ze|za)\b"
    r"|odesláno (?:z|ze|pomocí)\b|odoslané (?:z|zo)\b|poslano (?:z|s|iz|sa)\b|послато|изпратено от"
    r"|trimis (?:de pe|din|cu)\b|отправлено (?:\u0441|из|от)\b|надіслано (?:з|із)\b|στάλθηκε από"
    r"|đã gửi từ|(?:được )?gửi từ|dikirim dari|saadetud|išsiųsta iš|nosūtīts no|bidalia"
    r"|发自我?的?|從我的.*(?:傳送|寄出)|从我的.*发送|أ?رسلت? من|مرسل من|أُرسلت من|נשלח מ"
    r"|ส่งจาก|ارسال شده از"
)
SENT_AT_THE_END = (
    r".*(?:-[rt]ól küldve|mról küldve|gönderildi|から送信|에서 보냄|에서 보낸 메일)\.?"
)
FOOTER = re.compile(rf"(?:(?:{SENT_FROM}).{{0,110}}|{SENT_AT_THE_END})$", re.IGNORECASE)
# What such a line names, and a sentence that merely begins alike seldom does.
DEVICE = re.compile(
    r"i ?phon|i ?pad|i ?pod|apple|mac|galaxy|samsung|android|blackberry|huawei|xiaomi|redmi|pixel"
    r"|nokia|oneplus|oppo|motorola|lenovo|wiko|fairphone|honor|sony|htc|lg\b|outlook|windows|mail"
    r"|yahoo|proton|tuta|gmx|web\.de|t-online|spark|superhuman|thunderbird|fastmail|aol|k-9|hotmail"
    r"|smartphone|phone\b|handy|mobil|móvil|movil|móbil|portable|cellulare|téléphone|teléfono|telefon"
    r"|telefoon|puhelime|tablet|gerät|device|appareil|dispositi|\bapp\b|https?:|www\.",
    re.IGNORECASE,
)
OWNED = re.compile(
    r"(?:sent from|gesendet von|envoyée? de|enviado d\w+|inviato dal?|verzonden van(?:af)?"
    r"|sendt fra|skickat från) (?:my|mein\w*|mon|ma|mi|meu|minha|mio|mia|mijn|min|mitt)\s\S+$",
    re.IGNORECASE,
)
LINK = re.compile(r"<?\(?https?:\S+|www\.\S+")
SENTENCE = re.compile(r"[,;?!]|\w\.\s+[^\W\d]")
BREVITY = re.compile(
    r"brevity|typo|autocorrect|auto-correct|kürze|tippfehler|rechtschreib", re.IGNORECASE
)
MIXED_CASE = re.compile(r"\b[A-Z][a-z]+[A-Z]\w*$")
PRODUCT_WORDS = 4
WORDS = 16


def without_footers(lines: list[str]) -> list[str]:
    """Without such lines, and without what a program put below them, down to the next quotation.

    Where nothing is written above one, what stands below it is her own.
    """
    kept: list[str] = []
    written = below = False
    for line in lines:
        quoted = is_quoted(line)
        below = below and not quoted
        if not quoted and is_footer(bare(line)):
            below = written
        elif not below:
            kept.append(line)
            written = written or not (quoted or is_blank(line))
    return kept


def is_footer(text: str) -> bool:
    """Short, and about a device or an app; a sentence of hers is neither."""
    if len(text) > 2 * 110 or not FOOTER.match(text):
        return False
    if OWNED.match(text) or BREVITY.search(text):
        return True
    words = LINK.sub("", text)
    named = DEVICE.search(text) is not None or _is_one_name(words)
    return named and len(words.split()) <= WORDS and not SENTENCE.search(words)


def _is_one_name(text: str) -> bool:
    """Whether two capitals in the last word make it a product: "Sent from TypeApp"."""
    return len(text.split()) <= PRODUCT_WORDS and MIXED_CASE.search(text) is not None
