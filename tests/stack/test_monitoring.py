"""The dashboard's queries on a real Prometheus that scrapes a real stack after real jobs."""

import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from client.errors import NotFoundError
from tests.conftest import free_port
from tests.engine_services import wait_for
from tests.monitoring.dashboard import alerts, expressions, names_in, of_gateway, of_worker
from tests.monitoring.prometheus import Prometheus, prometheus
from tests.providers import ProviderServer
from tests.stack.conftest import Stack, _environ, _need

pytestmark = pytest.mark.stack
CSV = "region,amount\nNorth,10\nSouth,5\nNorth,2\n"


@dataclass
class Watched:
    """A stack, who scrapes it, and a table to ask about."""

    stack: Stack
    prometheus: Prometheus
    file: Path

    @property
    def worker(self) -> str:
        return f"127.0.0.1:{self.stack.environ['SANDGLASS_METRICS_PORT']}"

    def text(self, address: str = "") -> str:
        reply = httpx.get(f"http://{address or self.worker}/metrics", timeout=10, trust_env=False)
        assert reply.status_code == 200
        return reply.text

    def samples(self) -> dict[str, float]:
        """Every sample of the worker."""
        return {
            sample.name + str(sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.text())
            for sample in family.samples
        }

    def round(self) -> None:
        """Jobs of all kinds, some of which fail."""
        stack, ask = self.stack, "What is the total amount by region?"
        assert stack.ask(self.file, ask)["outcome"] == "ok"
        assert stack.ask(self.file, ask, cache=True)["outcome"] == "ok"
        assert stack.ask(self.file, ask, model="ollama:good")["outcome"] == "ok"
        assert stack.ask(self.file, ask, model="ollama:locked")["outcome"] == "model_unavailable"
        assert stack.ask(self.file, "who is the president?")["outcome"] == "not_answerable"
        assert stack.run("1 / 0")["outcome"] == "code_error"
        assert stack.run("import os; os.abort()")["outcome"] == "code_error"
        with pytest.raises(NotFoundError):
            stack.client.status("no-such-task")


@pytest.fixture(scope="module")
def watched(provider: ProviderServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    _need()
    home = tmp_path_factory.mktemp("sg", numbered=True)
    stack = Stack(home, _environ(home, provider, SANDGLASS_METRICS_PORT=str(free_port())), provider)
    file = tmp_path_factory.mktemp("tables") / "sales.csv"
    file.write_text(CSV)
    targets = {
        "sandglass-gateway": stack.url.removeprefix("http://"),
        "sandglass-worker": f"127.0.0.1:{stack.environ['SANDGLASS_METRICS_PORT']}",
    }
    try:
        with prometheus(tmp_path_factory.mktemp("prometheus"), targets) as scraper:
            found = Watched(stack, scraper, file)
            found.round()
            _scraped(scraper)
            found.round()
            _scraped(scraper)
            yield found
    finally:
        stack.close()


def _scraped(scraper: Prometheus) -> None:
    goal = scraper.scrapes() + 2
    wait_for(lambda: scraper.scrapes() >= goal, 20, "Prometheus scrapes nothing")


def test_each_panel_shows_something(watched: Watched) -> None:
    empty = [
        (title, expression) for title, expression in expressions() if not watched.prometheus.query(expression)
    ]
    assert empty == []


def test_the_numbers_are_those_of_the_jobs(watched: Watched) -> None:
    ask = watched.prometheus.query
    ended = {
        labels["outcome"]: value for labels, value in ask("sum by (outcome) (sandglass_jobs_finished_total)")
    }
    assert {name: ended[name] for name in ("ok", "model_unavailable", "not_answerable", "code_error")} == {
        "ok": 6, "model_unavailable": 2, "not_answerable": 2, "code_error": 4,
    }  # fmt: skip
    tokens = 'sum by (direction) (sandglass_model_tokens_total{model="ollama:other"})'
    assert all(value > 0 for _, value in ask(tokens))
    assert ask('sum(sandglass_upload_files_total{format="csv"})')[0][1] == 10
    assert ask("max(sandglass_queue_depth)")[0][1] == 0
    assert [value for _, value in ask("up")] == [1, 1]


def test_what_is_exported_is_what_is_defined(watched: Watched) -> None:
    gateway = watched.text(watched.stack.url.removeprefix("http://"))
    defined = lambda text: set(re.findall(r"^# TYPE (sandglass_\w+)", text, re.MULTILINE))  # noqa: E731
    assert defined(gateway) == of_gateway()
    assert defined(watched.text()) == of_worker()


def test_prometheus_evaluates_every_alert_and_none_fires_of_a_stack_that_is_well(watched: Watched) -> None:
    rules = [rule for group in watched.prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in rules} == {rule["alert"] for rule in alerts()}
    assert [rule for rule in rules if rule["health"] != "ok"] == []
    firing = {rule["name"] for rule in rules if rule["state"] == "firing"}
    assert firing <= {"SandglassProcessesReplaced"}
    for rule in alerts():
        assert names_in(rule["expr"]) or "up{" in rule["expr"]


def test_no_tenant_task_file_question_or_key_is_in_it(watched: Watched) -> None:
    task = watched.stack.run("print('canary-31')")
    text = watched.text() + watched.text(watched.stack.url.removeprefix("http://"))
    for secret in (
        task["task_id"],
        "canary",
        "sales",
        'local"',
        "region",
        watched.stack.key,
        "locked",
        "good",
    ):
        assert secret not in text


def test_counters_go_on_when_a_process_is_killed(watched: Watched) -> None:
    before = watched.samples()
    killed = watched.stack.worker_children()[0]
    os.kill(killed, signal.SIGKILL)
    alive, started = "sandglass_worker_processes[]", "sandglass_worker_processes_started_total[]"
    wait_for(lambda: watched.samples()[started] > before[started], 60, "no process took its place")
    wait_for(lambda: watched.samples()[alive] == before[alive], 60, "the dead process is still counted")
    assert watched.stack.run("print(1)")["outcome"] == "ok"
    after = watched.samples()
    counted = [name for name in before if re.match(r"sandglass_\w+_(total|count|bucket|sum)\[", name)]
    assert len(counted) > 200
    assert [name for name in counted if after.get(name, -1) < before[name]] == []
    ended = [name for name in counted if name.startswith("sandglass_jobs_finished_total")]
    assert sum(after[name] for name in ended if name in after) > sum(before[name] for name in ended)
    warm = "sandglass_sandboxes_standby[]"
    wait_for(lambda: watched.samples()[warm] == 2, 60, "the gauge of warm sandboxes is wrong")
