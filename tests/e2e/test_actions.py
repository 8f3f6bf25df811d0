"""Acts are runs of DAGs: an operator's form starts one, in their name; a viewer's does not; what it did is seen."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest

from tests.e2e.conftest import People, Person, Stack, until


def send(person: Person, path: str, **fields: str) -> str:
    """Fill a form in by what its fields are called, send it; the id of the run that it started."""
    page = person.go(path)
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/dags/*/runs/**")
    return page.url.rpartition("/dags/")[2]


def finished(stack: Stack, run: str, seconds: float = 240) -> str:
    dag, _, name = run.partition("/runs/")

    def state() -> str:
        found = stack.get(f"/api/v2/dags/{dag}/dagRuns/{name}").json()["state"]
        return found if found in ("success", "failed") else ""

    return str(until(state, seconds, f"the end of {run}"))


def shown_by_airflow(stack: Stack, role: str) -> dict[str, str]:
    """Everything that Airflow's API tells that person of the runs of `restrict_article`, decoded."""
    root = "/api/v2/dags/restrict_article/dagRuns"
    paths = {"runs": root, "events": "/api/v2/eventLogs?limit=1000&order_by=-event_log_id", "assets": "/api/v2/assets/events"}
    for run in stack.get(root).json()["dag_runs"]:
        task = f"{root}/{quote(run['dag_run_id'], safe='')}/taskInstances"
        paths |= {f"{what} of {task}": f"{task}{what}" for what in ("", "/act/logs/1?full_content=true", "/act/xcomEntries")}
    answers = {name: stack.get(path, role) for name, path in paths.items()}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {name: json.dumps(answer.json(), ensure_ascii=False) for name, answer in answers.items()}


def test_an_article_is_held_and_the_act_names_who_did_it(people: People, stack: Stack, deleted: str) -> None:
    run = send(people("operator"), f"/warraq/do/hold_article?article={deleted}", reason="يحتاج إليه محقق")
    assert finished(stack, run) == "success"
    said = stack.warraq("acts", "--json").stdout
    assert "operator" in said
    assert "hold" in said


def test_an_article_is_withheld_and_shown_again(people: People, stack: Stack, edited: str, deleted: str) -> None:
    article = next(one for one in stack.articles(outlet="sandbox", kind="new") if one not in (edited, deleted))
    operator = people("operator")
    url = re.findall(r'class="url" dir="ltr" href="([^"]+)"', stack.get(f"/warraq/article/{article}").text)[0]
    assert finished(stack, send(operator, f"/warraq/do/restrict_article?article={article}", reason="طلب صاحبه")) == "success"
    assert stack.get(f"/warraq/article/{article}").status_code == 451
    for role in ("viewer", "operator"):
        told = shown_by_airflow(stack, role)
        assert article in told["runs"], "the run itself is there"
        assert not {name: text for name, text in told.items() if "طلب صاحبه" in text or url in text}
    page = operator.go(f"/warraq/do/restrict_article?article={article}")
    page.fill("[name=reason]", "زال السبب")
    page.check("[name=lift]")
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/dags/*/runs/**")
    assert finished(stack, page.url.rpartition("/dags/")[2]) == "success"
    assert stack.get(f"/warraq/article/{article}").status_code == 200


def test_a_page_is_put_on_the_watch_list(people: People, stack: Stack) -> None:
    url = f"{stack.url.rpartition(':')[0]}:{int(stack.url.rpartition(':')[2]) + 1}/"
    run = send(people("operator"), "/warraq/do/watch_page", urls=url, every="6h", reason="تتابعها المؤسسة")
    assert finished(stack, run) == "success"
    assert url.rstrip("/") in stack.warraq("watch").stdout


def test_a_bundle_is_made_and_can_be_had(people: People, stack: Stack, edited: str) -> None:
    person = people("operator")
    run = send(person, f"/warraq/do/prove_article?article={edited}")
    assert finished(stack, run) == "success"
    page = person.go(f"/warraq/article/{edited}")
    with page.expect_download() as download:
        page.locator("a[href*='/bundle/']").first.click()
    assert download.value.suggested_filename.endswith(".zip")


def test_everything_is_read_again(people: People, stack: Stack) -> None:
    assert finished(stack, send(people("operator"), "/warraq/do/warraq_reread", outlet="sandbox")) == "success"


ACTS = ["capture_url", "hold_article", "restrict_article", "watch_page", "prove_article", "warraq_reread", "acknowledge_alarm"]


@pytest.mark.parametrize("dag", ACTS)
def test_a_viewer_sees_the_form_and_cannot_send_it(people: People, stack: Stack, dag: str) -> None:
    viewer = people("viewer")
    page = viewer.go(f"/warraq/do/{dag}")
    assert page.locator("main button[type=submit]:not([disabled])").count() == 0
    before = stack.get(f"/api/v2/dags/{dag}/dagRuns").json()["total_entries"]
    answer = page.request.post(page.url, form={"reason": "x"}, headers={"Origin": stack.url})
    assert answer.status == 403
    assert stack.get(f"/api/v2/dags/{dag}/dagRuns").json()["total_entries"] == before


def test_an_article_shows_the_way_to_each_act_to_who_may(people: People, edited: str) -> None:
    for role, many in (("operator", True), ("viewer", False)):
        page = people(role).go(f"/warraq/article/{edited}")
        assert (page.locator("a[href*='/warraq/do/']").count() > 0) is many, role
