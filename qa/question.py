"""What a question may be, known without loading what answers it."""

MAX_QUESTION_CHARS = 2000
