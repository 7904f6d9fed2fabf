"""A reader and checker of Content Credentials (C2PA), without any dependency.

`carrier` finds the manifest store in a file, `jumbf` and `cbor` take it apart, `manifest` gives it
its meaning, `validate` checks hashes, binding and signature.

Source: C2PA Technical Specification 2.2 (2025).
"""
