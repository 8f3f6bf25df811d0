"""Figures for Prometheus, in its text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

TYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[Mapping[str, str], float]  # labels, value


def gauge(name: str, about: str, samples: Iterable[Sample]) -> str:
    """One family, with its help line; "" when there is no sample."""
    rows = [f"warraq_{name}{_labels(labels)} {value:.15g}" for labels, value in samples]
    if not rows:
        return ""
    help_text = about.replace("\\", r"\\").replace("\n", r"\n")
    return "\n".join([f"# HELP warraq_{name} {help_text}", f"# TYPE warraq_{name} gauge", *rows, ""])


def seconds(text: str) -> float:
    """A time of the catalog as Prometheus has them: seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def _labels(labels: Mapping[str, str]) -> str:
    told = ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items())
    return f"{{{told}}}" if told else ""


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
