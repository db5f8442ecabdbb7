"""How does a conversation become a Python script that runs?"""

from __future__ import annotations

from gateway.exports.conversation import Conversation, Turn
from gateway.exports.program import FRESH, LIBRARIES, body, comment, opening, prelude

_SHOW = '''

def show(number, result):
    """Print a question's result; keep its figures as files."""
    print(f"--- {number} ---")
    figures, drawn = sandglass.figures, hasattr(result, "write_html")
    if drawn and not any(result is figure for figure in figures):
        figures.append(result)
    elif result is not None and not drawn:
        print(result)
    for place, figure in enumerate(figures, 1):
        figure.write_html(f"figure-{number}-{place}.html")
    if "matplotlib.pyplot" in sys.modules:
        pyplot = sys.modules["matplotlib.pyplot"]
        for place, figure in enumerate(map(pyplot.figure, pyplot.get_fignums()), 1):
            figure.savefig(f"figure-{number}-{place}.png", bbox_inches="tight")
        pyplot.close("all")

'''


def script(conversation: Conversation) -> bytes:
    """One script: the tables, then each question's code with its question and answer as comments."""
    head = comment(
        f"Made by Sandglass from session {conversation.session_id}.\n"
        f"Needs: pip install {LIBRARIES} (and scipy, statsmodels or scikit-learn where a question used them)."
    )
    notes = "\n".join(comment(note) for note in conversation.left_out)
    needed = "import os\nimport sys\n\nos.environ.setdefault('MPLBACKEND', 'Agg')"
    parts = [
        head,
        notes,
        prelude(conversation).rstrip(),
        needed,
        _SHOW.rstrip(),
        "\n" + opening(conversation),
    ]
    parts += [_turn(turn) for turn in conversation.turns]
    return ("\n".join(part for part in parts if part) + "\n").encode("utf-8", "replace")


def _turn(turn: Turn) -> str:
    lines = ["", comment(f"{turn.number}. {turn.title}"), comment(f"   {turn.trouble or turn.answer}")]
    for place, step in enumerate(turn.steps, 1):
        number = str(turn.number) if len(turn.steps) == 1 else f"{turn.number}.{place}"
        if step.question:
            lines += [comment(step.question), comment(f"   {step.answer}")]
        written = body(step)
        if written is None or not step.ok:
            lines += [comment("This code gave no answer:"), comment(step.code)]
        else:
            lines += [FRESH, written, f'show("{number}", result)']
    return "\n".join(lines)
