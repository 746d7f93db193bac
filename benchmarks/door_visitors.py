"""Those who knock at the door: wrk for the pace, and visitors who remember what was answered.

Each click is the only one of its letter, so that each can be found among the events. The agents are
browsers that many people have.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks.limits import program

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.{} Mobile/15E148 Safari/604.1"
AGENTS = [
    *(f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME.format(n)}" for n in range(132, 143)),
    *(f"Mozilla/5.0 (X11; Linux x86_64) {_CHROME.format(n)}" for n in range(138, 143)),
    *(
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_{n} like Mac OS X) {_SAFARI.format(n)}"
        for n in range(6)
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
]

_SCRIPT = """
local paths, agents, number, threads = {}, {}, 0, 0
for line in io.lines("%(paths)s") do paths[#paths + 1] = line end
for line in io.lines("%(agents)s") do agents[#agents + 1] = line end
function setup(thread) thread:set("id", threads); threads = threads + 1 end
function request()
  number = number + 1
  local path, form = paths[(number * 2 + id) %% #paths + 1], ""
  local rest = "\\r\\n\\r\\n"
  if "%(method)s" == "POST" then
    path, form = path:match("(%%S+) (%%S*)")
    rest = "\\r\\nContent-Type: application/x-www-form-urlencoded\\r\\nContent-Length: "
      .. #form .. rest .. form
  end
  return "%(method)s " .. path .. " HTTP/1.1\\r\\nHost: localhost\\r\\nAccept: text/html\\r\\n"
    .. "User-Agent: " .. agents[number %% #agents + 1] .. rest
end
function done(summary, latency, requests)
  local errors, wrong = summary.errors, 0
  for _, kind in ipairs({"connect", "read", "write", "timeout", "status"}) do
    wrong = wrong + errors[kind]
  end
  io.write(string.format("\\nRESULT {\\"requests\\": %%d, \\"seconds\\": %%f, \\"p50\\": %%f, "
    .. "\\"p99\\": %%f, \\"errors\\": %%d}\\n", summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, wrong))
end
"""


@dataclass(frozen=True)
class Pace:
    """What wrk saw: answers, answers a second, milliseconds, and what was no good answer."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    errors: int


def knock(
    port: int, paths: list[str], *, connections: int, seconds: float, post: bool = False
) -> Pace:
    """Ask for these paths in turn over kept connections; again from the first where they end.

    `post`: each is a path, a space and a form to send there.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "paths"
        listed.write_text("\n".join(paths))
        agents = Path(folder) / "agents"
        agents.write_text("\n".join(AGENTS))
        method = "POST" if post else "GET"
        script = Path(folder) / "knock.lua"
        script.write_text(_SCRIPT % {"paths": listed, "agents": agents, "method": method})
        command = [program("wrk"), "-t2", f"-c{connections}", f"-d{max(round(seconds), 1)}s"]
        address = f"http://127.0.0.1:{port}/"
        done = subprocess.run(
            [*command, "--timeout", "30s", "-s", str(script), address],
            capture_output=True, text=True, check=True, timeout=seconds + 120,
        )  # fmt: skip
    found = json.loads(done.stdout.partition("RESULT ")[2])
    pace = found["requests"] / found["seconds"]
    return Pace(found["requests"], pace, found["p50"], found["p99"], found["errors"])


@dataclass
class Visits:
    """What visitors got: the paths that led on, by their places, and how many did not."""

    led: set[int] = field(default_factory=set)
    failed: int = 0
    slowest_ms: float = 0.0


def visit(port: int, paths: list[str], *, connections: int, seconds: float) -> Visits:
    """Follow these paths, each once, and note what came of it."""
    visits = Visits()
    asyncio.run(_all(visits, port, paths, connections, time.monotonic() + seconds))
    return visits


async def _all(visits: Visits, port: int, paths: list[str], connections: int, until: float) -> None:
    numbers = count()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < until:
            number = next(numbers)
            agent, path = AGENTS[number % len(AGENTS)], paths[number]
            began = time.monotonic()
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n"
                f"User-Agent: {agent}\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            visits.slowest_ms = max(visits.slowest_ms, (time.monotonic() - began) * 1000)
            if head.startswith(b"HTTP/1.1 302 "):
                visits.led.add(number)
            else:
                visits.failed += 1
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
