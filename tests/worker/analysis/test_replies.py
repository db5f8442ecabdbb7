"""Is code found in every shape of reply, and nothing else taken for it?"""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.analysis.replies import extract_code
from worker.analysis.reply_text import fenced_blocks, strip_thoughts
from worker.analysis.syntax import check_python

CODE = "result = df['a'].sum()"
TWO = "total = df['a'].sum()\nresult = total / len(df)"
FOR = "out = []\nfor name in df:\n    out.append(name)\nresult = out"
QUOTED = 'def f():\n    """x\n    ```\n    y\n    ```\n    """\n    return len(df)\n\nresult = f()'

SHAPES = {
    "bare": (CODE, CODE),
    "bare expression": ("len(df)", "len(df)"),
    "bare name": ("df", "df"),
    "bare with several lines": (TWO, TWO),
    "fence python": (f"```python\n{CODE}\n```", CODE),
    "fence py": (f"```py\n{CODE}\n```", CODE),
    "fence Python, capital": (f"```Python\n{CODE}\n```", CODE),
    "fence without a tag": (f"```\n{CODE}\n```", CODE),
    "tildes": (f"~~~python\n{CODE}\n~~~", CODE),
    "four backticks": (f"````python\n{CODE}\n````", CODE),
    "fence with attributes": (f'```{{python}} title="x"\n{CODE}\n```', CODE),
    "text before": (f"Here is the code:\n\n```python\n{CODE}\n```", CODE),
    "text after": (f"```python\n{CODE}\n```\nThis sums the column.", CODE),
    "text around": (f"Sure!\n```python\n{TWO}\n```\nHope it helps!", TWO),
    "fence in a list item": (f"1. Do this:\n   ```python\n   {CODE}\n   ```", CODE),
    "fence in a quote": (f"> ```python\n{CODE}\n> ```", CODE),
    "fence in one line": (f"```python {CODE}```", CODE),
    "two alternatives: the last": (
        f"```python\nresult = 1 + len(df)\n```\nBetter:\n```python\n{CODE}\n```",
        CODE,
    ),
    "two that build on each other": (
        "```python\ntotal = df['a'].sum()\n```\nthen\n```python\nresult = total / len(df)\n```",
        "total = df['a'].sum()\n\nresult = total / len(df)",
    ),
    "an import block and the code": (
        "```python\nimport math\n```\n```python\nresult = math.sqrt(len(df))\n```",
        "import math\n\nresult = math.sqrt(len(df))",
    ),
    "code and its output": (f"```python\n{CODE}\n```\nOutput:\n```\n45678.99\n```", CODE),
    "code and a text block": (f"```python\n{CODE}\n```\n```text\nx = 1\n```", CODE),
    "install first": (f"```bash\npip install pandas\n```\n```python\n{CODE}\n```", CODE),
    "last block broken, the one before whole": (f"```python\n{CODE}\n```\n```python\nresult = (\n```", CODE),
    "last block cut, the one before whole": (f"```python\n{CODE}\n```\n```python\nresult = df[", CODE),
    "halves that parse only together": (
        "```python\nfor name in df:\n```\n```python\n    print(name)\n```",
        "for name in df:\n    print(name)",
    ),
    "thoughts first": (f"<think>Maybe ```x = 1```?</think>\n```python\n{CODE}\n```", CODE),
    "thoughts first, bare code": (f"<think>hm\n\nhm</think>\n{CODE}", CODE),
    "thoughts without their opening": (f"so I sum it.\n</think>\n{CODE}", CODE),
    "tool call": ('{"name": "execute", "arguments": {"code": "result = df[\'a\'].sum()"}}', CODE),
    "tool call, arguments as a string": (
        '{"name": "run", "arguments": "{\\"code\\": \\"result = df[\'a\'].sum()\\"}"}',
        CODE,
    ),
    "tool call in a fence": (
        '```json\n{"name": "execute", "arguments": {"code": "len(df)"}}\n```',
        "len(df)",
    ),
    "tool call in tags": (
        '<tool_call>\n{"name": "e", "arguments": {"code": "len(df)"}}\n</tool_call>',
        "len(df)",
    ),
    "tool call with raw newlines": (
        '{"name": "e", "parameters": {"code": "a = len(df)\nresult = a"}}',
        "a = len(df)\nresult = a",
    ),
    "tool call after words": ('I will run it.\n{"name": "e", "arguments": {"code": "len(df)"}}', "len(df)"),
    "tool call with a fence inside": ('{"code": "```python\\nlen(df)\\n```"}', "len(df)"),
    "prompts": (f">>> {CODE}\n>>> result\n45678.99", f"{CODE}\nresult"),
    "prompts with continuation": (
        ">>> for c in df:\n...     print(c)\n...\na\nb\n>>> len(df)\n2",
        "for c in df:\n    print(c)\n\nlen(df)",
    ),
    "prompts in a fence": (f"```pycon\n>>> {CODE}\n>>> result\n3\n```", f"{CODE}\nresult"),
    "notebook prompts": (f"In [1]: {CODE}\nOut[1]: 3", CODE),
    "unclosed fence": (f"```python\n{CODE}", CODE),
    "CRLF": (f"```python\r\n{CODE}\r\nprint(result)\r\n```\r\n", f"{CODE}\nprint(result)"),
    "curly quotes": ("result = df[‘a’].sum()", CODE),
    "curly double quotes": ("result = df[“a”].sum()", 'result = df["a"].sum()'),
    "curly quotes inside a string stay": ("result = 'it’s ' + df['a']", "result = 'it’s ' + df['a']"),
    "no-break spaces": ("result\u00a0= df['a'].sum()", CODE),
    "indented as a whole": (f"    {CODE}\n    print(result)", f"{CODE}\nprint(result)"),
    "notebook magic": (f"```python\n%matplotlib inline\n!pip install x\n{CODE}\n```", CODE),
    "the word python first": (f"python\n{CODE}", CODE),
    "prose around, no fence": (f"Here is the code:\n\n{FOR}\n\nThis lists the columns.", FOR),
    "prose right before, no fence": (f"Here is the code:\n{CODE}", CODE),
    "prose right after, no fence": (f"{TWO}\nThis computes the mean.", TWO),
    "stretches amid prose that build on each other": (
        "First the total:\n\ntotal = df['a'].sum()\n\nThen the mean:\n\nresult = total / len(df)\n\nDone.",
        "total = df['a'].sum()\n\nresult = total / len(df)",
    ),
    "a call over lines amid prose": (
        "Sure:\nresult = df.agg(\n    a=('a', 'sum'),\n)\nThat is all.",
        "result = df.agg(\n    a=('a', 'sum'),\n)",
    ),
    "a dict with a key code is no tool call": (
        'names = {"code": "US"}\nresult = df.rename(columns=names)',
        'names = {"code": "US"}\nresult = df.rename(columns=names)',
    ),
    "a dict with a key query, after words": (
        'Here:\nnames = {"query": "q"}\nresult = df.rename(columns=names)',
        'names = {"query": "q"}\nresult = df.rename(columns=names)',
    ),
    "talk on the line of the closing fence": (f"```python\n{CODE}\n``` This sums it.", CODE),
    "a template's end token": (f"```python\n{CODE}\n```<|eot_id|>", CODE),
    "a template's code token": (f"<|python_tag|>{CODE}", CODE),
    "Mistral's tool call": ('[TOOL_CALLS][{"name": "run", "arguments": {"code": "len(df)"}}]', "len(df)"),
    "HTML in place of a fence": (f'<pre><code class="language-python">{CODE}</code></pre>', CODE),
    "a fence inside a docstring": (f"```python\n{QUOTED}\n```", QUOTED),
    "inline code": (f"You can use `{CODE}` for that.", CODE),
    "a comment first": (f"# sum it\n{CODE}", f"# sum it\n{CODE}"),
    "backticks inside a string": ("```python\nresult = '```' + df['a']\n```", "result = '```' + df['a']"),
    "a warning in the code": ("result = df['a'].str.match('\\d')", "result = df['a'].str.match('\\d')"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_code_of_each_shape_is_found(shape: str) -> None:
    text, code = SHAPES[shape]
    found = extract_code(text, "python")
    assert found is not None
    assert found.code == code
    assert found.error == ""
    assert check_python(found.code) == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "I'm sorry, but I cannot help with that.",
        "Sorry",
        "yes, no",
        "Answer: 42",
        "not possible",
        "The total is 45,678.99.",
        "- first, filter\n- then sum",
        "<think>I wonder about result = df['a'].sum() and",
        '```json\n{"total": 3}\n```',
        "```bash\nrm -rf /\n```",
        "```\n45678.99\n```",
    ],
)
def test_words_are_not_code(text: str) -> None:
    assert extract_code(text, "python") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("```python\nresult = df[\n```", "SyntaxError"),
        ("```python\nresult = (1\n", "SyntaxError"),
        ("result = df['a'.sum()", "SyntaxError"),
        ("```python\nx = '\0'\n```", "null"),
        ("```python\n" + "x = " + "(" * 5000 + "\n```", "nested"),
        ("```python\n" + "x = 1\n" * 30000 + "```", "longer than"),
    ],
)
def test_code_that_does_not_parse_comes_with_the_reason(text: str, reason: str) -> None:
    found = extract_code(text, "python")
    assert found is not None
    assert reason in found.error


def test_a_cut_reply_is_known_by_its_open_fence() -> None:
    found = extract_code("```python\nresult = df.groupby('a')[", "python")
    assert found is not None
    assert (found.kind, bool(found.error)) == ("unclosed", True)


SELECT = 'SELECT count(*) FROM "sales"'


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (SELECT, SELECT),
        (f"{SELECT};", SELECT),
        (f"```sql\n{SELECT};\n```", SELECT),
        (f"```\n{SELECT}\n```", SELECT),
        (f"```duckdb\n{SELECT}\n```", SELECT),
        (f"Here you are:\n```sql\n{SELECT}\n```\nIt counts.", SELECT),
        (f"Here you are:\n\n{SELECT};\n\nIt counts.", SELECT),
        (f"{SELECT};\n\nThis counts the rows.", SELECT),
        (f"-- count\n{SELECT}", f"-- count\n{SELECT}"),
        (f"<think>hm</think>{SELECT}", SELECT),
        ("with t as (select 1 as a) select a from t", "with t as (select 1 as a) select a from t"),
        (f"```python\nresult = sql('{SELECT}')\n```", SELECT),
        ('{"name": "sql", "arguments": {"query": "SELECT 1 AS a"}}', "SELECT 1 AS a"),
        ("SELECT ';' AS a", "SELECT ';' AS a"),
        (f"With pleasure!\n{SELECT}", SELECT),
        (
            "WITH RECURSIVE t(n) AS (SELECT 1) SELECT n FROM t",
            "WITH RECURSIVE t(n) AS (SELECT 1) SELECT n FROM t",
        ),
    ],
)
def test_the_query_of_each_shape_is_found(text: str, query: str) -> None:
    found = extract_code(text, "sql")
    assert found is not None
    assert (found.code, found.error) == (query, "")


@pytest.mark.parametrize(
    "text",
    ["```sql\nDROP TABLE sales\n```", "```sql\nSELECT 1; DELETE FROM sales\n```", "SELECT 1;\nSELECT 2"],
)
def test_what_is_not_one_reading_query_comes_with_the_reason(text: str) -> None:
    found = extract_code(text, "sql")
    assert found is not None
    assert "SELECT" in found.error


def test_prose_is_no_query() -> None:
    assert extract_code("I cannot answer that.", "sql") is None


PIECES = st.sampled_from(
    """```|```python\n|~~~|<think>|</think>|>>> |\n|x = 1\n|df['a']|{"code": "|"}|“|\0|\r\n|(|sql("""
    """|SELECT |;|/*|'|In [1]: |    |for x in df:\n|\ud800|text """.split("|")
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join)), st.sampled_from(["python", "sql"]))
def test_no_text_makes_it_raise_and_what_has_no_error_parses(text: str, language: str) -> None:
    found = extract_code(text, language)  # type: ignore[arg-type]
    if found is not None and language == "python":
        assert found.error == check_python(found.code) or found.error
        assert found.error or check_python(found.code) == ""
    strip_thoughts(text)
    fenced_blocks(text)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["```python\n", "```\n"]), st.text(alphabet="abc d'.\n", max_size=60))
def test_code_in_a_fence_survives_any_prose_around_it(fence: str, prose: str) -> None:
    found = extract_code(f"{prose}\n{fence}{CODE}\n```\n{prose}", "python")
    assert found is not None
    assert found.code == CODE


@pytest.mark.parametrize(
    "unit",
    [
        "not ",
        "a(",
        "[",
        "lambda:",
        "-",
        "f'{",
        "<think></think>",
        "/*",
        "for x in ",
        "`a` ",
        "x = (\n",
        "```python\nx=1\n",
    ],
)
def test_a_megabyte_of_anything_is_judged_quickly(unit: str) -> None:
    started = time.process_time()
    extract_code((unit * 1_000_000)[:1_000_000], "python")
    extract_code((unit * 1_000_000)[:1_000_000], "sql")
    assert time.process_time() - started < 5
