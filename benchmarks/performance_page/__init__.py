"""All figures of docs/performance.md in one go, for two kinds of processors.

    python -m benchmarks.performance_page --out FOLDER --write

Three runs follow one another, about twelve minutes in all on two quiet cores:

- `native`: `benchmarks.inference` with all instructions of this processor;
- `avx2`: the same with instructions up to AVX2 only, as on older processors;
- `attention`: `benchmarks.training --cases attention`.

Each leaves the JSON object of its last line in FOLDER. A run whose file is there is not repeated, so the
command can be stopped and started again. Then the tables are printed; `--write` puts them into the page,
between its lines `<!-- figures: NAME -->` and `<!-- end of NAME -->`, and changes nothing else.

AVX2 is imitated: settings hide the newer instructions from oneDNN, PyTorch, MKL and OpenVINO. This shows
which precision is the fastest there, and how far ours is ahead. Clock and caches stay those of this machine.
"""
