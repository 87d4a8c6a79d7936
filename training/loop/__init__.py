"""Algorithm 1 at work: tokenized data, kept states of the frozen trunk, steps, epochs, and runs to resume."""
