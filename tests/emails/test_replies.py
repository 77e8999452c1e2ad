"""What the reader wrote, without the letter she answered."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emails.replies import own_words, words_of

steady = settings(derandomize=True, deadline=None, max_examples=200)

WORDS = "It began in the chest.\n\nThen I looked at the clock."
PRACTICE = "Your practice <letters@practice.example>"
WRAPPED = "Your practice <\nletters@practice.example>"
QUOTED = "> Dear Ana,\n>\n> there is a kind of “I’m fine”.\n"
BARE = "Dear Ana,\n\nthere is a kind of “I’m fine”.\n"

ATTRIBUTIONS = {
    "Gmail": f"On Tue, Nov 3, 2026 at 8:00 AM {PRACTICE} wrote:",
    "Gmail, wrapped": f"On Tue, Nov 3, 2026 at 8:00 AM {WRAPPED} wrote:",
    "Gmail, wrapped early": f"On Tue, Nov 3,\n2026 at 8:00 AM {PRACTICE} wrote:",
    "Gmail, German": f"Am Di., 3. Nov. 2026 um 08:00 Uhr schrieb {WRAPPED}:",
    "Gmail, French": f"Le mar. 3 nov. 2026 à 08:00, {PRACTICE} a\nécrit :",
    "Gmail, Spanish": f"El mar, 3 nov 2026 a las 8:00, {PRACTICE}\nescribió:",
    "Gmail, Italian": f"Il giorno mar 3 nov 2026 alle ore 08:00 {PRACTICE} ha scritto:",
    "Gmail, Portuguese": f"Em ter., 3 de nov. de 2026 às 08:00, {PRACTICE} escreveu:",
    "Gmail, Dutch": f"Op di 3 nov 2026 om 08:00 schreef {PRACTICE}:",
    "Gmail, Norwegian": f"tir. 3. nov. 2026 kl. 08:00 skrev {PRACTICE}:",
    "Gmail, Polish": f"wt., 3 lis 2026 o 08:00 {PRACTICE} napisał(a):",
    "Gmail, older": f"2026-11-03 8:00 GMT+01:00 {PRACTICE}:",
    "Apple Mail": f"On 3. Nov 2026, at 08:00, {PRACTICE} wrote:",
    "Apple Mail, German": f"Am 03.11.2026 um 08:00 schrieb {PRACTICE}:",
    "Apple Mail, French": f"Le 3 nov. 2026 à 08:00, {PRACTICE} a écrit :",
    "Apple Mail, Spanish": f"El 3 nov 2026, a las 8:00, {PRACTICE} escribió:",
    "Thunderbird": "On 11/3/26 8:00 AM, Your practice wrote:",
    "Thunderbird, German": "Am 03.11.26 um 08:00 schrieb Your practice:",
    "Yahoo": f"On Tuesday, November 3, 2026 at 08:00:12 AM GMT+1, {PRACTICE} wrote:",
    "Zoho": f"---- On Tue, 03 Nov 2026 08:00:12 +0100 {PRACTICE} wrote ----",
    "a short one": "On Tuesday Your practice wrote:",
}


def block(*labels: str) -> str:
    """Outlook's headers above a quoted letter."""
    values = (PRACTICE, "3/11/2026 08:00", "Ana", "The quick")
    return "".join(f"{label} {value}\n" for label, value in zip(labels, values, strict=False))


RULE = "_" * 32
HEADERS = {
    "Outlook": block("From:", "Sent:", "To:", "Subject:"),
    "Outlook, starred": block("*From:*", "*Sent:*", "*To:*", "*Subject:*"),
    "Outlook, ruled": f"{RULE}\n{block('From:', 'Sent:', 'To:')}",
    "Outlook, German": block("Von:", "Gesendet:", "An:", "Betreff:"),
    "Outlook, French": block("De :", "Envoyé :", "À :", "Objet :"),
    "Outlook, Spanish": block("De:", "Enviado el:", "Para:", "Asunto:"),
    "Outlook, Italian": block("Da:", "Inviato:", "A:", "Oggetto:"),
    "Outlook, Dutch": block("Van:", "Verzonden:", "Aan:", "Onderwerp:"),
    "Hotmail": block("Date:", "Subject:", "From:", "To:"),
    "Outlook, older": f"-----Original Message-----\n{block('From:')}",
    "Outlook, older, German": f"-----Ursprüngliche Nachricht-----\n{block('Von:')}",
}
FOOTERS = [
    "Sent from my iPhone",
    "Sent from my Galaxy",
    "Sent from Yahoo Mail for iPhone",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Sent from Outlook for Android",
    "Von meinem iPhone gesendet",
    "Gesendet von Outlook für Android",
    "Gesendet mit der GMX Mail App",
    "Enviado desde mi iPhone",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon appareil",
    "Inviato da iPhone",
    "Enviado do meu iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Sendt fra min iPad",
    "Skickat från min iPhone",
    "-- \nAna\nClimber",
    "--\nAna",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS.keys())
def test_a_letter_quoted_below_is_left_out(attribution: str) -> None:
    assert own_words(f"{WORDS}\n\n{attribution}\n\n{QUOTED}") == WORDS


@pytest.mark.parametrize(
    "attribution", list(ATTRIBUTIONS.values())[:-1], ids=list(ATTRIBUTIONS)[:-1]
)
def test_a_letter_quoted_below_without_any_mark_is_left_out(attribution: str) -> None:
    assert own_words(f"{WORDS}\n\n{attribution}\n\n{BARE}") == WORDS


@pytest.mark.parametrize("block", HEADERS.values(), ids=HEADERS.keys())
def test_a_letter_below_outlooks_headers_is_left_out(block: str) -> None:
    assert own_words(f"{WORDS}\n\n{block}\n{BARE}") == WORDS


@pytest.mark.parametrize("footer", FOOTERS)
def test_a_signature_and_a_phones_advertisement_are_left_out(footer: str) -> None:
    assert own_words(f"{WORDS}\n\n{footer}\n") == WORDS
    assert own_words(f"{WORDS}\n\n{footer}\n\n{ATTRIBUTIONS['Gmail']}\n\n{QUOTED}") == WORDS


def test_answers_between_quoted_lines_stay_in_their_order() -> None:
    answered = "> What came before it?\nA hand.\n> And where?\nIn the throat.\n"
    body = f"Hello,\n\n{ATTRIBUTIONS['Gmail']}\n{answered}"
    assert own_words(body) == "Hello,\n\nA hand.\nIn the throat."


def test_an_answer_written_below_the_letter_is_kept() -> None:
    assert own_words(f"{ATTRIBUTIONS['Gmail']}\n\n{QUOTED}\n{WORDS}") == WORDS


@pytest.mark.parametrize(
    "sentence",
    [
        "On the phone she said so. He wrote: nothing at all.",
        "On the stairs my mother once wrote:\nbe good.",
        "At 8:30 I noticed:\nmy jaw.",
        "I called at 8:30.\nMy address is ana@example.com.\nHere is what I noticed:\nmy jaw.",
        "From: my chest\nTo: my mother\n\nI miss you.",
        "Sent from home at seven, I learned to need less.\nThat is one.\nTwo.\nThree.\nFour.",
        "What I do\n-\nWhat they fear",
        "1. what I do\n2. what they fear",
        "- what I do: nothing\n- what they do then: wait",
    ],
)
def test_a_readers_own_sentence_is_never_taken_for_a_quotation(sentence: str) -> None:
    assert own_words(f"{sentence}\n\n{ATTRIBUTIONS['Gmail']}\n{QUOTED}") == sentence
    assert own_words(sentence) == sentence


@pytest.mark.parametrize(
    "body", ["", "\n \n", QUOTED, f"{ATTRIBUTIONS['Gmail']}\n{QUOTED}", "-- \nAna"]
)
def test_a_reply_without_words_of_her_own_is_empty(body: str) -> None:
    assert own_words(body) == ""


@steady
@given(st.text())
def test_any_text_gives_words_that_were_in_it(body: str) -> None:
    kept = own_words(body)
    assert set(kept.split()) <= set(body.split())
    assert own_words(body.replace("\n", "\r\n")) == own_words(body.replace("\r\n", "\n"))


def mail(*parts: tuple[str, str]) -> EmailMessage:
    made = EmailMessage()
    for n, (subtype, content) in enumerate(parts):
        if n == 0:
            made.set_content(content, subtype=subtype)
        else:
            made.add_alternative(content, subtype=subtype)
    return made


@pytest.mark.parametrize(
    "quotation",
    [
        f'<div class="gmail_quote gmail_quote_container">On x wrote: {BARE}</div>',
        f'<div class="gmail_attr">On x wrote:</div><blockquote>{BARE}</blockquote>',
        f'<blockquote type="cite">{BARE}</blockquote>',
        f'<hr><div id="divRplyFwdMsg">From: x</div><blockquote>{BARE}</blockquote>',
        f'<div class="moz-cite-prefix">On x wrote:</div><blockquote>{BARE}</blockquote>',
        f'<div class="yahoo_quoted">{BARE}</div>',
    ],
    ids=["Gmail", "Gmail, older", "Apple Mail", "Outlook", "Thunderbird", "Yahoo"],
)
def test_words_are_found_where_there_is_only_html(quotation: str) -> None:
    html = f"<p>It began in the chest.</p><div>Then I looked<br>at the clock.</div>{quotation}"
    assert words_of(mail(("html", html))) == "It began in the chest.\nThen I looked\nat the clock."


def test_the_plain_part_goes_before_the_html_one() -> None:
    assert words_of(mail(("plain", "plain words"), ("html", "<p>html words</p>"))) == "plain words"


def test_scripts_and_styles_are_no_words() -> None:
    html = "<style>p { color: red }</style><script>alert(1)</script><p>Words &amp; more</p>"
    assert words_of(mail(("html", html))) == "Words & more"


@pytest.mark.parametrize(
    "charset",
    ["iso-8859-1", "windows-1252", "utf-8", "x-unknown", "rot13", "unicode_escape", '"'],
)
def test_a_charset_of_whatever_name_loses_no_mail(charset: str) -> None:
    raw = f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode() + b"caf\xe9 \\ud800 words"
    found = words_of(message_from_bytes(raw, policy=policy.default))
    assert "words" in found
    found.encode()


def test_an_attachment_alone_has_no_words() -> None:
    made = EmailMessage()
    made.add_attachment(b"x", maintype="image", subtype="png", filename="x.png")
    assert words_of(made) == ""
