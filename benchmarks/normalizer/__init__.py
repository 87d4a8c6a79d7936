"""The hybrid Normalizer on dictionaries of growing size, compared with the paper's classifier.

Names are invented, with the number and lengths of MedDRA's (`invented_names`), three for each Preferred Term.
Spans are misspelt names, shortened names and everyday phrases, as many at a time as the pipeline codes for a
batch of tweets. The encoder is MiniLM with three frozen layers, three shared ones and a retriever of three,
and 1,000 classes. Each size runs in its own process, on one thread and on two.

Cases alternate; figures are medians of the rounds, in milliseconds for each span:

- `hybrid`: everything, including the encoder; split into `encoder`, `dense` (cosines of vectors), `lexical`
  (cosines of n-grams), and `fusion` (candidates, their features and their probabilities);
- `classifier`: the paper's Normalizer on the same spans; the baseline;
- `naive`: rapidfuzz' `process.extract` on all names, for a few spans;
- CPU milliseconds on one thread, which other work on the machine changes less;
- memory of the names and their index, and the peak of the process;
- seconds to read a release of 27,000 PTs and 80,000 LLTs, and names embedded per second.

Waiting threads spin only for a short while (GOMP_SPINCOUNT=10000, unless it is set), because other programs
may need the processor. The last line is one JSON object.
"""
