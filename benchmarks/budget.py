"""How far the budget is from a day's work, and how soon it stops somebody who carries data away through the screen.

    .venv/bin/python -m benchmarks.budget --image enclave-bench/workspace:latest [--patients 100000] [--runs 5]

*A day*: Lab is opened three times, polls for eight hours (all that JupyterLab asks by itself in that time, one
after the other), each demo notebook is run `--runs` times with its outputs shown and saved, folders and files are
looked at. Goal: under a quarter of the soft budget. *Paging*: somebody prints a table page by page in four kernels
at once, as fast as they can. Goal: told at the soft budget, stopped at the hard one.

Real kernels in the real image, a real gate; the policy is a new project's (64 MB soft, 256 MB hard). `shown` is
what the gate counted, `received` all that came to the browser, both in MB (2**20).
"""

import argparse
import asyncio
import json
import sys
import time

import aiohttp
import uvloop

from benchmarks.demo_side import LIMITS, MB, demo
from benchmarks.page import Page, Refused
from benchmarks.proxies import PLACES, image_of

NOTEBOOKS = {PLACES[0]: "tumour-ml.ipynb", PLACES[1]: "diabetes-care.ipynb"}
PAGER = PLACES[2]
HOURS, POLL_SECONDS, SPECS_SECONDS = 8, 10, 61  # of kernels, sessions and the open folder; of the list of kernels
KERNELS, ROWS, PAGE_SECONDS = 4, 5_000, 0.05
PAGING_SECONDS = 540
TOLD_SECONDS = 5  # the gate tells the desk every two seconds
SLACK = 1.05  # several kernels at once: what is on its way when the budget ends


async def open_lab(page):
    """What JupyterLab asks for at its start; document and program are the gate's own and no content."""
    for name in (await page.ask("GET", "lab/api/settings?ids_only=true"))["settings"]:
        await page.ask("GET", f"lab/api/settings/{name['id']}")
    for path in ("lab/api/workspaces", "api/kernelspecs", "api/sessions", "api/kernels", "api/me"):
        await page.ask("GET", path)
    for folder in ("", "project"):
        await page.ask("GET", f"api/contents/{folder}?content=1")


async def poll(page, hours):
    for turn in range(int(hours * 3600 / POLL_SECONDS)):
        for path in ("api/kernels", "api/sessions", "api/contents/project?content=1"):
            await page.ask("GET", path)
        if turn % (SPECS_SECONDS // POLL_SECONDS) == 0:
            await page.ask("GET", "api/kernelspecs")


async def run_notebook(page, name):
    """Open, run every cell, save with its outputs, shut down."""
    model = await page.ask("GET", f"api/contents/project/{name}?content=1&type=notebook")
    kernel = await page.kernel(f"project/{name}")
    for cell in model["content"]["cells"]:
        if cell["cell_type"] == "code":
            outputs, _ = await kernel.run("".join(cell["source"]))
            failed = [one for one in outputs if one["kind"] == "error"]
            assert not failed, failed
    body = {"type": "notebook", "format": "json", "content": model["content"]}
    await page.ask("PUT", f"api/contents/project/{name}", body)
    await page.ask("GET", f"api/contents/project/{name}/checkpoints")
    await kernel.close()


async def browse(page):
    """Look around, and open the tables that a person would look at."""
    for folder in ("data", "data/wdbc", "data/diabetes", "data/claims", "project/results", "home") * 3:
        await page.ask("GET", f"api/contents/{folder}?content=1")
    for file in ("wdbc/README.md", "claims/README.md", "wdbc/wdbc.csv", "diabetes/diabetes.csv"):
        await page.ask("GET", f"api/contents/data/{file}?content=1&type=file&format=text")


async def day(client, settings, told, runs):
    """Print what a day comes to in each of the demo's projects; whether it is little enough."""
    fits, quarter = True, LIMITS["budget_soft_bytes"] / 4
    for place, notebook in NOTEBOOKS.items():
        page, before = Page(client, settings, place), 0
        await page.until_ready()
        print(f"\na day in {place[1]:28}{'shown':>10}{'received':>10}")
        steps = {
            "Lab opened 3 times": (3, open_lab, ()),
            f"polls of {HOURS} hours": (1, poll, (HOURS,)),
            f"{notebook} run {runs} times": (runs, run_notebook, (notebook,)),
            "looking around, 3 times": (3, browse, ()),
        }
        for words, (times, work, more) in steps.items():
            received = page.received
            for _ in range(times):
                await work(page, *more)
            shown = await told.window(place)
            print(f"  {words:35}{(shown - before) / MB:10.2f}{(page.received - received) / MB:10.2f}", flush=True)
            before = shown
        print(f"  {'together':35}{before / MB:10.2f}{page.received / MB:10.2f}   goal <= {quarter / MB:.0f}")
        fits = fits and before <= quarter
    return fits


async def turn_pages(page, number, end):
    """Print a table, page by page, until no page comes any more; the words that came instead."""
    kernel = await page.kernel(f"project/pages-{number}.ipynb")
    await kernel.run("import pandas as pd; table = pd.read_parquet('/data/claims/reimbursements.parquet')")
    at = 0
    while time.perf_counter() < end:
        began = time.perf_counter()
        # From the beginning again after the end: what is shown twice is shown.
        code = f"at = {at} % (len(table) - {ROWS}); print(table.iloc[at:at + {ROWS}].to_csv(index=False))"
        try:
            outputs, received = await kernel.run(code, patience=20.0)
        except (Refused, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"
        if received < ROWS:  # a page has more than twenty bytes a row
            return json.dumps(outputs)[:300]
        at += ROWS
        await asyncio.sleep(max(0.0, PAGE_SECONDS - (time.perf_counter() - began)))
    return ""


async def paging(client, settings, told):
    """Print when somebody who turns pages as fast as they can is told and stopped; whether they were."""
    page = Page(client, settings, PAGER)
    await page.until_ready()
    start = time.perf_counter()
    words = await asyncio.gather(*(turn_pages(page, number, start + PAGING_SECONDS) for number in range(KERNELS)))
    took = time.perf_counter() - start
    await asyncio.sleep(TOLD_SECONDS)
    received, shown = page.received, await told.window(PAGER)
    print(
        f"\npaging a table in {KERNELS} kernels: {received / MB:.1f} MB in {took:.0f} s, counted {shown / MB:.1f}"
    )
    for event in ("budget-soft", "budget-hard"):
        found = told.first(event, PAGER)
        said = (
            f"after {found['came'] - start:.0f} s, at {found['detail']['window_bytes'] / MB:.1f} MB"
            if found
            else "no"
        )
        print(f"  {event:14}{said}")
    print(f"  what came instead of the next page: {next(iter(words))}")
    stopped = all(words) and all(told.first(event, PAGER) for event in ("budget-soft", "budget-hard"))
    return stopped and received <= LIMITS["budget_hard_bytes"] * SLACK


async def measure(options):
    places = {**NOTEBOOKS, PAGER: NOTEBOOKS[PLACES[0]]}
    async with (
        demo(options.image, options.patients, places) as (settings, told),
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client,
    ):
        fits = await day(client, settings, told, options.runs)
        return await paging(client, settings, told) and fits


def main():
    options = argparse.ArgumentParser(description="The budget beside a day's work and beside somebody in a hurry.")
    options.add_argument("--image", default=image_of("workspace"), help="the workspace image")
    options.add_argument("--patients", type=int, default=100_000, help="people in the synthetic claims")
    options.add_argument("--runs", type=int, default=5, help="of each notebook")
    sys.exit(0 if uvloop.run(measure(options.parse_args())) else 1)


if __name__ == "__main__":
    main()
