"""The reference bank: what a person has confirmed or suspects, on that person's own disk.

It holds hashes, embeddings, scores and what people said of a sample; never the media. A bank is
one SQLite file, or bytes in memory where there are no files. `store` opens it and adds, lists and
deletes; `search` asks it about a picture; `pack` exchanges its content; `docs/bank.md` says what
a pack looks like.
"""
