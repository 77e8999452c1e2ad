"""What stands below a person's words in every mail of hers: a signature, a disclaimer."""

import re

from emails.replies.marks import LONG, bare, is_blank, paragraphs

DELIMITER = re.compile(r"(?:--|__)\s*$")
# Two dashes without the blank of RFC 3676 may also part two thoughts: then much follows.
SIGNATURE_LINES = 24
WITH_BLANKS = 4 * SIGNATURE_LINES
RULE = re.compile(r"[-_=*#~+\u2014\u2013\s]{2,}$")
LIST_RULE = re.compile(r"_{10,}$")
LIST_LINES = 8
CONTACT = re.compile(
    r"@|https?:|www\.|\+\d|\d[\d\s/().-]{6,}\d|\|"
    r"|\b(?:tel|fon|fax|phone|mobile?|handy|tél|cell)\b\s?[.:]",
    re.IGNORECASE,
)
# Only names and numbers below such a line make a signature: a goodbye and a name are her words.
SIGN_OFF = re.compile(
    r"(?:(?:kind(?:est)?|best|warm(?:est)?|with (?:kind|best|warm))?\s?(?:regards|wishes)"
    r"|best|sincerely|yours (?:sincerely|truly|faithfully)|cheers|(?:many )?thanks"
    r"|(?:mit )?(?:freundlichen|herzlichen|besten|lieben) grüßen"
    r"|(?:liebe|viele|beste|herzliche) grüße"
    r"|mfg|lg|vg|cordialement|bien (?:à vous|cordialement)|sincères salutations|(?:un )?saludos?"
    r"|(?:saludos )?cordial(?:es|mente)(?: saludos)?|atentamente|un abrazo|cordiali saluti"
    r"|distinti saluti|saluti|atenciosamente|cumprimentos|abraços|met vriendelijke groet(?:en)?"
    r"|groet(?:en|jes)?|med vänlig hälsning|vänliga hälsningar|mvh|med venlig hilsen"
    r"|(?:med )?vennlig hilsen|hilsen|ystävällisin terveisin|terveisin|pozdrawiam|z poważaniem"
    r"|s pozdravem|\u0441 уважением|з повагою|üdvözlettel|cu stimă"
    r"|sayg\u0131lar\u0131mla)\s?[,.!:]?$",
    re.IGNORECASE,
)
SIGNED_LINES = range(2, 10)
SIGNED_LENGTH = 70
POSTSCRIPT = re.compile(r"p\.?\s?s\b", re.IGNORECASE)

MAIL = (
    r"(?:e-?mail|email|message|transmission|communication|nachricht|mitteilung|courriel|mensaje"
    r"|correo(?: electrónico)?|mensagem|messaggio|comunicazione|bericht|e-?mailbericht|e-?post\w*"
    r"|meddelande\w*|wiadomość|zpráva|письмо|сообщение|mesaj|üzenet|levél)"
)
DISCLAIMER = re.compile(
    r"(?:confidentiality|legal|privacy) (?:notice|note|statement)\b|disclaimer\b"
    r"|haftungsausschluss\b|vertraulichkeitshinweis\b|avis de confidentialité\b"
    r"|aviso (?:legal|de confidencialidad)\b|avviso di riservatezza\b|aviso de confidencialidade\b"
    rf"|(?:the|any) (?:information|contents?) (?:contained )?(?:in|of|transmitted (?:in|by))"
    rf" this {MAIL}"
    rf"|(?:this|diese|ce|cet|este|esta|questo|questa|dit|deze|detta|denna|denne|ta|niniejsza|tato"
    rf"|данное|настоящее|это|bu|ez az?|el presente|la presente|le présent) {MAIL}\b"
    r"(?=.{0,250}(?:confiden|privileg|intended|vertraulich|bestimmt|destinat|riservat|exclusiv"
    r"|vertrouwelijk|bestemd|konfidenti|fortrolig|poufn|důvěrn|конфиденц|gizli|bizalmas))"
    # One of these as well: a reader may call her own letter confidential.
    r"(?=.{0,900}(?:recipient|addressee|in error|unauthori|attachments|empfänger|adressat"
    r"|irrtümlich|erreur|destinat|pièces jointes|adjunt|por error|allegat|per errore|anexo"
    r"|por engano|ontvang|bijlage|mottag|modtag|příjem|příloh|załącz|címzett|получател|вложени"
    r"|al\u0131c))"
    rf"|le informazioni (?:contenute|trasmesse) in quest[oa] {MAIL}"
    rf"|les informations contenues dans ce {MAIL}"
    rf"|la información contenida en est[ea] {MAIL}|as informações contidas nest[ea] {MAIL}"
    rf"|de informatie (?:verzonden )?(?:in|met) (?:dit|deze) {MAIL}"
    r"|(?:if you are not|wenn sie nicht|sollten sie nicht|si vous n['’]êtes pas|si usted no es"
    r"|se non siete|se você não é|indien u niet)(?: d\w\w)?"
    r" (?:the (?:intended|named)|der (?:richtige|beabsichtigte|vorgesehene)"
    r"|le destinataire|el destinatario|il destinatario|o destinatário"
    r"|de (?:beoogde|geadresseerde))"
    r"|(?:please )?(?:consider|think of) the environment before printing"
    r"|bitte (?:denken sie|prüfen sie).{0,60}umwelt|pensez à l['’]environnement"
    r"|virus-free\.|virenfrei\.|sin virus\.|garanti sans virus\.",
    re.IGNORECASE | re.DOTALL,
)
DISCLAIMER_LENGTH = 60
TITLE_WORDS = 3
DECORATION = " \t*_=-#~\u2022\U0001f333"


def without_signature(lines: list[str]) -> list[str]:
    """Up to the delimiter of a signature, and what else closes every mail alike."""
    for number in range(max(0, len(lines) - WITH_BLANKS), len(lines)):
        line = lines[number]
        if not (DELIMITER.match(line) or LIST_RULE.match(line)):
            continue
        after = [text for text in lines[number + 1 :] if not is_blank(text)]
        if DELIMITER.match(line) and len(after) <= SIGNATURE_LINES:
            return lines[:number]
        if LIST_RULE.match(line) and len(after) <= LIST_LINES and any(map(CONTACT.search, after)):
            return lines[:number]
    return lines


def without_business_card(lines: list[str]) -> list[str]:
    """Without a goodbye that only opens a block of name, title, numbers and addresses."""
    last = range(max(0, len(lines) - WITH_BLANKS), len(lines))
    written = [number for number in last if not is_blank(lines[number])]
    for place in range(max(1, len(written) - SIGNED_LINES.stop), len(written)):
        below = [bare(lines[number]) for number in written[place + 1 :]]
        if SIGN_OFF.match(bare(lines[written[place]])[:LONG]) and _is_card(below):
            return lines[: written[place]]
    return lines


def _is_card(lines: list[str]) -> bool:
    return (
        len(lines) in SIGNED_LINES
        and any(map(CONTACT.search, lines))
        and all(len(line) <= SIGNED_LENGTH for line in lines)
        and not any(map(POSTSCRIPT.match, lines))
    )


def without_disclaimer(lines: list[str]) -> list[str]:
    """Up to the first paragraph that is a lawyer's, where something stands above it."""
    for place, paragraph in enumerate(paragraphs(lines)):
        text = " ".join(lines[number] for number in paragraph[:8])[:2000].lstrip(DECORATION)
        if place and DISCLAIMER.match(text) and _is_boilerplate(text):
            return lines[: paragraph.start]
    return lines


def _is_boilerplate(text: str) -> bool:
    """Long, or nothing but its title."""
    return len(text) >= DISCLAIMER_LENGTH or len(text.split()) <= TITLE_WORDS


def without_rules(lines: list[str]) -> list[str]:
    """Without rules and blank lines at the end, which part the words from nothing."""
    end = len(lines)
    while end and (is_blank(lines[end - 1]) or RULE.match(bare(lines[end - 1])[:LONG])):
        end -= 1
    return lines[:end]
