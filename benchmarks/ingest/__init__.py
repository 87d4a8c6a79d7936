"""Reading posts of every source and format, on one core, and what a huge file or a bomb costs.

Posts are invented, with as much around them as the platforms write: 2 to 5 kB of JSON for each, except for
messages of our contract. Nothing is sent anywhere.

- `sources`: objects of each source, from bytes to checked posts (`read_message`). The baseline is
  `json.loads` of the same bytes, in the same rounds.
- `files`: files of each format, from disk to checked posts, as `ade-monitor feed` reads them. The baseline is
  `csv.DictReader` on a CSV file with the same posts.
- `memory`: a stream of 5 GB through a pipe, so that no disk is filled, as JSON Lines and as one JSON array.
  Another process reads it: its memory after a tenth of the stream, at the end, and at most.
- `bomb`: a zip file whose member is more than 100,000 times as long as the file. Bzip2 in the zip file makes
  that possible. It must be refused; the time and the memory until then are measured.

Rates are medians of the rounds; those of CPU time are less sensitive to other work on the machine. The last
line is one JSON object.
"""
