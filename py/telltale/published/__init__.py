"""Networks that their authors publish and that people may fetch, import and use themselves.

None of them is shipped. Importing needs the extra `published` (PyTorch, timm, ONNX); running an
imported network needs nothing beyond what Telltale always needs.
"""
