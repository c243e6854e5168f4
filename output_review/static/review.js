// Two conveniences; every page works without them: the remaining time counts down, and a page that somebody only
// looks at is fetched again, unless they have begun to fill something in or walk through it.
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
    const busy = touched || document.hidden || document.activeElement !== document.body
      || document.querySelector("details[open], dialog[open]");
    if (!busy) location.replace(location.pathname + location.search);
  }, Math.max(2, Number(page.dataset.reload)) * 1000);
}
const error = document.getElementById("error");
if (error) error.focus();
