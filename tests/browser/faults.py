"""What axe finds on a page: the faults that keep somebody with a screen reader or without a mouse from it."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AXE = Axe().axe_script


def serious(page: Page, *rules: str) -> list[str]:
    """The serious and critical faults by these rules of axe, or all of them, each with where it is."""
    options: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
    if rules:
        options["runOnly"] = list(rules)
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [
        f"{one['impact']}: {one['help']} at {node['target']}: {node.get('failureSummary', '')}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
