"""A throw-away Dovecot: mailboxes over IMAP, filled by LMTP, with Sieve at work."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from tests.support.outside import make_certificate
from tests.support.postgres import CannotRun
from tests.support.served import free_port

PROGRAM = "/usr/sbin/dovecot"
NEEDED = ("imap", "lmtp", "modules/lib90_sieve_plugin.so")
READY_WITHIN_SECONDS = 20
PASSWORD = "between-us"
# It belongs to Debian's base system, and no mail of the machine's is touched as it.
OWNER = "mail"

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}
disable_plaintext_auth = no
recipient_delimiter = +
submission_host = 127.0.0.1:{smtp_port}
postmaster_address = postmaster@practice.example
hostname = mail.example
first_valid_uid = 1
mail_uid = {owner}
mail_gid = {owner}
mail_location = maildir:~/mail
mail_plugins = quota
passdb {{
  driver = passwd-file
  args = {folder}/users/%u
}}
userdb {{
  driver = passwd-file
  args = {folder}/users/%u
}}
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  service_count = 0
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    path = {folder}/lmtp
    mode = 0666
  }}
}}
protocol lmtp {{
  mail_plugins = quota sieve
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_grace = 0
  sieve = file:~/sieve;active=~/active.sieve
  sieve_extensions = +editheader
}}
"""


@dataclass(frozen=True)
class Ports:
    imap: int
    imaps: int


class Dovecot:
    """One server in a folder of its own; what is in its mailboxes outlives a restart."""

    def __init__(self, folder: Path, smtp_port: int) -> None:
        if os.geteuid() != 0:
            raise CannotRun("mail servers are started by root alone")
        if any(not Path("/usr/lib/dovecot", each).exists() for each in NEEDED):
            raise CannotRun("dovecot-imapd, dovecot-lmtpd or dovecot-sieve isn't installed")
        self.folder = folder
        folder.mkdir()
        self.certificate = make_certificate(folder / "certificate.pem")
        self.ports = Ports(free_port(), free_port())
        self._users = folder / "users"
        self._users.mkdir()
        self._configuration = folder / "dovecot.conf"
        self._configuration.write_text(
            CONFIGURATION.format(
                folder=folder,
                certificate=self.certificate,
                smtp_port=smtp_port,
                imap_port=self.ports.imap,
                imaps_port=self.ports.imaps,
                owner=OWNER,
            )
        )
        self.start()

    @property
    def lmtp(self) -> Path:
        return self.folder / "lmtp"

    def add(self, address: str, *, sieve: str = "", most_bytes: int | None = None) -> None:
        """A mailbox for this address, which holds so much at most."""
        home = self._home(address)
        home.mkdir(parents=True)
        if sieve:
            (home / "active.sieve").write_text(sieve)
        for each in (home, *home.iterdir()):
            shutil.chown(each, OWNER, OWNER)
        room = "" if most_bytes is None else f"userdb_quota_rule=*:bytes={most_bytes}"
        # One file each, because a file that changed within its second isn't read again.
        line = f"{address}:{{PLAIN}}{PASSWORD}::::{home}::{room}\n"
        (self._users / address).write_text(line)

    def open(self, address: str) -> IMAPClient:
        """The mailbox, only looked at, so that what is new there stays so."""
        client = IMAPClient("127.0.0.1", self.ports.imap, ssl=False, timeout=10)
        try:
            client.login(address, PASSWORD)
            client.select_folder("INBOX", readonly=True)
        except IMAPClientError:
            client.shutdown()
            raise
        return client

    def number_anew(self, address: str) -> None:
        """Forget every email's number, as a server does whose index was lost."""
        self.stop()
        for file in (self._home(address) / "mail").glob("dovecot*"):
            file.unlink()
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [PROGRAM, "-F", "-c", self._configuration],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise CannotRun(f"Dovecot doesn't start: {self.log()[-300:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=READY_WITHIN_SECONDS)

    def log(self) -> str:
        file = self.folder / "dovecot.log"
        return file.read_text() if file.exists() else ""

    def _is_ready(self) -> bool:
        try:
            with IMAPClient("127.0.0.1", self.ports.imap, ssl=False, timeout=5):
                return self.lmtp.exists()
        except OSError:
            return False

    def _home(self, address: str) -> Path:
        return self.folder / "homes" / address
