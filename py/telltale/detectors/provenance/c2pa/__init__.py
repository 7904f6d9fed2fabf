"""Reading and checking of Content Credentials (C2PA), in pure Python.

Written from the C2PA Technical Specification 2.2 and the RFCs that it builds on. Everything in a
credential is untrusted input: sizes, depths and counts are bounded, and a failure says `Malformed`.
`carrier` finds the manifest store in a file, `jumbf` and `cbor` take it apart, `manifest` gives it
its meaning, `validate` checks hashes, binding and signature, `trust` and `chain` follow the signer
to a trust list, `stamp` does so for the time stamp.

Why not the official libraries: one checker, the same in the browser and on CPython, gives one
answer that a record can be replayed against; theirs are two different builds. They serve as the
oracle. Of the 25 JPEG files of c2pa-org/public-testfiles, c2pa-python 0.38.1 and this
reader agree on 21. The others: three pictures of Truepic, whose signed range leaves out the header
of the file (here intact, with the number of bytes left out; there a mismatch), and one where only
the credential of an ingredient is broken (here intact, with that said; there invalid).
"""
