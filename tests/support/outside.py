"""The world outside on this machine: a name server and web servers that say what they are told."""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# By name and kind: {"example.org TXT": ['"v=spf1 -all"']}. Every other name doesn't exist.
Records = Mapping[str, Sequence[str]]


@contextmanager
def name_server(records: Records) -> Iterator[str]:
    """Its address, as `--name-server` takes it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        host, port = line.getsockname()
        thread = Thread(target=_answer_all, args=(line, records), daemon=True)
        thread.start()
        try:
            yield f"{host}:{port}"
        finally:
            line.sendto(b"", (host, port))
            thread.join()


def _answer_all(line: socket.socket, records: Records) -> None:
    while True:
        wire, asker = line.recvfrom(4096)
        if not wire:
            return
        line.sendto(_answer(dns.message.from_wire(wire), records).to_wire(), asker)


def _answer(query: dns.message.Message, records: Records) -> dns.message.Message:
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    asked = query.question[0]
    name, kind = asked.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(asked.rdtype)
    found = records.get(f"{name} {kind}")
    if found:
        answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *found))
    elif not any(known.split()[0] == name for known in records):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer


class _Web(ThreadingHTTPServer):
    daemon_threads = True
    body = b""
    status = 200
    ahead_seconds = 0.0
    hangs_seconds = 0.0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who asks may hang up before the answer."""


class _Handler(BaseHTTPRequestHandler):
    server: _Web

    def do_GET(self) -> None:
        self._say(self.server.body)

    def do_HEAD(self) -> None:
        self._say(b"")

    def _say(self, body: bytes) -> None:
        time.sleep(self.server.hangs_seconds)
        self.send_response_only(self.server.status)
        self.send_header("Date", formatdate(time.time() + self.server.ahead_seconds, usegmt=True))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing to say."""


@contextmanager
def web_server(
    body: bytes = b"{}",
    status: int = 200,
    ahead_seconds: float = 0,
    hangs_seconds: float = 0,
    certificate: Path | None = None,
) -> Iterator[str]:
    """Its URL. One with a certificate speaks https."""
    server = _Web(("127.0.0.1", 0), _Handler)
    server.body, server.status = body, status
    server.ahead_seconds, server.hangs_seconds = ahead_seconds, hangs_seconds
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_certificate(file: Path, days: int = 90) -> Path:
    """Of this machine, signed by itself; with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file
