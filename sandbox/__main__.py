"""`python -m sandbox --port P --state DIR [--pace SECONDS] [--outlets DIR]`: run the newsroom until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from sandbox import outlet
from sandbox.newsroom import Newsroom
from sandbox.server import Server


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--state", type=Path, required=True, help="folder that remembers what has happened")
    parser.add_argument("--pace", type=float, default=8.0, help="seconds between two acts of the first cycle (default 8)")
    parser.add_argument("--seed", type=int, default=1, help="another number, another course of events (default 1)")
    parser.add_argument("--outlets", type=Path, help="folder to write the newsroom's outlet file into")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    room = Newsroom(options.state, seed=options.seed, pace=options.pace)
    try:
        server = Server(room, options.port, log=lambda line: print(line, flush=True))
    except OSError as error:
        print(f"sandbox: port {options.port}: {error.strerror}; choose another with --port", file=sys.stderr)
        return 78
    if options.outlets:
        outlet.write(server.server_address[1], options.outlets)
    server.start()
    print(f"sandbox newsroom on {server.address}/, {len(room.state.live)} articles", flush=True)
    stop.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
