"""What axe finds on a page: the faults that keep somebody with a screen reader or without a mouse from it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AXE = Axe()


def serious(page: Page, *rules: str) -> list[str]:
    """The serious and critical faults by these rules of axe, or all of them, each with where it is."""
    options = {"resultTypes": ["violations"], "iframes": False} | ({"runOnly": list(rules)} if rules else {})
    found = _AXE.run(page, options=options).response["violations"]
    return [
        f"{one['impact']}: {one['help']} at {node['target']}: {node.get('failureSummary', '')}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
