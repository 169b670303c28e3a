"""The only place that runs ONNX files."""

from unblur.runtime.checks import default_threads
from unblur.runtime.session import NetworkSession, load_session

__all__ = ["NetworkSession", "default_threads", "load_session"]
