"""Each rule by an example, and what looks alike but is a sentence of hers."""

# Letters of other languages that look like ours are what is tested.
# ruff: noqa: RUF001

from collections.abc import Callable
from email import message_from_bytes, policy
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emails.replies import own_words, own_words_of_html, words_of

WORDS = "I noticed it on the stairs.\n\nThen it was gone."
GMAIL = "On Tue, Nov 3, 2026 at 8:00 AM Mira <mira@practice.example> wrote:"
MIRA = "Mira <mira@practice.example>"
GMAIL_INLINE = """
<div>Hello</div><div class="gmail_quote"><div class="gmail_attr">xyz</div>
<blockquote class="gmail_quote">Where?</blockquote><div>In the throat.</div>
<blockquote class="gmail_quote">When?</blockquote></div>
"""
LETTER = "Dear Ana,\n\nthere is a kind of quiet.\n"


@pytest.mark.parametrize(
    "attribution",
    [
        f"Op 3 nov 2026 om 08:00 heeft {MIRA} het volgende geschreven:",
        f"Den 3. november 2026 kl. 08:00 skrev {MIRA}:",
        f"út 3. 11. 2026 v 8:00 odesílatel {MIRA} napsal:",
        f"ut 3. 11. 2026 o 8:00 {MIRA} napísal(a):",
        f"Dana uto, 3. stu 2026. u 08:00 {MIRA} napisao je:",
        f"V V tor., 3. nov. 2026 ob 08:00 je oseba {MIRA} napisala:",
        f"На вт, 3.11.2026 г. в 8:00 {MIRA} написа:",
        f"03.11.2026 08:00, {MIRA} пишет:",
        f"Kuupäev T, 3. november 2026 kell 08:00 kirjutas {MIRA}:",
        f"2026-11-03, an, 08:00 {MIRA} rašė:",
        f"otrd., 2026. g. 3. nov., plkst. 08:00 — lietotājs {MIRA} rakstīja:",
        f"Missatge de {MIRA} del dia dt., 3 de nov. 2026 a les 8:00:",
        f"เมื่อ อ. 3 พ.ย. 2026 เวลา 08:00 {MIRA} เขียนว่า:",
        f"2026년 11월 3일 오전 8:00, {MIRA}님이 작성:",
        "2026/11/03 8:00、Mira <mira@practice.example>のメール:",
        "在 2026年11月3日 08:00，Mira<mira@practice.example> 写道：",
        f"* {MIRA} [2026-11-03 08:00]:",
        f"3 nov 2026 kl. 08:00 skrev\n{MIRA}:",
        "Mira <\nmira@practice.example> schrieb am Di., 3. Nov. 2026,\n08:00:",
        "Le mardi 3 novembre 2026 à 08:00, Mira Holt\n<mira@practice.example> a écrit :",
    ],
)
def test_an_attribution_is_known_in_whatever_language(attribution: str) -> None:
    assert own_words(f"{WORDS}\n\n{attribution}\n\n> Dear Ana,\n") == WORDS
    assert own_words(f"{WORDS}\n\n{attribution}\n\n{LETTER}") == WORDS


@pytest.mark.parametrize(
    "attribution",
    ["Quoting Mira <mira@practice.example>:", "Zitat von Mira <m@x.example>:", "Mira wrote:"],
)
def test_without_a_moment_the_marks_below_tell(attribution: str) -> None:
    assert own_words(f"{WORDS}\n\n{attribution}\n\n> Dear Ana,\n") == WORDS
    assert own_words(f"{WORDS}\n\n{attribution}\n\n{LETTER}") != WORDS


@pytest.mark.parametrize(
    "labels",
    [
        ("Fra", "Sendt", "Til", "Emne"),
        ("Från", "Skickat", "Till", "Ämne"),
        ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
        ("Od", "Odesláno", "Komu", "Předmět"),
        ("Feladó", "Elküldve", "Címzett", "Tárgy"),
        ("De la", "Trimis", "Către", "Subiect"),
        ("Kimden", "Gönderildi", "Kime", "Konu"),
        ("От", "Отправлено", "Кому", "Тема"),
        ("Від", "Надіслано", "Кому", "Тема"),
        ("Από", "Στάλθηκε", "Προς", "Θέμα"),
        ("发件人", "发送时间", "收件人", "主题"),
        ("差出人", "送信日時", "宛先", "件名"),
        ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
        ("Aaaa", "Bbbb", "Cccc", "Dddd"),
    ],
)
def test_a_block_of_headers_is_known_in_whatever_language(labels: tuple[str, ...]) -> None:
    values = ("Mira <mira@practice.example>", "3.11.2026 08:00", "Ana", "The quiet")
    pairs = list(zip(labels, values, strict=True))
    plain = "\n".join(f"{label}: {value}" for label, value in pairs)
    bold = "\n".join(f"*{label}:* {value}" for label, value in pairs)
    assert own_words(f"{WORDS}\n\n{plain}\n\n{LETTER}") == WORDS
    assert own_words(f"{WORDS}\n\n________________________________\n{bold}\n\n{LETTER}") == WORDS


@pytest.mark.parametrize(
    "divider",
    [
        "-----Oprindelig meddelelse-----",
        "----- Původní zpráva -----",
        "-------- Исходное сообщение --------",
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "-----xyzzy plugh-----\nFrom: Mira",
    ],
)
def test_a_divider_ends_her_words(divider: str) -> None:
    assert own_words(f"{WORDS}\n\n{divider}\n\n{LETTER}") == WORDS


@pytest.mark.parametrize(
    "footer",
    [
        "Sent from my Galaxy S24",
        "Sent from TypeApp",
        "Sent from my Android device with K-9 Mail. Please excuse my brevity.",
        "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
        "Outlook für iOS beziehen<https://aka.ms/x>",
        "Hämta Outlook för Android",
        "Wysłane z iPhone’a",
        "Odesláno z iPhonu",
        "Отправлено с iPhone",
        "iPhone'umdan gönderildi",
        "iPhoneから送信",
        "发自我的iPhone",
        "나의 iPhone에서 보냄",
        "Lähetetty iPhonesta",
    ],
)
def test_a_phones_advertisement_goes_with_what_it_puts_below(footer: str) -> None:
    assert own_words(f"{WORDS}\n\n{footer}\n\n{LETTER}") == WORDS
    assert own_words(f"{footer}\n\n{WORDS}") == WORDS


@pytest.mark.parametrize(
    "disclaimer",
    [
        "This message is confidential and intended for the named recipient only.",
        "CONFIDENTIALITY NOTICE: the contents of this e-mail are for the addressee, nobody else.",
        "Diese E-Mail ist vertraulich. Wer nicht der richtige Adressat ist, lösche sie bitte.",
        "Ce message est confidentiel. Si vous n’êtes pas le destinataire, merci de le détruire.",
        "Please consider the environment before printing this mail, and thank you for it.",
    ],
)
def test_a_disclaimer_is_not_hers(disclaimer: str) -> None:
    assert own_words(f"{WORDS}\n\n{disclaimer}\n\nACME Ltd\n") == WORDS


def test_a_goodbye_stays_and_a_business_card_goes() -> None:
    assert own_words(f"{WORDS}\n\nWarm regards,\nAna") == f"{WORDS}\n\nWarm regards,\nAna"
    card = "Kind regards,\n\nAna Alba\nArchitect\nTel. +34 600 000 000\nwww.alba.example"
    assert own_words(f"{WORDS}\n\n{card}") == WORDS
    postscript = "Thanks,\nAna\n\nP.S. Write to me at ana@alba.example"
    assert own_words(f"{WORDS}\n\n{postscript}") == f"{WORDS}\n\n{postscript}"


def test_a_mailing_lists_footer_goes() -> None:
    footer = "_______________________________________________\nletters list\nhttps://l.example/l\n"
    assert own_words(f"{WORDS}\n\n{footer}") == WORDS


@pytest.mark.parametrize(
    "sentence",
    [
        "This email is confidential, so please don’t show it to my husband or to anybody else.",
        "Sent with love",
        "On 3 November 2026 my mother wrote:\nbe good.",
        "Am 3. November 2026 schrieb meine Mutter:\nsei brav.",
        "In 2019 it started:\nfirst the chest, then the throat.",
        "Date: a Monday\nTo: nobody",
        "one thing\n\n___________\n\nanother thing",
        "one thing\n--\n" + "and another\n" * 30 + "end",
        "| what I do | what I fear |\n| run | stay |",
    ],
)
def test_a_sentence_of_hers_is_kept(sentence: str) -> None:
    assert own_words(sentence) == sentence
    assert own_words(f"{sentence}\n\n{GMAIL}\n\n> Dear Ana,") == sentence


def test_a_line_she_quoted_herself_stays_with_her_answer() -> None:
    chosen = "> Where do you feel it?\n\nIn the throat."
    assert own_words(chosen) == chosen
    assert own_words(f"{GMAIL}\n{chosen}") == "In the throat."
    assert own_words(f"{WORDS}\n\n> Dear Ana,") == WORDS
    assert own_words("> Dear Ana,\n" * 30 + f"\n{WORDS}") == WORDS


def test_the_rest_of_a_broken_quoted_line_is_quoted_too() -> None:
    long = "> there is a kind of quiet that comes only when all of the others have gone and"
    assert own_words(f"{WORDS}\n\n{GMAIL}\n{long}\nthe house sleeps\n> so.") == WORDS


def test_pipes_quote_below_an_attribution() -> None:
    assert own_words(f"{GMAIL}\n| Dear Ana,\n| a quiet.\n\n{WORDS}") == WORDS


def test_flowed_text_flows() -> None:
    body = b"One long \r\nline.\r\n\r\nTwo\r\n-- \r\nAna"
    raw = b"Content-Type: text/plain; format=flowed\r\n\r\n" + body
    assert words_of(message_from_bytes(raw, policy=policy.default)) == "One long line.\n\nTwo"


def test_an_empty_plain_part_gives_way_to_the_html_one() -> None:
    raw = (
        b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: text/plain\r\n\r\n \r\n--x\r\n"
        b"Content-Type: text/html\r\n\r\n<p>In the throat.</p>\r\n--x--\r\n"
    )
    assert words_of(message_from_bytes(raw, policy=policy.default)) == "In the throat."


@pytest.mark.parametrize(
    ("html", "words"),
    [
        (GMAIL_INLINE, "Hello\nIn the throat."),
        ('a<blockquote style="margin:0 0 0 40px;border:none;padding:0px">b</blockquote>', "a\nb"),
        ('a<div style="border:none;border-top:solid #E1E1E1 1.0pt"><b>Xx:</b> y</div>z', "a"),
        ('a<div id="appendonsend"></div>z', "a"),
        ('a<div class="gmail_signature">Ana</div>', "a"),
        ('<div style="display:none">preview</div>a', "a"),
        ("a\n  b<br>c<pre>d\n  e</pre>", "a b\nc\nd\n  e"),
        ("<p>a<p>b<blockquote>c", "a\nb"),
        ("a</div></blockquote>b <3 c", "a\nb <3 c"),
        ("<![endif]--><!--[if mso]><p>x</p><![endif]-->a<!-- open", "a"),
    ],
)
def test_html_is_read_as_its_program_means_it(html: str, words: str) -> None:
    assert own_words_of_html(html) == words


BITS = [
    "> ",
    "\n",
    "\r\n",
    "<",
    "<p>",
    "</p>",
    "<blockquote>",
    "<![",
    "&#",
    GMAIL,
    "From: a@b",
    "-- ",
    "x",
]


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(BITS) | st.text(max_size=5)).map("".join))
def test_garbage_is_read_without_complaint(text: str) -> None:
    assert isinstance(own_words(text), str)
    assert isinstance(own_words_of_html(text), str)


@pytest.mark.parametrize(
    "unit",
    [
        "\n",
        "> \nx\n",
        "x:\n",
        "-- \n",
        "8:00 x wrote:\n\n",
        "Regards,\nx\n\n",
        "wrote:  ",
        "a@",
        " ",
    ],
)
def test_much_garbage_takes_its_time_and_no_more(unit: str) -> None:
    # Eight times as much would take 64 times as long if each line looked at all others.
    assert _seconds(unit, 80_000) < 32 * max(_seconds(unit, 10_000), 0.01)


@pytest.mark.parametrize(
    "unit", ["<", "<a ", "<!--", "<![", "</", "<p>", "<br>", '<a href="', "<div>", "&"]
)
def test_much_broken_html_takes_its_time_and_no_more(unit: str) -> None:
    assert _seconds(unit, 80_000, html=True) < 32 * max(_seconds(unit, 10_000, html=True), 0.01)


def _seconds(unit: str, length: int, *, html: bool = False) -> float:
    text = (unit * length)[:length] + ">"
    # The quickest of three: a round of Python's collection, which may fall into one, isn't ours.
    return min(_once(own_words_of_html if html else own_words, text) for _ in range(3))


def _once(read: Callable[[str], object], text: str) -> float:
    began = process_time()
    read(text)
    return process_time() - began
