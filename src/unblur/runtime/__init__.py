"""The only place that runs ONNX files."""

from unblur.runtime.session import NetworkSession, default_threads, load_session

__all__ = ["NetworkSession", "default_threads", "load_session"]
