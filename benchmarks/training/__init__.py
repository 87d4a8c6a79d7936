"""Epochs of training with the frozen trunk's states kept, compared with epochs that compute them again.

Trains with the paper's freezing (all layers but the last) on inputs of SMM4H's number and lengths, times
`--scale`, with random weights, which cost the same. Each case runs in its own process:

- `kept`: states are kept in memory; the first epoch computes them, the later ones do not;
- `disk`: the same in a file;
- `recomputed`: the whole network at every step; the baseline;
- `kept-1a`, `recomputed-1a`: the Classifier's task alone;
- `trainer-1a`: transformers' Trainer with length grouping on that task, with the same freezing and
  mini-batches;
- `unfrozen`: all layers trained, whole;
- `adapters`: all layers trained by low-rank adapters, compared with `unfrozen`;
- `attention`: no epochs, but attention with its gradient in bfloat16 on a CPU, by number of tokens: torch's
  own kernel (the baseline), and the separate steps that training takes (`models.network.encoder_layer`).

`attention` needs a processor with instructions for bfloat16, and is left out on others.

Measured are examples per second in epochs after the first, seconds of the first epoch, peak memory of the
process, and CPU seconds, whose ratios hold on a busy machine, too. With a GPU also its memory, and the share
of the speed at which it multiplies large bfloat16 matrices. The last line is one JSON object.
"""
