"""How fast tweets are scored, compared with transformers' pipelines.

The baseline is the cascade as one would first write it (`pipeline_baseline`): one pipeline for each
classifier on every tweet, one for the spans of the positives, and one for the class of each span. It runs at
batch 1 and at batch 64, in the order of arrival; on two cores with two threads of torch, and as two processes
of one thread each. Both score the same tweets, of which about 7% are positive. The cases are:

- `minilm-1`, `minilm-3`, `minilm-5`: the paper's preset on MiniLM, with so many classifiers;
- `bert-base-1`, `roberta-base-1`, `mpnet-base-1`: the same on encoders of that size with random weights;
- `default`: the packaged bundle, with six trained layers and the hybrid Normalizer;
- `two-readers`: a bundle with a second reader, compared with its first reader alone; random networks of the
  sizes of MiniLM and MPNet-base, of which the second reads 15% of the tweets;
- `early-exit`: the packaged bundle with heads that let a stated share leave, compared with it alone;
- `tokenization`: on one core, with one thread;
- `drift`: how far bf16 and int8 move the predictions;
- `memory`: a long backlog in a new process;
- `gpu`: BERT-base on the first GPU, for several token budgets, ensembles and numbers of processes.

With `--bundle NAME`, the cases `two-readers`, `early-exit` and `memory` take a bundle as it is, with its own
second reader, its own exit and its own thresholds. A bundle with both is timed in both cases.

Everything takes turns in one run (`interleaving`), with matrix products between (`matrix_peak`). Figures are
medians of the rounds, by wall time and by CPU time; other work on the machine changes CPU time less. The
process is bound to two cores. What this processor or installation cannot run is left out, and named at the
end. The last line is one JSON object.
"""
