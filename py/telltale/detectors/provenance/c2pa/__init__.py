"""Reading and checking of Content Credentials (C2PA), in pure Python.

Written from the C2PA Technical Specification 2.2 and the RFCs that it builds on. Everything in a
credential is untrusted input: sizes, depths and counts are bounded, and a failure says `Malformed`.

Why not the official libraries: one checker, the same in the browser and on CPython, gives one
answer that a record can be replayed against; theirs are two different builds of 7 and 40 MB. They
serve as the oracle. Of the 25 JPEG files of c2pa-org/public-testfiles, c2pa-python 0.38.1 and this
reader agree on 21. The others: three pictures of Truepic, whose signed range leaves out the header
of the file (here intact, with the number of bytes left out; there a mismatch), and one where only
the credential of an ingredient is broken (here intact, with that said; there invalid).
"""
