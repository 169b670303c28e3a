"""The service and its page: the only place that knows HTTP."""
