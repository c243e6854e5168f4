// The small numbers beside the navigation: asked every half minute while somebody looks, and once at the beginning.
"use strict";
for (const link of document.querySelectorAll("[data-count]")) {
  const place = link.querySelector(".count");
  const ask = async () => {
    if (document.hidden) return;
    const answer = await fetch(link.dataset.count).catch(() => null);
    if (!answer?.ok) return;
    const { unread } = await answer.json();
    place.hidden = !unread;
    place.textContent = unread > 99 ? "99+" : unread;
    link.setAttribute("aria-label", unread ? `${link.dataset.title}, ${unread} not read` : link.dataset.title);
  };
  ask();
  setInterval(ask, 30_000);
  document.addEventListener("visibilitychange", ask);
}
