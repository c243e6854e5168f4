// The script of the page around a workspace: asks how it stands, shows it, and passes one wish into the frame.
"use strict";
(() => {
  const { stage, path, told, workspaces } = document.body.dataset;
  const one = (id) => document.getElementById(id);
  const STARTING_MS = 500;
  const RESTING_MS = 5000;
  const ASKED_MS = 30000;

  const post = (verb) => fetch(`${path}/${verb}`, { method: "POST", headers: { Accept: "application/json" } });
  const show = (id, visible) => { const element = one(id); if (element) element.hidden = !visible; };

  function minutes(seconds) {
    if (seconds < 90) return `${Math.max(1, Math.round(seconds))} seconds`;
    return `${Math.round(seconds / 60)} minutes`;
  }

  function steps(words) {
    const list = one("steps");
    if (!list || list.children.length === words.length) return;
    list.replaceChildren(...words.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
  }

  function tell(id, text) {
    if (one(id).textContent !== text) one(id).textContent = text; // a live region speaks when it is written to
    show(id, Boolean(text));
  }

  function usage(meter) {
    show("usage", Boolean(meter));
    if (!meter) return;
    const bar = one("usage-bar");
    bar.max = meter.level === "ok" ? meter.soft_bytes : meter.hard_bytes; // a bar ends at the limit that comes next
    bar.value = meter.window_bytes;
    bar.className = one("usage").className = `usage ${meter.level}`;
    one("usage-text").textContent = meter.text;
    one("budget").className = `notice ${meter.level === "hard" ? "bad" : "warn"}`;
  }

  function render(now) {
    steps(now.steps);
    tell("disk", now.disk);
    if (now.idle_warn) one("idle-text").textContent =
      `Nothing has happened here for a while: this workspace will be stopped in ${minutes(now.idle_left)}.`;
    show("idle", now.idle_warn);
    if (stage === "running") {
      usage(now.meter);
      tell("budget", now.budget);
      one("upgrade").textContent = now.upgrade;
      show("upgrade", Boolean(now.upgrade));
      const memory = now.notice?.code === "out-of-memory";
      one("memory").textContent = memory ? now.notice.reason : "";
      show("memory", memory);
    }
  }

  async function ask() {
    try {
      const answer = await fetch(`${path}/status`, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.status === 401 || answer.status === 404) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json();
      show("lost", false);
      if (now.stage !== stage) return location.reload();
      if (stage === "stopped" && now.notice && now.notice.time !== told) return location.reload(); // why it stopped
      render(now);
    } catch {
      show("lost", true);
    }
    setTimeout(ask, stage === "starting" ? STARTING_MS : RESTING_MS);
  }

  // What its author waits for is the review desk's to say; without it the page goes on.
  async function asked() {
    const project = encodeURIComponent(path.split("/").pop());
    const answer = document.hidden ? null : await fetch(`/desk/requests/brief?project=${project}`).catch(() => null);
    if (answer?.ok) {
      const { text, href } = await answer.json();
      one("asked").href = href;
      tell("asked", text);
    }
    setTimeout(asked, ASKED_MS);
  }

  one("request-release")?.addEventListener("click", () => {
    one("frame").contentWindow.postMessage({ type: "enclave:open-requests" }, workspaces);
  });
  one("keep")?.addEventListener("click", async () => {
    await post("keep").catch(() => show("lost", true));
    show("idle", false);
  });
  one("stop")?.addEventListener("click", () => one("stop-dialog").showModal());
  one("stop-not")?.addEventListener("click", () => one("stop-dialog").close());
  asked();
  setTimeout(ask, stage === "starting" ? STARTING_MS : RESTING_MS);
})();
