"""What a person decides about an article, a page or an alarm: one DAG each, which runs one command in that person's name.

The forms of these parameters are Airflow's own ("Trigger") and ours (/warraq/do/<dag>, archive/web/pages/forms.py).
Whoever may look at Airflow reads a run's parameters, its log, what it returned and what was posted to start it, so nothing
stands there that would name whom a restriction protects: an article's id and not its address, a reference to the reason, and of
what is withheld no output at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from _reasons import because, reason
from _steps import DEFAULTS, LOG, Webhook, addresses, done_within, runbook, warraq
from airflow.sdk import DAG, Param, task

from archive import watch

CHECK = """
The acts are listed by `warraq acts`, with who decided what, when and why. Every act is signed into the log.

## If it fails
The last line of the log names the thing and the remedy. Nothing is done by halves: clear the task to try again.
- **exit 78**: no such article, or two outlets have it (say which); or a setting, the bucket or the signing key.
- **exit 65** or **70**: a record contradicts itself, or a bug. Nothing was overwritten. Keep the log; run `warraq verify`.
- **exit 75**: the store was not to be had; it was tried {tries} times.
"""
HOLD = (
    """
Puts an article under legal hold: its objects must be kept, beyond the end of every lock, where the bucket has Object Lock; what
comes of it later is held too. Ticking *Release* ends the hold. It is an act, in your name.

## How to check that it works
The run is green, and the last line of `act` says how many objects are held, or that nothing enforces it and why (the act stands
all the same). docs/OPERATIONS.md, "The bucket's own rules".
"""
    + CHECK
)
RESTRICT = (
    """
Hides an article from pages, search and exports: a threatened witness, a court order. Nothing is removed; it is captured,
verified and proved as before. Ticking *Lift* shows it again. It is an act, in your name.

## How to check that it works
The run is green and the article's page says that it is withheld (451). The form itself, opened for the article again, tells
who may send it which other articles say the same: decide about them too. The log says nothing, for everybody may read it;
`warraq acts` does. It counts at once on this machine, on others with their next seal.
"""
    + CHECK
)
WATCH = (
    """
Puts pages of any site on the watch list, to be captured as often as you say, or takes them off it (*Unwatch*). It is an act, in
your name. To capture a page now, use `capture_url`.

## How to check that it works
The run is green; the last line of `act` says how many pages were put on the list. `warraq watch` has the list, with the next
capture of each; the DAG `warraq_watch`, or the outlet's own, captures them.
"""
    + CHECK
)
PROVE = """
Makes an evidence bundle: one zip that proves what an article said, or that it went, and that anyone can check without us
(docs/EVIDENCE.md). It is checked as a stranger would, and kept in `bundles/` of the state folder of the machine that made it.

## How to check that it works
The run is green; the last line of `act` names the bundle, what is in it, and its time stamp from outside (of a bundle with what
is withheld it says nothing, for everybody may read it). It can be downloaded from the article's page and from *Bundles*
(/warraq/bundles), for 30 days; then it goes, and can be made again.

## If it fails
The last line of the log names the thing and the remedy; nothing was written.
- **exit 78**: no such article or version; not sealed and signed yet (wait for the next run of its outlet); withheld.
- **exit 65**: the bucket does not hold what was logged. Run `warraq verify`, then `warraq repair`.
- **exit 75**: the store was not to be had; it was tried {tries} times. Clear the task.
"""
ACKNOWLEDGE = """
Says that a person knows of an alarm and sees to it: nobody is told of it again for a week, unless it becomes worse. It does not
end it; that does what its runbook says. Your name and reason stand beside it.

## How to check that it works
The run is green, and *Alarms* shows the alarm as acknowledged by you.

## If it fails
- **exit 78**: no alarm of that id is open: it ended meanwhile, or the id is wrong. *Alarms* has those that there are.
- **exit 75**: the catalog was busy; it was tried {tries} times. Clear the task.
"""
ARTICLE = Param(
    "",
    type="string",
    pattern="^ *[0-9a-f]{32} *$",
    title="Article",
    description="Its id of 32 hex digits, as its page's address ends.",
)
OUTLET = Param(
    None,
    type=["null", "string"],
    pattern="^ *[a-z][a-z0-9_]{0,39} *$",
    title="Outlet",
    description="Only when two outlets have the article: which.",
)


def action(
    dag_id: str,
    description: str,
    doc: str,
    params: Mapping[str, Param],
    words: Callable[[Mapping[str, Any]], list[str]],
    *,
    logged: bool = True,
    quiet: Callable[[Mapping[str, Any]], bool] = lambda _: False,
) -> DAG:
    """A DAG that runs one command. `words`: the command's, from the parameters; `logged`: it writes an act into the log;
    `quiet`: whether what the command says is for who decides alone."""
    private = any(param.schema.get("private") for param in params.values())
    with DAG(
        dag_id,
        description=description,
        doc_md=doc.format(tries=DEFAULTS["retries"] + 1) + runbook("run-failed"),
        schedule=None,
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=16,  # nobody waits for somebody else's
        deadline=done_within("act", timedelta(minutes=30)),  # who hides an article believes that it is hidden
        auto_register=False,
        tags=["warraq", "action"],
        default_args={**DEFAULTS, "on_failure_callback": Webhook()},
        params=dict(params),
    ) as dag:

        @task(outlets=[LOG] if logged else [])
        def act(**context) -> str | None:
            params = context["params"]
            return warraq(*words(params), env=because(params) if private else {}, quiet=quiet(params)) or None

        act()
    return dag


def about(command: str, back: str) -> Callable[[Mapping[str, Any]], list[str]]:
    """The words of `warraq hold` and `restrict`. `back`: the option that takes the act back, and the parameter."""

    def words(params: Mapping[str, Any]) -> list[str]:
        options = ["--outlet", params["outlet"].strip()] if params.get("outlet") else []
        undo = [f"--{back}"] if params.get(back) else []
        return [command, *undo, *options, "--", params["article"].strip()]

    return words


def watching(params: Mapping[str, Any]) -> list[str]:
    """The words of `warraq watch` and `unwatch`."""
    command = ["unwatch"] if params.get("unwatch") else ["watch", "--every", params["every"]]
    return [*command, "--", *addresses(params)]


def proving(params: Mapping[str, Any]) -> list[str]:
    """The words of `warraq prove`."""
    options = ["--restricted"] if params.get("restricted") else []
    options += ["--gone"] if params.get("gone") else []
    options += ["--at", params["at"].strip()] if params.get("at") else []
    options += ["--between", *params["between"].split()] if params.get("between") else []
    return ["prove", "--keep", *options, "--", params["article"].strip()]


def acknowledging(params: Mapping[str, Any]) -> list[str]:
    """The words of `warraq alarms`."""
    return ["alarms", "--acknowledge", params["alarm"].strip(), "--reason", params["reason"]]


hold_article = action(
    "hold_article",
    "Put an article under legal hold, or release it",
    HOLD,
    {
        "article": ARTICLE,
        "reason": reason(needed=True),
        "release": Param(False, type="boolean", title="Release", description="End the legal hold instead."),
        "outlet": OUTLET,
    },
    about("hold", "release"),
)
restrict_article = action(
    "restrict_article",
    "Hide an article from pages, search and exports, or show it again",
    RESTRICT,
    {
        "article": ARTICLE,
        "reason": reason(needed=True),
        "lift": Param(False, type="boolean", title="Lift", description="Show the article again instead."),
        "outlet": OUTLET,
    },
    about("restrict", "lift"),
    quiet=lambda _: True,
)
watch_page = action(
    "watch_page",
    "Put web pages on the watch list, or take them off it",
    WATCH,
    {
        "urls": Param(
            "",
            type="string",
            format="multiline",
            minLength=1,
            title="Addresses",
            description="Web pages of any site, one a line.",
        ),
        "every": Param(
            watch.EVERY,
            type="string",
            pattern=watch.PACE,
            title="How often",
            description="At the least, as in 30m, 6h, 1d or 2w.",
        ),
        "reason": reason(needed=False),
        "unwatch": Param(False, type="boolean", title="Unwatch", description="Take the pages off the list instead."),
    },
    watching,
)
prove_article = action(
    "prove_article",
    "Make an evidence bundle: what an article said, or that it went",
    PROVE,
    {
        "article": ARTICLE,
        "at": Param(
            None,
            type=["null", "string"],
            pattern="^ *[0-9]{4}-[0-9]{2}-[0-9]{2}[^ ]* *$",
            title="As of",
            description="The version in force then: 2026-11-22, or a time with its zone, as in 2026-11-22T14:00:00+02:00.",
        ),
        "gone": Param(False, type="boolean", title="That it went", description="Both sightings, and what stood there."),
        "between": Param(
            None,
            type=["null", "string"],
            pattern="^ *[0-9][^ ]* +[0-9][^ ]* *$",
            title="Between",
            description="Two versions, by number or time, with a space between them; with all that lie between them.",
        ),
        "restricted": Param(
            False,
            type="boolean",
            title="What is withheld too",
            description="Such a bundle can be downloaded only by who may make one.",
        ),
    },
    proving,
    logged=False,
    quiet=lambda params: bool(params.get("restricted")),
)
acknowledge_alarm = action(
    "acknowledge_alarm",
    "Acknowledge an alarm: somebody sees to it",
    ACKNOWLEDGE,
    {
        "alarm": Param(
            "", type="string", pattern="^ *[0-9a-f]{8} *$", title="Alarm", description="Its id of 8 digits, as Alarms shows it."
        ),
        "reason": Param(
            "",
            type="string",
            pattern="[^ ]",
            maxLength=2000,
            title="Why",
            description="What is being done, for the others.",
        ),
    },
    acknowledging,
    logged=False,
)
