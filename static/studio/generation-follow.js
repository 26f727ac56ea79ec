// The page follows the words only while their end is in sight; who has scrolled away is left there, with a way back.

const NEAR_PX = 80;

export function follow(root) {
  const box = root.querySelector("[data-text]");
  const down = root.querySelector("[data-down]");
  if (!box || root.dataset.beside) return { grown() {} };
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
  const endPx = () => box.getBoundingClientRect().bottom - innerHeight; // how far the end is below what is in sight
  let following = endPx() < NEAR_PX;
  let lastY = scrollY;

  function go(behavior) {
    scrollBy({ top: endPx() + NEAR_PX / 2, behavior });
  }

  addEventListener("scroll", () => {
    if (scrollY >= lastY) following = endPx() < NEAR_PX;
    else if (endPx() > 0) following = false;
    lastY = scrollY;
    if (following) down.hidden = true;
  }, { passive: true });
  addEventListener("wheel", (event) => {
    if (event.deltaY < 0) following = false; // at once: a step of ours would end the reader's own
  }, { passive: true });
  down.addEventListener("click", () => go(isCalm.matches ? "instant" : "smooth"));
  root.addEventListener("generation-over", () => { down.hidden = true; });

  return {
    grown() {
      if (following && endPx() > 0) go("instant");
      down.hidden = following || endPx() <= 0;
    },
  };
}
