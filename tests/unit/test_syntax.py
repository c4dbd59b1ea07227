"""Code, markup and Markdown in answers: what parses, and what is said of what does not."""

import pytest

from monitor.errors import InvalidConfig
from tests.builders import make_sample, run_check

FENCED = "Here you are:\n\n```{0}\n{1}\n```\n\nThat is it."


@pytest.mark.parametrize(
    ("check", "name", "code"),
    [
        ("python_syntax", "python", "def f(x):\n    return x + 1"),
        ("python_syntax", "py", "match x:\n    case [a, *_]: print(f'{a!r}')"),
        ("python_syntax", "python", "import re\nre.match('\\d', 'x')"),
        ("python_syntax", "python", "x in y"),
        ("python_syntax", "python", "match x:\n    case _: pass"),
        ("sql_syntax", "sql", "SELECT a, count(*) FILTER (WHERE b) FROM t GROUP BY 1 ORDER BY 2 DESC NULLS LAST;"),
        ("sql_syntax", "postgresql", "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x ON CONFLICT DO NOTHING"),
        ("javascript_syntax", "js", "const f = async ({a, ...rest}) => a ?? await rest?.b;"),
        ("javascript_syntax", "jsx", "const A = () => <div className='x'>{[1, 2].map(n => <b key={n}/>)}</div>;"),
        ("xml", "xml", "<?xml version='1.0'?><a b='1'><c/>&amp;</a>"),
        ("yaml", "yaml", "a: 1\nb: [x, y]\nc: |\n  text\n---\nsecond: true"),
    ],
)
def test_what_parses(check: str, name: str, code: str) -> None:
    assert run_check(check, make_sample(FENCED.format(name, code))).value == 1.0
    assert run_check(check, make_sample(code), whole=True).value == 1.0


@pytest.mark.parametrize(
    ("check", "name", "code", "says"),
    [
        ("python_syntax", "python", "def f(x):\nreturn x", "line 2"),
        ("python_syntax", "python", "print('a'\nx = 1", "was never closed"),
        ("python_syntax", "python", "\n\nThe answer is 42.", "invalid syntax, line 3"),
        ("python_syntax", "python", "print hello", "Missing parentheses"),
        ("python_syntax", "python", "x = \x00", "null"),
        ("python_syntax", "python", "(" * 5_000, "nested"),
        ("python_syntax", "python", "-" * 200_000 + "1", "nested"),
        ("sql_syntax", "sql", "SELEC 1", 'at or near "SELEC"'),
        ("sql_syntax", "sql", "SELECT 1;\nSELECT FROM WHERE", "line 2"),
        ("sql_syntax", "sql", "SELECT (" * 20_000, ""),
        ("javascript_syntax", "js", "function f( { return 1 }", "line 1"),
        ("javascript_syntax", "js", "let a = 1;\nlet b = = 2;", "line 2"),
        ("javascript_syntax", "js", "if (x) { y()", "missing"),
        ("xml", "xml", "<a><b></a>", "mismatched tag, line 1"),
        ("xml", "xml", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DOCTYPE"),
        ("yaml", "yaml", "a: [1, 2\nb: 3", "line 2"),
        ("yaml", "yaml", "a: b: c", "not allowed"),
        ("yaml", "yaml", "[" * 3_000, "nested"),
    ],
)
def test_what_does_not_parse_says_where(check: str, name: str, code: str, says: str) -> None:
    found = run_check(check, make_sample(FENCED.format(name, code)))

    assert found.value == 0.0
    assert says in found.why
    assert found.label == "syntax"


def test_the_share_of_blocks_that_parse() -> None:
    answer = FENCED.format("python", "x = 1") + FENCED.format("python", "x = = 1")

    assert run_check("python_syntax", make_sample(answer)).value == 0.5


@pytest.mark.parametrize(
    "check", ["python_syntax", "sql_syntax", "javascript_syntax", "xml", "yaml"]
)  # fmt: skip
def test_answers_without_such_code_are_left_alone(check: str) -> None:
    assert run_check(check, make_sample("No code (here) = at all {")).value is None
    assert run_check(check, make_sample(FENCED.format("rust", "fn main() {}"))).value is None
    assert run_check(check, make_sample(FENCED.format("", "anything"))).value is None
    assert run_check(check, make_sample(None)).value is None


def test_the_format_that_is_expected_makes_an_answer_code() -> None:
    assert run_check("sql_syntax", make_sample("SELEC 1", expected_format="sql")).value == 0.0
    assert run_check("xml", make_sample("<a>", expected_format="xml")).value == 0.0


def test_other_dialects_of_sql() -> None:
    query = make_sample("SELECT TOP 3 [a b] FROM t", expected_format="sql")

    assert run_check("sql_syntax", query).value == 0.0
    assert run_check("sql_syntax", query, dialect="tsql").value == 1.0
    assert run_check("sql_syntax", make_sample("SELECT (1", expected_format="sql"), dialect="mysql").value == 0.0
    with pytest.raises(InvalidConfig, match="must be one of"):
        run_check("sql_syntax", query, dialect="postgre")


@pytest.mark.parametrize(
    ("text", "value", "says"),
    [
        ("# One\n\n## Two\n\n- a\n- b\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[x](https://x.example)", 1.0, ""),
        ("# One\n\n```python\nx = 1\n```", 1.0, ""),
        ("# One\n\n```python\nx = 1", 0.75, "line 3 is never closed"),
        ("# One\n\n#### Four", 0.75, "level 4 after one of level 1, line 3"),
        ("| a | b |\n|---|---|\n| 1 | 2 | 3 |", 0.75, "3 cells in a table of 2, line 3"),
        ("| a \\| c | b |\n|---|---|\n| 1 | 2 |", 1.0, ""),
        ("| a | b | c |\n|---|---|\n| 1 | 2 |", 0.75, "another width than its rule, line 2"),
        ("- see [here]()", 0.75, "leads nowhere, line 1"),
        ("# a\n\n### b\n\n- [x]()\n\n```\nopen", 0.25, ""),
        ("~~~\ncode ``` in it\n~~~", 1.0, ""),
    ],
)
def test_markdown(text: str, value: float, says: str) -> None:
    found = run_check("markdown", make_sample(text))

    assert found.value == value, found.why
    assert says in found.why


def test_plain_prose_is_no_markdown() -> None:
    assert run_check("markdown", make_sample("Just a sentence, with 3 * 4 = 12.")).value is None
