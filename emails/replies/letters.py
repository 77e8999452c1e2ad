"""Where the answered letter begins: an attribution, a divider, or headers without any mark."""

import re

from emails.replies import attributions
from emails.replies.marks import LONG, bare, is_blank, is_quoted, next_written

FROM = (
    "from|von|de|da|van|från|fra|od|frá|lähettäjä|saatja|nuo|no|feladó|de la|gönderen|kimden|από"
    "|от|від|от кого|dari|từ|من|מאת|发件人|寄件者|寄件人|差出人|보낸 사람|보낸사람|จาก|expéditeur"
    "|remitente|mittente|remetente|absender|afzender|avsändare|afsender|avsender|odesílatel|nadawca"
)
OTHER = (
    "sent|date|to|cc|bcc|subject|reply-to|importance|attachments"
    "|gesendet|datum|an|betreff|wichtigkeit|empfänger"
    "|envoyé|envoyé le|envoyée|à|objet|enviado|enviado el|enviada em|enviado em|data|fecha|para"
    "|asunto|assunto|cco|inviato|a|oggetto|risposta|verzonden|aan|onderwerp"
    "|skickat|skickat den|till|ämne|kopia|sendt|dato|til|emne|lähetetty|päiväys|vastaanottaja|aihe"
    "|kopio|wysłano|wysłane|do|dw|temat|odesláno|komu|předmět|kopie|odoslané|predmet|poslano|za"
    "|zadeva|prima|elküldve|küldve|dátum|címzett|másolatot kap|tárgy|trimis|către|subiect"
    "|gönderildi|gönderilme tarihi|tarih|kime|konu|bilgi|στάλθηκε|ημερομηνία|προς|θέμα|κοιν"
    "|дата|отправлено|кому|тема|копия|надіслано|копія|изпратено|до|относно|тема на"
    "|dikirim|tanggal|kepada|perihal|subjek|đã gửi|ngày|đến|tới|chủ đề|تم الإرسال|التاريخ|إلى"
    "|الموضوع|נשלח|תאריך|אל|נושא|发送时间|发送日期|日期|收件人|主题|抄送|寄件日期|收件者|主旨|副本"
    "|送信日時|日時|宛先|件名|보낸 날짜|날짜|받는 사람|받는사람|제목|참조|ส่ง|ถึง|เรื่อง"
    "|saadetud|kellele|teema|išsiųsta|kam|nosūtīts|enviat|per a|assumpte"
)
FROM_LABEL = re.compile(rf"(?:{FROM})\s?\*?\s?[:\uff1a]\*?\s?\S", re.IGNORECASE)
LABEL = re.compile(rf"(?:{FROM}|{OTHER})\s?\*?\s?[:\uff1a]", re.IGNORECASE)
# In a language we have no words for, an address and an hour among labels say the same.
ANY_LABEL = re.compile(r"[^\W\d][^:\uff1a@]{0,24}[:\uff1a]\*?\s?\S")
LABEL_LINES = 6
LABELS = 3

DIVIDED = re.compile(
    r"-{2,}\s*(?:original[- ]?message|original e?-?mail|originalnachricht"
    r"|ursprüngliche (?:nachricht|mail)|weitergeleitete nachricht|mensaje (?:original|reenviado)"
    r"|message (?:d['’]origine|original|transféré)|messaggio (?:originale|inoltrato)"
    r"|mensagem (?:original|encaminhada)|oorspronkelijk bericht|doorgestuurd bericht"
    r"|forwarded (?:message|by .{1,80})|ursprungligt meddelande|originalmeddelande"
    r"|vidarebefordrat meddelande|oprindelig (?:meddelelse|besked)"
    r"|videresendt (?:meddelelse|melding)"
    r"|opprinnelig melding|alkuperäinen viesti|(?:wiadomość oryginalna|oryginalna wiadomość)"
    r"|původní (?:zpráva|e-?mail)|pôvodná správa|eredeti üzenet|továbbított üzenet|mesaj original"
    r"|orijinal (?:mesaj|ileti)|özgün ileti|iletilen ileti|αρχικό μήνυμα|исходное сообщение"
    r"|пересылаемое сообщение|оригинальное сообщение|вихідне повідомлення|оригинално съобщение"
    r"|izvorna poruka|izvirno sporočilo|pesan asli|thư gốc|tin nhắn gốc"
    r"|الرسالة الأصلية|הודעה מקורית|原始邮件|原始郵件|邮件原件|元のメッセージ|원본 메[시일]지?"
    r"|algne kiri|missatge original)\s*-{2,}$",
    re.IGNORECASE,
)
# Apple Mail's forwarded letter has no dashes.
FORWARDED = re.compile(
    r"begin forwarded message:|anfang der weitergeleiteten nachricht:"
    r"|début du (?:message réexpédié|message transféré)\s?:|inicio del mensaje reenviado:"
    r"|inizio messaggio inoltrato:|início da mensagem (?:reencaminhada|encaminhada):"
    r"|begin doorgestuurd bericht:|vidarebefordrat brev:|start på videresendt besked:",
    re.IGNORECASE,
)
DASHED = re.compile(r"-{3,}\s?[^\s-].{0,50}[^\s-]\s?-{3,}$")


def without_letter(lines: list[str]) -> list[str]:
    """Without attributions, and up to where a letter begins that bears no marks.

    Answers between quoted lines, or below a letter that stands above everything, follow an
    attribution and are kept.
    """
    kept: list[str] = []
    floor = looked_at = 0
    written = False
    for number, line in enumerate(lines):
        if begins_unmarked(lines, number):
            return kept
        kept.append(line)
        start = attributions.start_of(lines, number, floor)
        if start is not None:
            del kept[len(kept) - (number + 1 - start) :]
            following = next_written(lines, number)
            written = written or any(map(_is_own, kept[looked_at:]))
            if written and following is not None and not is_quoted(following):
                return kept
            floor, looked_at = number + 1, len(kept)
    return kept


def _is_own(line: str) -> bool:
    return not is_blank(line) and not is_quoted(line)


def begins_unmarked(lines: list[str], number: int) -> bool:
    """A divider, or a block of headers as Outlook writes it."""
    line = lines[number]
    if len(line) > LONG or is_quoted(line):
        return False
    text = bare(line)
    if DIVIDED.match(text) or FORWARDED.fullmatch(text):
        return True
    if DASHED.match(text):
        return _is_header(lines, number + 1, labels=1)
    return _is_header(lines, number, labels=LABELS)


def _is_header(lines: list[str], number: int, labels: int) -> bool:
    """So many labels or more in one block, in whatever order, and who it is from among them."""
    if number >= len(lines) or (labels > 1 and not ANY_LABEL.match(bare(lines[number])[:LONG])):
        return False
    block = [bare(line)[:LONG] for line in lines[number : number + 12] if not is_blank(line)]
    block = block[:LABEL_LINES]
    named = [line for line in block if LABEL.match(line)]
    if LABEL.match(block[0] if block else "") and len(named) >= labels:
        return any(map(FROM_LABEL.match, named))
    return _is_foreign_header(block)


def _is_foreign_header(block: list[str]) -> bool:
    shaped = block[: LABELS + 1]
    return (
        len(shaped) == LABELS + 1
        and all(map(ANY_LABEL.match, shaped))
        and any(map(attributions.BRACKETED.search, shaped))
        and any(map(attributions.TIME.search, shaped))
    )
