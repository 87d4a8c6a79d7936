"""The pretrained encoder: where its files are, how they are read, and its tokenizer."""
