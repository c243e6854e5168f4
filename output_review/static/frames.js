// The frames of the request's page: where the desk says that a file is a table, the still preview gives way to one that
// scrolls; what is too long for one preview is leafed through; a link to a place goes there.
import { PAGED, leaves, turned } from "./leaves.js";
import { Table } from "./table.js";

const tables = new Map();

async function begin(frame) {
  let found = null;
  try {
    const answer = await fetch(frame.dataset.window);
    found = answer.ok ? await answer.json() : null;
  } catch { /* the still preview stays */ }
  if (found && found.family === "table") return new Table(frame, found);
  if (found && found.family in PAGED) leaves(frame, found, ...PAGED[found.family]);
  return null;
}

function started(frame) {
  if (!tables.has(frame)) tables.set(frame, begin(frame));
  return tables.get(frame);
}

const near = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((one) => one.isIntersecting)) {
    near.unobserve(entry.target);
    started(entry.target);
  }
}, { rootMargin: "400px" });
for (const frame of document.querySelectorAll(".frame[data-window]")) near.observe(frame);

// A link to a place in a file's preview goes there in the table of this page, or in its frame.
async function follow(frame, query, pin) {
  const place = Object.fromEntries([...query].map(([word, value]) => [word, Number(value)]));
  frame.scrollIntoView({ block: "center" });
  const table = await started(frame);
  if (table) {
    table.wanted = pin && `#${pin.closest("li").id}`;
    table.go(place);
  } else turned(frame, query, pin ? `pin-${pin.dataset.pin}` : "here");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href*='/preview?']");
  if (!link || link.target === "_blank" || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const address = new URL(link.href);
  const frame = [...document.querySelectorAll(".frame[data-window]")].find((one) => one.dataset.preview === address.pathname);
  if (!frame) return;
  event.preventDefault();
  follow(frame, address.searchParams, link.dataset.pin ? link : null);
});

// Findings that came while the page was open.
document.addEventListener("checked", async (event) => {
  const frame = event.target.closest(".file").querySelector(".frame[data-window]");
  const table = tables.has(frame) && await tables.get(frame);
  if (table) table.repin(frame);
});

// The page's own address can name a place: ?file=2&row=900000&column=3
const asked = new URLSearchParams(location.search);
const there = asked.has("file") && document.querySelector(`.frame[data-preview$="/files/${Number(asked.get("file"))}/preview"]`);
if (there) {
  asked.delete("file");
  follow(there, asked);
}
