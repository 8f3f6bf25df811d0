"""python -m stack up|check|env|stop|backup|migrate|upgrade|status|clean: see `python -m stack --help`."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from pathlib import Path

from archive.errors import Refused, WarraqError
from stack import mode as modes
from stack import ports


def main() -> int:
    options = _options()
    try:
        return options.run(options)
    except WarraqError as error:
        print(f"stack: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stack", description="The programs around the archive, on this machine.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("--mode", choices=("real", "demo", "test"), default="real")
        sub.add_argument("--outlets", type=Path, help="folder of outlet files (default: WARRAQ_OUTLETS, else outlets/)")
        sub.set_defaults(run=run)
        return sub

    command("up", up, "start everything, keep it running, stop all of it on Ctrl-C or SIGTERM")
    command("check", check, "see whether `up` could start: settings, contact, ports, disk; installs and changes nothing")
    command("env", env, 'print the environment of the stack\'s programs, for `eval "$(python -m stack env)"`')
    return parser.parse_args()


def up(options: argparse.Namespace) -> int:
    """Runs until a signal; 0 when it was asked to stop."""
    from stack.supervisor import Stack

    chosen = modes.choose(options.mode, outlets=options.outlets)
    _contact(chosen)
    stack = Stack(chosen, say=lambda line: print(line, flush=True))
    signal.signal(signal.SIGTERM, lambda *_: stack.ask_to_stop())
    signal.signal(signal.SIGINT, lambda *_: stack.ask_to_stop())
    try:
        stack.start()
    except KeyboardInterrupt:
        return 0
    _notify("READY=1")
    _greet(stack)
    stack.wait()
    _notify("STOPPING=1")
    stack.stop()
    return 0


def check(options: argparse.Namespace) -> int:
    chosen = modes.choose(options.mode, outlets=options.outlets)
    _contact(chosen)
    from stack import services

    ports.check(chosen.port_names(), services.port_variable(chosen))
    return 0


def env(options: argparse.Namespace) -> int:
    import shlex

    from stack import environment

    chosen = modes.choose(options.mode, outlets=options.outlets)
    for name, value in environment.build(chosen, base={"PATH": os.environ.get("PATH", os.defpath)}).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _contact(chosen: modes.Mode) -> None:
    if not chosen.sandbox and not os.environ.get("WARRAQ_CONTACT", "").strip():
        raise Refused(
            "WARRAQ_CONTACT is not set, and the outlets must be able to reach whoever fetches their pages",
            "export WARRAQ_CONTACT=you@example.org (an address or a web page)",
        )


def _greet(stack: object) -> None:
    pass


def _notify(word: str) -> None:
    """Tell systemd (sd_notify(3)); nothing happens elsewhere."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.connect("\0" + address[1:] if address.startswith("@") else address)
            door.send(word.encode())


if __name__ == "__main__":
    sys.exit(main())
