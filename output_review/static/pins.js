// The findings of a file, from the list below its frame: each has a number and, if its preview shows it, a place.
import { element } from "./dom.js";

export function pinsOf(frame) {
  const found = new Map();
  for (const link of frame.closest(".file").querySelectorAll("a[data-pin]")) {
    const place = Object.fromEntries([...new URL(link.href).searchParams].map(([word, value]) => [word, Number(value)]));
    const item = link.closest("li"), blocks = item.classList.contains("blocks");
    const made = () => {
      const pin = element("a", blocks ? "pin blocks" : "pin asks", link.dataset.pin);
      pin.href = `#${item.id}`;
      pin.setAttribute("aria-label", `Finding ${link.dataset.pin}, ${blocks ? "breaks a rule" : "look at it"}`);
      return pin;
    };
    const key = `${place.sheet || 1}:${place.row || 0}:${place.column || 0}`;
    found.set(key, [...(found.get(key) || []), { blocks, made, place }]);
  }
  return found;
}
