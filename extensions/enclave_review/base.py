"""How the server half answers the page: JSON, kept by nobody."""

from __future__ import annotations

import json
from typing import Any

from jupyter_server.base.handlers import APIHandler


class Handler(APIHandler):
    def reply(self, status: int, answer: Any) -> None:
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(answer))

    def refuse(self, status: int, error: Exception) -> None:
        """With the sentence that the error is."""
        self.reply(status, {"error": str(error)})
