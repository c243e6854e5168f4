// The keyboard. A page says what a key does by `data-key` on the element that does it ("g q": one after the other) and
// marks its lines with `data-line`; j and k walk through them, and a key within a line is about the line with the focus.
// Nothing fires while somebody types. The help, on "?", is read from the page, so it never names a key that is not there.
"use strict";
(() => {
  const OFF = "enclave-keys-off";
  const typing = "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])";
  const seen = (element) => element.checkVisibility() && !element.closest("[inert]") && !element.disabled;
  const rows = () => [...document.querySelectorAll("[data-line]")].filter(seen);
  const here = () => document.activeElement.closest("[data-line]");
  const door = (row) => row.querySelector("[data-go]");
  let before = "";

  function step(by) {
    const all = rows(), at = all.indexOf(here());
    const to = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
    if (!to) return false;
    door(to).focus();
    to.scrollIntoView({ block: "nearest" });
    return true;
  }
  function find(keys) {
    const row = here();
    const found = [...document.querySelectorAll(`[data-key="${CSS.escape(keys)}"]`)].filter(seen);
    return found.find((element) => row && row.contains(element)) || found.find((element) => !element.closest("[data-line]"));
  }
  function act(element) {
    if (element.matches(typing)) { element.focus(); element.select?.(); return; }
    element.click();
    if (element.matches("summary")) element.focus();  // what it has opened is one Tab away
  }
  const prefixes = () => new Set([...document.querySelectorAll("[data-key*=' ']")].map((one) => one.dataset.key.split(" ")[0]));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    if (target.closest(typing) || target.isContentEditable) {
      if (event.key === "Escape") (here() ? door(here()) : document.getElementById("main")).focus();
      return;
    }
    if (event.key.length === 1 && localStorage.getItem(OFF) && event.key !== "?") return;
    if (document.querySelector("dialog#keys[open]")) { if (event.key === "?") help.close(); return; }
    if (event.key.startsWith("Arrow") && target.matches("[type=radio]")) return;
    if (event.key.startsWith("Arrow") && !here()) return;  // the page scrolls, until somebody is in a line
    const keys = before ? `${before} ${event.key}` : event.key;
    before = "";
    let done = true;
    if (keys === "j" || keys === "ArrowDown") done = step(1);
    else if (keys === "k" || keys === "ArrowUp") done = step(-1);
    else if (keys === "?") show();
    else if (prefixes().has(keys)) { before = keys; setTimeout(() => { before = ""; }, 1500); }
    else { const element = find(keys); if (element) act(element); else done = false; }
    if (done) event.preventDefault();
  });

  const help = document.createElement("dialog");
  help.id = "keys";
  help.setAttribute("aria-labelledby", "keys-title");
  function line(keys, does) {
    const term = document.createElement("dt"), said = document.createElement("dd");
    for (const key of keys.split(" ")) { const one = document.createElement("kbd"); one.textContent = key; term.append(one, " "); }
    said.textContent = does;
    return [term, said];
  }
  const NAMES = { Escape: "Esc" };
  function show() {
    const list = document.createElement("dl"), known = new Set();
    if (rows().length) list.append(...line("j k", "down and up, line by line"));
    for (const element of document.querySelectorAll("[data-key]")) {
      const keys = element.dataset.key;
      if (known.has(keys) || !seen(element)) continue;
      known.add(keys);
      list.append(...line(NAMES[keys] || keys, element.dataset.does || element.textContent.trim()));
    }
    list.append(...line("Esc", "leaves a field that you type in"), ...line("?", "this list"));
    const title = document.createElement("h2"), off = document.createElement("label"), box = document.createElement("input");
    title.id = "keys-title";
    title.textContent = "Keys of this page";
    box.type = "checkbox";
    box.checked = !localStorage.getItem(OFF);
    box.addEventListener("change", () => { if (box.checked) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "1"); });
    off.append(box, " Single keys do something");
    const close = document.createElement("button");
    close.textContent = "Close";
    close.addEventListener("click", () => help.close());
    help.replaceChildren(title, list, off, close);
    if (!help.isConnected) document.body.append(help);
    help.showModal();
    close.focus();
  }
  const button = document.getElementById("show-keys");
  document.documentElement.dataset.keys = "ready";
  if (button) { button.hidden = false; button.addEventListener("click", show); }
})();
