"""Is a question with several parts split where that is sure, and nowhere else?"""

# ruff: noqa: E501 - data, one line each

import pytest

from tests.questions.test_questions import SURE
from worker.analysis.parts import PARTS_MAX, split_question

SEVERAL: list[tuple[str, tuple[str, ...]]] = [
    ("distribution of A, and the trend of B", ("Distribution of A", "The trend of B")),
    ("Show the distribution of revenue, and the trend of orders by month",
     ("Show the distribution of revenue", "The trend of orders by month")),
    ("distribution of body mass, and the average of flipper length by species",
     ("Distribution of body mass", "The average of flipper length by species")),
    ("the distribution of age and the trend of visits over time",
     ("The distribution of age", "The trend of visits over time")),
    ("distribution of A, the trend of B, and the correlation of C and D",
     ("Distribution of A", "The trend of B", "The correlation of C and D")),
    ("What is the total revenue? Also show the average price by region",
     ("What is the total revenue?", "Show the average price by region")),
    ("What is the total revenue? How many orders are there?",
     ("What is the total revenue?", "How many orders are there?")),
    ("What is the total revenue and how many orders are there?",
     ("What is the total revenue", "How many orders are there?")),
    ("How many orders are there, and what is the average price?",
     ("How many orders are there", "What is the average price?")),
    ("1. total revenue 2. average price by region 3. number of orders",
     ("Total revenue", "Average price by region", "Number of orders")),
    ("Please answer the following:\n1) total revenue\n2) average price by region",
     ("Total revenue", "Average price by region")),
    ("a) total revenue b) median price", ("Total revenue", "Median price")),
    ("- total revenue\n- average price", ("Total revenue", "Average price")),
    ("Show the average price by region. Then plot the trend of revenue.",
     ("Show the average price by region.", "Plot the trend of revenue.")),
    ("What is the total revenue; what is the median price", ("What is the total revenue", "What is the median price")),
    ("distribution of salary and trend of hires", ("Distribution of salary", "Trend of hires")),
    ("What is the distribution of revenue by category, and what is the trend of revenue over time?",
     ("What is the distribution of revenue by category", "What is the trend of revenue over time?")),
    ("What is the average temp by weather, and the trend of rain by month?",
     ("What is the average temp by weather", "The trend of rain by month?")),
    ("What is the total of a, and what is the average of b by c?",
     ("What is the total of a", "What is the average of b by c?")),
    ("What is the total revenue? Also the average price", ("What is the total revenue?", "The average price")),
    ("First, what is total revenue? Second, which region is best?",
     ("What is total revenue?", "Which region is best?")),
    ("What is the largest order? Who placed it?", ("What is the largest order?", "Who placed it?")),
    ("the sum of revenue and the average of price", ("The sum of revenue", "The average of price")),
    ('How many orders of "What and how many?" are there, and what is the total revenue in 2020?', ()),
    ('the distribution of "A, and the trend of B", and the trend of C',
     ('The distribution of "A, and the trend of B"', "The trend of C")),
]  # fmt: skip
ONE = [
    "sum of a and b by c", "the sum of a and b", "orders between 1 and 5", "men and women", "average of a and b",
    "total revenue and average price by region", "the total of a and the average of b by c",
    "What is the total revenue in 2020 and how many orders are there?",
    "How many orders are there and what is the total revenue in 2020?",
    "Find the top 5 products and plot their revenue", "Calculate the average price, and show it as a chart",
    "List regions and how much revenue each made", "Show customers and how many orders they placed",
    "what product and which region had the most sales?", "How many orders of Research and Development are there?",
    "Show total revenue by region and plot a bar chart", "Group by region and plot the total",
    "What is the correlation between a and the trend of b by c?", "Compare Toys and Books",
    "Show customers who bought apples and who returned pears", "List products, which sold most",
    "What is the total revenue? Also, I need it by Friday", "first order date, and last", "What is x? Also thanks",
    "the total of a, and the average of b by c", "What is the total in 2020, and what is the trend of b?",
    "Consider only 2020. What is the total revenue?", "For the West:\n1. total revenue\n2. average price",
    "What is the total revenue? Thanks!", "What is the total revenue? I need it for my boss.",
    "Which customers bought apples and which did not?", "What is the mean and what is it by region?",
    "Show revenue, cost and profit by month", "revenue by month, and region", "first and last order date",
    "What is 1. FC Köln's average attendance?", "items priced 1) 2)", "Show orders, what?", "and", "", "?", "? ?",
    "Use the sales table. Show the total.", "Show only the West. What is the total?",
    "What is the total revenue, the average price and the count of orders by region?",
    "\n".join(f"{at}. total of column {at}" for at in range(1, PARTS_MAX + 3)),
    "Is revenue higher in the West and, if so, by how much?",
    "How many men and women are there?", "the number of orders and customers by region",
]  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), SEVERAL, ids=[text[:60] for text, _ in SEVERAL])
def test_several_questions_are_split(text: str, parts: tuple[str, ...]) -> None:
    assert split_question(text) == parts


@pytest.mark.parametrize("text", ONE)
def test_what_may_be_one_question_is_not(text: str) -> None:
    assert split_question(text) == ()


def test_no_plain_question_of_the_corpus_is_split() -> None:
    assert [text for _, text in SURE if split_question(text)] == []


@pytest.mark.parametrize("text", ["what is " * 2000, "a, and " * 280, "1. " * 600, "? " * 900, "(" * 1900])
def test_no_text_takes_long(text: str) -> None:
    split_question(text)
