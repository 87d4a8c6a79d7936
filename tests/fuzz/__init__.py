"""Fuzzing: damaged inputs for every reader of bytes from outside. `make fuzz` runs it.

fuzz_target     what is fuzzed: a reader, its seeds, and the errors that it may raise
mutations       how seeds are damaged
containers      several files in one input
all_targets     the table of all targets; the other `…_targets` files define them
campaign        many inputs for one target, in a process of its own that is watched
"""
