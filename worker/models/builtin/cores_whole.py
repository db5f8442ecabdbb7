"""Which questions about shares, gaps, duplicates, columns and plain rows are there?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.builtin import lexicon
from worker.models.builtin.filters import ARTICLE, value_phrase
from worker.models.builtin.frame import Agg, Frame
from worker.models.builtin.grammar import (
    Context,
    Found,
    Parser,
    alt,
    applied,
    bound,
    listed,
    opt,
    phrase,
    seq,
)
from worker.models.builtin.groups import dim
from worker.models.builtin.mentions import column, whole_number
from worker.models.builtin.modifiers import adjectives
from worker.models.builtin.row_nouns import row_noun
from worker.models.builtin.schema import Column
from worker.models.builtin.tokens import is_plural

_SHARE = phrase("share", "percentage", "percent", "proportion", "fraction", "percentage share", "part")
_ASK = opt(phrase("what", "which", "the"))


def share_frame() -> Parser:
    """Match shares of a sum by group, of rows, or of a sum that comes from a value."""
    measure = bound(
        seq(opt(phrase("total", "the total", "overall", "total of", "all")), column("number")),
        lambda c, v: [v[1]] if v[1].additive or v[0] else [],
    )
    rows = seq(ARTICLE, adjectives(), row_noun())

    def of_rows(_: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        yield Frame("share_rows", (Agg("count"),), filters=v[3][1])

    def by_group(_: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        yield Frame("share_groups", (Agg("sum", v[3].name),), (v[-1],))

    plain = bound(
        column("number"),
        lambda c, found: [found] if _adds_up(found) else [],
    )
    each_in = seq(
        _ASK, _SHARE, phrase("of"), rows, phrase("is on each", "is in each", "are in each", "is each",

            "are on each", "is from each", "has each", "are each", "belong to each"), dim(),
    )  # fmt: skip
    of_each = seq(
        _ASK,
        _SHARE,
        phrase("of each"),
        dim(),
        opt(phrase("in percent", "in the data", "of all rows", "of rows")),
    )
    comes = phrase(
        "is from",
        "comes from",
        "came from",
        "is for",
        "is in",
        "was from",
        "comes from the",
        "is due to",
        "is",
        "are from",
        "come from",
    )
    each = phrase("by", "per", "for each", "of each", "for every", "by each")
    of = opt(phrase("of", "of the", "in the"))
    group_first = seq(
        _ASK, _SHARE, phrase("of each"), dim(), phrase("in", "in the", "of", "of the"), ARTICLE, measure
    )
    return alt(
        bound(seq(_ASK, _SHARE, phrase("of", "of the", "of all", "of all the"), rows), of_rows),
        bound(seq(_ASK, _SHARE, phrase("of", "of the"), alt(measure, plain), each, dim()), by_group),
        bound(each_in, lambda c, v: [Frame("share_groups", (Agg("count"),), (v[5],))] if not v[3][1] else []),
        bound(of_each, lambda c, v: [Frame("share_groups", (Agg("count"),), (v[3],))]),
        bound(seq(measure, phrase("share", "percentage"), each, dim()),
              lambda c, v: [Frame("share_groups", (Agg("sum", v[0].name),), (v[3],))]),
        bound(group_first, lambda c, v: [Frame("share_groups", (Agg("sum", v[6].name),), (v[3],))]),
        bound(seq(_ASK, _SHARE, of, ARTICLE, measure, comes, value_phrase()),
              lambda c, v: [Frame("share_sum", (Agg("sum", v[4].name),), filters=(v[6],))]),
        bound(seq(_ASK, _SHARE, phrase("of"), rows, phrase("by", "per", "for each", "in each"), dim()),
              lambda c, v: [Frame("share_groups", (Agg("count"),), (v[5],))] if not v[3][1] else []),
    )  # fmt: skip


def missing_frame() -> Parser:
    """Match `missing values per column`, `how many missing values in price`, `which columns have nulls`."""
    gaps = phrase(
        "missing values", "nulls", "null values", "missing data", "missing", "missing entries", "nans",
        "nan values",
        "empty values", "empty cells", "missing cells", "blanks", "missing value",
    )  # fmt: skip
    head = opt(phrase("how many", "number of", "count of", "count", "count the", "are there",
        "are there any", "any",
                      "is there", "is there any", "the number of", "check for", "how much",
                      "check"))  # fmt: skip
    how_many = phrase("how many", "number of", "the number of", "count of", "count")
    there = opt(phrase("are there", "are", "exist", "do we have", "is", "does", "are there in total"))
    per = phrase("per column", "by column", "in each column", "for each column", "in every column",
    "of each column",
                 "for every column", "column by column")  # fmt: skip
    which = phrase("which columns have", "what columns have", "columns with", "which columns contain",
    "which columns are",
                   "which columns have any")  # fmt: skip
    inside = phrase("in", "for", "in the", "of", "in column", "in the column")
    column_end = opt(phrase("column", "have", "has"))
    return alt(
        applied(seq(head, gaps, there, inside, column(), column_end), lambda v: Frame("missing",
            columns=(v[4].name,))),
        applied(seq(head, gaps, phrase("does", "do"), ARTICLE, column(), opt(phrase("column")),
                phrase("have", "contain")), lambda v: Frame("missing", columns=(v[4].name,))),
        applied(seq(head, column(), phrase("values are missing", "are missing", "is missing",
        "values are null")),
                lambda v: Frame("missing", columns=(v[1].name,))),
        applied(seq(how_many, phrase("missing"), column(), opt(phrase("values", "value")), there),
                lambda v: Frame("missing", columns=(v[2].name,))),
        applied(seq(phrase("missing"), column(), phrase("count")),
                lambda v: Frame("missing", columns=(v[1].name,))),
        applied(seq(head, gaps, there, opt(per)), lambda _: Frame("missing_all")),
        applied(seq(which, gaps), lambda _: Frame("missing_all")),
    )  # fmt: skip


def duplicates_frame() -> Parser:
    """Match `how many duplicate rows`, `are there duplicates`."""
    head = opt(phrase("how many", "number of", "count", "are there", "are there any", "any", "is there any",
        "count of",
                      "count the", "check for", "the number of"))  # fmt: skip
    word = phrase("duplicates", "duplicate rows", "duplicated rows", "duplicate records", "duplicate entries",
                  "repeated rows", "duplicated records", "identical rows")  # fmt: skip
    return applied(seq(head, word), lambda _: Frame("duplicates"))


def describe_frame() -> Parser:
    """Match `describe the data`, `summary statistics of price`."""
    word = phrase("describe", "summarize", "summarise", "summary of", "summary statistics of",
        "summary statistics for",
                  "descriptive statistics of", "descriptive statistics for", "statistics of",
                  "statistics for",
                  "stats of", "stats for", "summary for", "basic statistics of",
                  "basic statistics for")  # fmt: skip
    all_of = phrase("data", "dataset", "table", "data set", "this data", "this table", "everything",
    "this dataset",
                    "numeric columns", "file", "all columns", "it", "columns")  # fmt: skip
    alone = phrase("summary", "summary statistics", "descriptive statistics", "basic statistics",
    "statistics", "describe",
                   "summary stats")  # fmt: skip

    def make(context: Context, v: tuple[Any, ...]) -> Iterator[Frame]:
        names = tuple(found.name for found in v[2])
        if any(found.kind != "number" for found in v[2]):
            context.blame("a summary of numbers needs columns of numbers")
        else:
            yield Frame("describe", columns=names)

    def whole(context: Context, _: Any) -> Iterator[Frame]:
        names = tuple(c.name for c in context.table.of_kind("number"))
        if names:
            yield Frame("describe", columns=names)
        else:
            context.blame("there is no column of numbers to summarize")

    return alt(
        bound(seq(word, ARTICLE, listed(column(), "and"), opt(phrase("column", "values"))), make),
        bound(alt(seq(word, ARTICLE, all_of), alone), whole),
    )


def shape_frame() -> Parser:
    """Match questions about the columns, their types and the size of the table."""
    columns = phrase("columns", "column names", "names of the columns", "columns names", "fields",
    "which columns",
                     "list of columns", "names of all columns", "variables", "what columns",
                     "which columns are there",
                     "which fields are there", "column headers", "columns called")  # fmt: skip
    types = phrase("data types", "column types", "dtypes", "types of the columns", "type of each column",
                   "data type of each column", "data types of the columns", "data types of each column",
                   "types of each column", "columns and their types", "columns and types",
                   "columns and their data types", "data types of all columns")  # fmt: skip
    shape = phrase("shape", "shape of the data", "dimensions", "size of the table", "how big is the table",
                   "shape of the table", "dimensions of the table", "how big is the dataset",
                   "dimensions of the data",
                   "how many rows and columns", "number of rows and columns", "how large is the table",
                   "shape of the dataset", "dimensions of the dataset", "number of columns and rows",
                   "how many columns and rows")  # fmt: skip
    count = phrase("how many columns", "number of columns", "column count", "count the columns",
    "count of columns",
                   "how many fields", "how many variables", "count columns")  # fmt: skip
    return alt(
        applied(columns, lambda _: Frame("columns")),
        applied(types, lambda _: Frame("dtypes")),
        applied(shape, lambda _: Frame("shape")),
        applied(count, lambda _: Frame("column_count")),
    )


def rows_frame() -> Parser:
    """Match `first 5 rows`, `a random sample of 10 rows`, `rows where price > 10`."""
    which = applied(phrase("first", "last", "random"), lambda word: word)
    nouns = row_noun()
    counted = alt(
        applied(seq(which, opt(whole_number()), nouns), lambda v: (v[0], v[1], v[2])),
        applied(seq(whole_number(), which, nouns), lambda v: (v[1], v[0], v[2])),
        applied(
            seq(phrase("random sample of", "sample of", "sample"), whole_number(), nouns),
            lambda v: ("random", v[1], v[2]),
        ),
        applied(phrase("head", "preview"), lambda _: ("first", 5, "row")),
        applied(phrase("tail"), lambda _: ("last", 5, "row")),
    )

    def counted_rows(context: Context, v: tuple[str, int | None, str]) -> Iterator[Frame]:
        if v[1] == 0:
            return
        if v[2] not in lexicon.ROW_NOUNS and v[0] != "random" and context.table.of_kind("date"):
            context.blame(f"the {v[0]} in time or in the table may be meant: ask for the {v[0]} rows")
        elif v[1] is None:
            context.blame("it is not said how many rows: ask for the first 5 rows, for example")
        else:
            yield Frame("rows", which=v[0], limit=v[1])

    every = applied(
        seq(opt(phrase("which")), adjectives(), nouns), lambda v: Frame("rows", which="all", filters=v[1])
    )
    return alt(bound(counted, counted_rows), every)


def unique_frame() -> Parser:
    """Match `unique values of region`, `distinct categories`, `different cities`."""
    word = phrase(*lexicon.DISTINCT)
    of = phrase("values of", "values in", "values for", "values of the", "values in the")
    return alt(
        applied(seq(opt(phrase("which")), word, opt(of), ARTICLE, column(), opt(phrase("values", "column"))),
                lambda v: Frame("unique", columns=(v[4].name,))),
        applied(seq(word, column(), phrase("values")), lambda v: Frame("unique", columns=(v[1].name,))),
        bound(applied(seq(opt(phrase("which")), plural_column()), lambda v: v[1]), _listed_values),
        applied(
            seq(opt(phrase("which")), column("text"), phrase("are there", "exist", "do we have",
                "are in the data")),
            lambda v: Frame("unique", columns=(v[1].name,)),
        ),
        bound(
            seq(phrase("which", "what"), column("text", "number"), phrase(*(
                f"are {verb}" for verb in ("covered", "included", "represented", "there", "in the data")
            ))),
            lambda c, v: [Frame("unique", columns=(v[1].name,))] if v[1].kind == "text" or v[1].calendar
            else [],
        ),
        applied(seq(phrase("list of", "list of all", "list all"), column("text")), lambda v: Frame("unique",
            columns=(v[1].name,))),
    )  # fmt: skip


def _adds_up(found: Column) -> bool:
    """Whether a share of it can only be one of its sum."""
    named = found.rate_like or found.of_one_unit or found.id_like or found.calendar
    return not named and found.stems[-1] not in lexicon.ENTITY_WORDS


def plural_column() -> Parser:
    """Match a text column named in the plural: `countries`; the value is `(column, words before it)`."""
    inner = column("text")

    def parse(context: Context, at: int) -> Iterator[Found]:
        for found, end in inner(context, at):
            if is_plural(context.norm(end - 1)):
                yield (found, [token.norm for token in context.tokens[:at]]), end

    return parse


def _listed_values(context: Context, pair: tuple[Column, list[str]]) -> Iterator[Frame]:
    """Yield the different values of a column that repeats, where `which` or `list` asks for them."""
    found, before = pair
    asked = before[:1] in (["which"], ["list"], ["show"], ["name"]) or before[:2] == ["what", "are"]
    whole = any(one.stems == (*found.stems, "id") for one in context.table.columns)
    if asked and found.unique < context.table.rows - found.nulls and not found.id_like and not whole:
        yield Frame("unique", columns=(found.name,))
