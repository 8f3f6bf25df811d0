"""`outlets add`: look at an unknown site, and write its outlet file. The network half is a process of its own."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from archive import outlet as outlets
from archive import rules, survey
from archive.address import host_of
from archive.errors import BadOutlet, Refused
from archive.outlet import Outlet
from archive.steps import scrapy_process
from archive.steps.workshop import Outcome, Workshop
from archive.survey import Decision, Gathered


def add(shop: Workshop, url: str, name: str = "", *, private: bool = False) -> Outcome:
    """Survey the site at `url` and write `<name>.toml` into the outlets folder. Never overwrites; Refused says why not."""
    url = _address(url)
    name = name or survey.name_of(url)
    if not outlets.NAME.fullmatch(name) or name in outlets.DUTIES | {outlets.RESERVED}:
        raise Refused(
            f"{name!r} cannot be an outlet's name",
            "lower-case letters, digits and _; at most 40; no DAG's of Warraq: give another --name",
        )
    path = shop.outlet_file(name)
    _free(shop, path, {host_of(url)})
    gathered = _look(shop, url, private)
    decision = survey.decide(gathered, name)
    outlet, text = _checked(decision, name, shop.clock().date().isoformat())
    _free(shop, path, set(outlet.hosts))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _taken(path) from None
    check = survey.review(decision, outlet, gathered)
    return Outcome(
        f"outlets: {path} written; `warraq run {name}` captures it",
        {"file": str(path), "found": list(decision.found), "check": check, "unchecked": list(outlet.unchecked), "text": text},
    )


def _address(url: str) -> str:
    """The address as it will be asked for; Refused when it is none that could stand in an outlet file."""
    url = url if "//" in url else f"https://{url}"
    try:
        parts, host = urlsplit(url), host_of(url)
    except ValueError:  # a port that is none
        host = ""
    if not host or parts.scheme not in ("http", "https") or "@" in parts.netloc or not url.isprintable():
        raise Refused(f"{url!r} is no web address", "write it as https://example.org/")
    return url if parts.path else f"{url}/"


def _free(shop: Workshop, path: Path, hosts: set[str]) -> None:
    """Refused when there is such a file, or when an outlet has one of these hosts already."""
    if path.exists():
        raise _taken(path)
    good, _ = outlets.load_folder(shop.settings.outlets)
    for one in good.values():
        if shared := one.hosts & hosts:
            raise Refused(f"{sorted(shared)[0]} is watched already, as {one.name}", "correct that file instead")


def _taken(path: Path) -> Refused:
    return Refused(f"{path} is there already", "it is never overwritten; give another --name, or move it away first")


def _look(shop: Workshop, url: str, private: bool) -> Gathered:
    """Start the survey's own process, pass on what it says, and return what it gathered."""
    with TemporaryDirectory(prefix="warraq-") as folder:
        asked = [url, *(["--private"] if private else [])]
        return survey.load(scrapy_process.run("spiders.survey", "survey", asked, Path(folder) / "gathered", shop.say))


def _checked(decision: Decision, name: str, day: str) -> tuple[Outlet, str]:
    """The outlet as it will be loaded, and its text; BadOutlet when that text would be refused."""
    text = survey.written(decision, day)
    with TemporaryDirectory(prefix="warraq-") as folder:
        path = Path(folder) / f"{name}.toml"
        path.write_text(text, "utf-8")
        try:
            outlet = outlets.load(path)
            rules.check(outlet)
        except BadOutlet as error:
            raise BadOutlet(
                f"what the survey wrote cannot be used: {error.what}", error.remedy or "give another --name"
            ) from error
    return outlet, text
