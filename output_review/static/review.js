// Two conveniences; every page works without them: the remaining time counts down, and a page that somebody only
// looks at is fetched again, unless they have begun to fill something in.
"use strict";

for (const end of document.querySelectorAll("[data-seconds]")) {
  const over = Date.now() + Number(end.dataset.seconds) * 1000;
  const show = () => {
    const left = Math.max(0, Math.round((over - Date.now()) / 1000));
    end.textContent = left > 90 ? `${Math.floor(left / 60)} min ${left % 60} s` : `${left} s`;
  };
  show();
  setInterval(show, 1000);
}

let touched = false;
document.addEventListener("input", () => { touched = true; });
const page = document.querySelector("[data-reload]");
if (page) {
  setInterval(() => {
    const busy = touched || document.hidden || document.querySelector("details[open], dialog[open]");
    if (!busy) location.replace(location.pathname + location.search);
  }, Math.max(2, Number(page.dataset.reload)) * 1000);
}
const error = document.getElementById("error");
if (error) error.focus();

// The queue by keyboard: j and k walk through its lines; Enter opens the one with the focus, as it is a link.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !["j", "k"].includes(event.key)) return;
  const lines = [...document.querySelectorAll("[data-row] .what a")];
  const at = lines.indexOf(document.activeElement);
  const to = event.key === "j" ? at + 1 : Math.max(0, at - 1);
  if (lines[to]) lines[to].focus();
});
