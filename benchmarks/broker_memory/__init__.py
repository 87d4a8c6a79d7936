"""How much memory the embedded broker, Tansu, needs for each message: it keeps all of them.

`python -m benchmarks.broker_memory` prints the bytes of a message of each size, with and without its own.
"""

__all__: list[str] = []
