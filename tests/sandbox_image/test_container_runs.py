"""Code in a real sandbox: answers, figures, files, state, errors, tables."""

from __future__ import annotations

import io
import json
import statistics

import pandas as pd
import pytest
from PIL import Image

pytestmark = pytest.mark.engine


def test_the_container_is_closed_and_says_so(shared_sandbox):
    facts = shared_sandbox.facts
    assert facts["uid"] == 65532
    assert (facts["seccomp"], facts["no_new_privs"], int(facts["cap_eff"], 16)) == (2, 1, 0)
    assert (facts["memory_max"], facts["pids_max"], facts["cpu_max"]) == (1 << 30, 128, 1.0)
    assert facts["interfaces"] == ["lo"]
    assert facts["rootfs_writable"] is False
    assert facts["libraries"]["pandas"].startswith("2.3.")
    assert facts["libraries"]["open-interpreter"] == "0.4.3"


def test_a_warm_run_takes_milliseconds(shared_sandbox):
    runs = [shared_sandbox.run("print(1)") for _ in range(20)]
    assert {run.stdout for run in runs} == {b"1\n"}
    assert runs[0].result == {"type": "text", "value": "1"}
    assert statistics.median(run.seconds for run in runs) < 0.03


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("1 + 1", 2),
        ("result = 5\n7", 5),
        ("x = 3\nx ** 2", 9),
        ("import numpy as np\nnp.int64(2**60 + 1)", 2**60 + 1),
        ("len('''a\n\n\n>>> b''')", 9),
        ("import asyncio\nawait asyncio.sleep(0)\n'done'", "done"),
        ("float('nan')", None),
    ],
)
def test_answers_are_typed(shared_sandbox, code, value):
    run = shared_sandbox.run(code)
    assert run.status == "ok", run.error
    assert run.result == {"type": "scalar", "value": value}


def test_a_result_of_an_earlier_attempt_is_no_answer(shared_sandbox):
    shared_sandbox.run("result = 41")
    assert shared_sandbox.run("print(result + 1)").result == {"type": "text", "value": "42"}
    assert shared_sandbox.run("quiet = 1").result is None


def test_state_outlives_an_error(shared_sandbox):
    failed = shared_sandbox.run("kept = [1, 2]\nprint('before')\n1/0")
    assert (failed.status, failed.stdout) == ("error", b"before\n")
    assert failed.error["name"] == "ZeroDivisionError"
    assert "1/0" in failed.error["traceback"]
    for foreign in ("site-packages", "dist-packages", "IPython", "interpreter", "\x1b"):
        assert foreign not in failed.error["traceback"]
    assert shared_sandbox.run("sum(kept)").result["value"] == 3


def test_a_syntax_error_is_an_error_with_its_line(shared_sandbox):
    run = shared_sandbox.run("x = 1\ny = (\n")
    assert (run.status, run.error["name"]) == ("error", "SyntaxError")
    assert "line 2" in run.error["traceback"]


@pytest.mark.parametrize(("code", "status"), [("exit()", "ok"), ("import sys; sys.exit(3)", "error")])
def test_exit_ends_the_run_and_not_the_process(shared_sandbox, code, status):
    shared_sandbox.run("stays = 1")
    assert shared_sandbox.run(code).status == status
    assert shared_sandbox.run("stays").result["value"] == 1


def test_input_fails_at_once(shared_sandbox):
    assert shared_sandbox.run("input('?')").error["name"] == "EOFError"


def test_streams_stay_apart_and_keep_c_output(shared_sandbox):
    run = shared_sandbox.run("import os, sys\nprint('o')\nprint('e', file=sys.stderr)\nos.system('echo sub')")
    assert (run.stdout, run.stderr) == (b"o\nsub\n", b"e\n")


def test_a_long_print_keeps_head_and_tail(shared_sandbox):
    run = shared_sandbox.run("for i in range(200_000): print(i)")
    whole = "".join(f"{i}\n" for i in range(200_000)).encode()
    assert run.end["stdout_bytes"] == len(whole)
    assert run.stdout == whole[:32768] + whole[-32768:]
    tails = [header["tail"] for header, _ in run.frames if header["type"] == "stdout"]
    assert tails == sorted(tails)


def test_a_cjk_plot_is_drawn_with_its_letters(shared_sandbox):
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('销售额 日本語 한국어')\nplt.show()"
    run = shared_sandbox.run(code)
    assert run.result == {"type": "chart", "name": "figure-1.png"}
    assert run.stderr == b""  # matplotlib warns there of letters that no font has
    assert Image.open(io.BytesIO(run.files["figure:figure-1.png"])).size[0] > 300


def test_chart_is_a_picture_and_plotly_json_and_the_result_stays(shared_sandbox):
    run = shared_sandbox.run("result = pd.Series({'a': 2, 'b': 1})\nchart('bar', result, title='t')")
    assert run.result["type"] == "series"
    assert run.files["figure:figure-1.png"].startswith(b"\x89PNG")
    assert json.loads(run.files["figure:figure-1.plotly.json"])["data"][0]["y"] == [2, 1]


LETTERS = "東京都 上海 서울 ひらがな القاهرة ١٢٣ Ünïcödé Жук Ελλάδα −5 € ₹ ☺"


def test_fonts_have_the_letters_of_most_scripts_and_an_emoji_without_one_is_named(shared_sandbox):
    run = shared_sandbox.run(
        "from sandbox_image.plotly_png.text import readable\n"
        f"result = [readable({LETTERS!r}), readable('🚀 x'), readable('👩\u200d🔬')]"
    )
    assert run.result["value"] == [LETTERS, "[rocket] x", "[woman][microscope]"]


def test_pandas_plots_and_plotly_are_charts(shared_sandbox):
    run = shared_sandbox.run("import pandas as pd\npd.Series([1, 2]).plot()")
    assert run.result == {"type": "chart", "name": "figure-1.png"}
    run = shared_sandbox.run("import plotly.express as px\npx.bar(x=['a'], y=[1]).show()")
    assert run.result == {"type": "chart", "name": "figure-1.png"}
    assert b'"type":"bar"' in run.files["figure:figure-1.plotly.json"]


def test_displayed_tables_are_printed(shared_sandbox):
    run = shared_sandbox.run("import pandas as pd, IPython.display as d\nd.display(pd.Series([42]))")
    assert b"42" in run.stdout


def test_a_long_table_comes_whole_as_csv(shared_sandbox):
    run = shared_sandbox.run("import pandas as pd\npd.DataFrame({'v': range(5000)})")
    assert (run.result["shape"], run.result["truncated"]) == ([5000, 1], True)
    assert len(pd.read_csv(io.BytesIO(run.files["result:result.csv"]))) == 5000


def test_files_come_out_and_links_do_not(own_sandbox):
    code = (
        "import os\n"
        "open('a.txt', 'w').write('A')\n"
        "os.makedirs('sub/deep'); open('sub/deep/b.csv', 'w').write('B')\n"
        "os.symlink('/etc/passwd', 'link'); os.symlink('/etc', 'dir'); os.mkfifo('pipe')\n"
        "open('.hidden', 'w').write('H'); open('big.bin', 'wb').write(bytes(30 << 20))\n"
    )
    run = own_sandbox.run(code)
    assert run.status == "ok", run.error
    assert run.files == {"file:a.txt": b"A", "file:sub__deep__b.csv": b"B", "file:hidden": b"H"}
    dropped = {item["name"]: item["reason"] for item in run.end["dropped"]}
    assert set(dropped) == {"link", "dir", "pipe", "big.bin"}
    assert dropped["link"] == "a link"
    assert "artifact_bytes" in dropped["big.bin"]


def test_too_many_files_are_counted_with_the_figures(own_sandbox):
    code = (
        "import matplotlib.pyplot as plt\nplt.plot([1])\n"
        "for i in range(30): open(f'{i:02}.txt', 'w').write('x')"
    )
    run = own_sandbox.run(code)
    assert len(run.files) == 20
    assert len(run.end["dropped"]) == 11


@pytest.fixture
def sales(shared_sandbox):
    frame = pd.DataFrame(
        {"city": ["a", "b", "b"], "n": [1, 2, 3], "on": pd.to_datetime(["2024-01-01", "2024-01-02", None])}
    )
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    if "sales" not in shared_sandbox.tables:
        shared_sandbox.put("t1.parquet", buffer.getvalue())
        shared_sandbox.tables["sales"] = "t1.parquet"
    return [{"name": "sales", "path": "t1.parquet"}]


def test_tables_are_there_by_name_and_as_df(shared_sandbox, sales):
    run = shared_sandbox.run("[len(tables), int(df['n'].sum()), str(df['on'].dtype)]", tables=sales)
    assert run.result["value"] == [1, 6, "datetime64[ns]"]
    assert shared_sandbox.run("tables['sales'] is df", tables=sales).result["value"] is True


def test_sql_answers_with_a_table(shared_sandbox, sales):
    query = "SELECT city, sum(n) AS total FROM sales GROUP BY city ORDER BY city"
    run = shared_sandbox.run(query, language="sql", tables=sales)
    assert run.result["value"] == {"columns": ["city", "total"], "rows": [["a", 1], ["b", 5]]}
    run = shared_sandbox.run("sql('SELECT max(n) AS m FROM df')['m'].iloc[0]", tables=sales)
    assert run.result == {"type": "scalar", "value": 3}
    run = shared_sandbox.run("SELECT nope FROM sales", language="sql", tables=sales)
    assert (run.status, run.error["name"]) == ("error", "BinderException")


def test_sql_reads_no_other_file(shared_sandbox, sales):
    run = shared_sandbox.run("SELECT * FROM read_text('/etc/passwd')", language="sql", tables=sales)
    assert (run.status, run.error["name"]) == ("error", "PermissionException")


def test_every_promised_library_imports(shared_sandbox):
    names = (
        "pandas, numpy, scipy.stats, scipy.optimize, statsmodels.api, sklearn.linear_model, sklearn.cluster, "
        "sklearn.ensemble, matplotlib.pyplot, plotly.express, duckdb, pyarrow.parquet, openpyxl, xlrd, "
        "lxml.etree, bs4, requests, defusedxml, IPython"
    )
    code = (
        f"import {names}\n"
        "m = sklearn.linear_model.LinearRegression().fit([[0], [1]], [0, 2])\n"
        "r = statsmodels.api.OLS([1., 2., 4.], [[1.], [2.], [3.]]).fit()\n"
        "pandas.DataFrame({'a': [1]}).to_excel('x.xlsx')\n"
        "round(float(m.coef_[0] + scipy.stats.norm.cdf(0)), 3)"
    )
    run = shared_sandbox.run(code, wall_seconds=60)
    assert run.status == "ok", run.error
    assert run.result["value"] == 2.5


def test_no_model_can_be_called(shared_sandbox):
    for code in (
        "import litellm\nlitellm.completion(model='gpt-4', messages=[])",
        "from openai import OpenAI\nOpenAI()",
        "from interpreter import OpenInterpreter\nOpenInterpreter(disable_telemetry=True).chat('hello')",
    ):
        run = shared_sandbox.run(code)
        assert run.status == "error", code
        assert shared_sandbox.run("1").result["value"] == 1


def test_a_csv_becomes_a_profile_and_a_table_for_the_next_run(own_sandbox):
    own_sandbox.put("f1", b"city,n\na,1\nb,2\nb,3\n")
    own_sandbox.put("f2", b"")
    run = own_sandbox.load(
        [
            {"file_id": "one", "name": "Sales 2024.csv", "path": "f1", "format": "csv"},
            {"file_id": "two", "name": "empty.csv", "path": "f2", "format": "csv"},
        ]
    )
    assert run.status == "ok", run.error
    profiles = {profile["file_id"]: profile for profile in run.profiles}
    name = profiles["one"]["tables"][0]["name"]
    assert profiles["one"]["tables"][0]["rows"] == 3
    assert profiles["two"]["error"]["code"] == "empty_file"
    assert pd.read_parquet(io.BytesIO(run.files[f"table:{name}.parquet"]))["n"].tolist() == [1, 2, 3]
    table = {"name": name, "path": f"{name}.parquet"}
    assert own_sandbox.run("int(df['n'].sum())", tables=[table]).result["value"] == 6
