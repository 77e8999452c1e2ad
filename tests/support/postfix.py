"""A throw-away Postfix: takes letters, hands them to Dovecot, writes real reports.

Nothing leaves this machine: what isn't for the two domains at home is returned to its sender.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.support.dovecot import READY_WITHIN_SECONDS
from tests.support.postgres import CannotRun

PROGRAM = "/usr/sbin/postfix"
HOME = ("reader.example", "practice.example")

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = mail.example
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
disable_dns_lookups = yes
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_reject_unlisted_recipient = no
recipient_delimiter = +
virtual_mailbox_domains = {domains}
virtual_transport = lmtp:unix:{lmtp}
transport_maps = inline:{{ {{ late@reader.example = retry:4.3.0 The mailbox is being moved }} }}
default_transport = error:5.7.1 Nothing leaves this machine
relay_transport = $default_transport
local_transport = $default_transport
queue_run_delay = 1s
minimal_backoff_time = 1s
delay_warning_time = 1s
"""

# Of the services in Postfix's own master.cf those that are needed, none in a cage of its own.
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
showq unix n - n - - showq
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """One server in a folder of its own."""

    def __init__(self, folder: Path, port: int, lmtp: Path) -> None:
        if os.geteuid() != 0:
            raise CannotRun("mail servers are started by root alone")
        if not Path(PROGRAM).exists():
            raise CannotRun("postfix isn't installed")
        self._folder, self._lmtp, self.port = folder, lmtp, port
        for name in ("configuration", "queue", "data"):
            (folder / name).mkdir(parents=True)
        shutil.chown(folder / "data", "postfix", "postfix")
        self._write("main.cf", MAIN)
        self._write("master.cf", MASTER)
        self._call("start")
        self._wait_until_ready()

    def try_again(self) -> None:
        """Take up what waits in the queue."""
        self._call("flush")

    def stop(self) -> None:
        self._call("stop")

    def log(self) -> str:
        file = self._folder / "postfix.log"
        return file.read_text() if file.exists() else ""

    def _write(self, name: str, text: str) -> None:
        facts = {"folder": self._folder, "port": self.port, "lmtp": self._lmtp}
        written = text.format(domains=" ".join(HOME), **facts)
        (self._folder / "configuration" / name).write_text(written)

    def _call(self, word: str) -> None:
        command = [PROGRAM, "-c", str(self._folder / "configuration"), word]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CannotRun(f"Postfix doesn't {word}: {done.stderr}{self.log()[-300:]}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while "daemon started" not in self.log():
            if time.monotonic() > deadline:
                raise CannotRun(f"Postfix doesn't start: {self.log()[-300:]}")
            time.sleep(0.02)
