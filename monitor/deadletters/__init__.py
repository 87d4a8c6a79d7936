"""Dead letters: written by the worker (`letter`), read (`reading`) and sent again (`replay`) by people."""

from monitor.deadletters.letter import DeadLetter, dead_letter

__all__ = ["DeadLetter", "dead_letter"]
