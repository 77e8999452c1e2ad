"""The shipped course for 200 readers in 20 zones: `python -m bench.rehearsal`.

The baseline is the same number of letters rendered and written with no planning and no database,
in the same process and run.
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from app.bootstrap import build
from app.rehearsal import rehearse
from app.rehearsal_report import write_report
from app.settings import load_settings
from emails.message import to_mime

READERS = 200


def main() -> None:
    house = build(load_settings())
    course = house.catalogue["six-letters"]
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        sent = rehearse(house, course, READERS, datetime(2026, 10, 1, tzinfo=UTC))
        played = perf_counter()
        write_report(course, sent, Path(folder))
        written = perf_counter()
        for number, item in enumerate(sent):
            (Path(folder) / f"{number}.eml").write_bytes(to_mime(item.message, item.at))
            (Path(folder) / f"{number}.html").write_text(item.message.html)
        bare = perf_counter()
    print(f"{len(sent)} emails to {READERS} readers")
    print(f"played on the virtual clock {played - start:6.2f} s")
    print(f"calendar and files written  {written - played:6.2f} s")
    print(f"the same files, nothing else{bare - written:6.2f} s")
    print(f"whole rehearsal / bare files{(written - start) / (bare - written):6.1f}")


if __name__ == "__main__":
    main()
