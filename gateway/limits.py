"""How much may a client ask for: the numbers, and the decision whether one more job is admitted."""

from __future__ import annotations

from gateway.errors import TooManyJobsError

MAX_QUESTION_CHARACTERS = 4000
MAX_CODE_CHARACTERS = 100_000
MAX_BATCH = 50
"""Questions of one call."""
MAX_JSON_BYTES = 256 << 10
MAX_FIELD_BYTES = 64 << 10
"""One form field; a question of 4,000 characters needs at most 16,000."""
MAX_FORM_FIELDS = 10
MAX_FILE_NAME_CHARACTERS = 255
BODY_PAUSE_SECONDS = 60.0
"""How long an upload may send nothing."""
MAX_OPEN_UPLOADS = 100
"""Grants of one tenant that nobody used yet."""
UPLOAD_USE_SECONDS = 86_400
"""How long after the last moment to put them granted bytes can be used; then they are swept."""
JSON_BODY_SECONDS = 30.0
"""How long a JSON body may take as a whole."""
MAX_WAIT_SECONDS = 60
MAX_LISTED = 100


def refusal(in_flight: int, max_in_flight: int, more: int = 1) -> TooManyJobsError | None:
    """Why `more` jobs are not admitted, or None."""
    if in_flight + more <= max_in_flight:
        return None
    return TooManyJobsError(
        f"{in_flight} jobs of yours have not ended and {max_in_flight} may be"
        + (f", so there is no room for {more} more" if more > 1 else "")
        + "; wait for one to end, cancel one, or decide on those that wait for an approval"
    )
