"""Exporting what was trained: the same code that turns published weights into ONNX."""

from telltale.published.onnx_export import export_onnx, run_onnx, store_float16, write_self_test

__all__ = ["export_onnx", "run_onnx", "store_float16", "write_self_test"]
