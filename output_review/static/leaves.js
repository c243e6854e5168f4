// What is too long for one preview is leafed through: the document in the frame has no script and no cookie, so that
// it is our page that turns its leaves. `shown` is how many of the parts one preview holds.
import { element, number } from "./dom.js";

export const PAGED = { text: ["row", "lines", "Line"], pages: ["page", "pages", "Page"], notebook: ["cell", "cells", "Cell"] };

// A fresh frame: one that still waits to be loaded lazily may load its first address after all.
export function turned(frame, query, where = "here") {
  const old = frame.querySelector("iframe"), made = old.cloneNode();
  made.loading = "eager";
  made.src = `${frame.dataset.preview}?${query}#${where}`;
  old.replaceWith(made);
}

export function leaves(frame, found, word, parts, name) {
  const total = found[`total_${parts}`], size = found.shown;
  if (!size || total <= size) return;
  const bar = element("p", "leaf"), label = element("label", "", `${name} `), where = element("input");
  const turn = (first) => {
    where.value = Math.min(Math.max(1, first), total);
    before.disabled = Number(where.value) <= 1;
    after.disabled = Number(where.value) + size > total;
    turned(frame, `${word}=${where.value}`);
  };
  const [before, after] = [["‹", -size], ["›", size]].map(([sign, step]) => {
    const button = element("button", "", sign);
    button.type = "button";
    button.setAttribute("aria-label", `${step < 0 ? "Earlier" : "Later"} ${parts}`);
    button.addEventListener("click", () => turn(Number(where.value) + step));
    return button;
  });
  Object.assign(where, { type: "number", min: 1, max: total, value: found.first });
  before.disabled = true;
  where.addEventListener("change", () => turn(Math.floor(Number(where.value)) || 1));
  label.append(where);
  bar.append(label, ` of ${number(total)} `, before, after);
  frame.after(bar);
}
