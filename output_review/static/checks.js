// Checks that are under way: their part of the page is fetched anew until they have come to an end.
const EVERY = 4000; // ms
const under_way = () => [...document.querySelectorAll(".checks[data-checks=waiting], .checks[data-checks=running]")];

function renewed(section, fresh) {
  if (!fresh || section.contains(document.activeElement) || section.querySelector("details[open]")) return;
  const made = document.importNode(fresh, true);
  section.replaceWith(made);
  if (made.dataset.checks === "done") made.dispatchEvent(new Event("checked", { bubbles: true }));
}

async function look() {
  const waiting = under_way();
  if (!waiting.length) return;
  try {
    const answer = document.hidden ? null : await fetch(location.pathname);
    const page = answer && answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page) for (const section of waiting) renewed(section, page.getElementById(section.id));
  } catch { /* asked again below */ }
  setTimeout(look, EVERY);
}
setTimeout(look, EVERY);
