"""How well the effects of drug labels are found, by several choices: `python -m benchmarks.labels`.

It needs the TAC 2017 corpus, which is not part of the project: 101 US drug labels with the PTs that people
found in them. A pair of drug and PT is right if people found it in the label. The default bundle was trained
on most of these labels. The rest, in the same split, is its validation and its test labels. Only those are
measured by default.
"""
