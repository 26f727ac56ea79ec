// The page follows the words only while their end is in sight; who has scrolled away is left there, with a way back.

const NEAR_PX = 80;

export function follow(root) {
  const box = root.querySelector("[data-text]");
  const down = root.querySelector("[data-down]");
  if (!box || root.dataset.beside) return { grown() {} };
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
  let following = false;

  const endPx = () => box.getBoundingClientRect().bottom - innerHeight;
  const isNear = () => endPx() < NEAR_PX && endPx() > -innerHeight;

  function go(behavior) {
    scrollBy({ top: endPx() + NEAR_PX / 2, behavior });
  }

  addEventListener("scroll", () => {
    following = isNear() && endPx() > -NEAR_PX;
    down.hidden = isNear() || endPx() <= 0 || root.dataset.status !== "streaming";
  }, { passive: true });
  down.addEventListener("click", () => {
    go(isCalm.matches ? "instant" : "smooth");
    following = true;
  });
  root.addEventListener("generation-over", () => { down.hidden = true; });

  return {
    grown() {
      if (following && endPx() > 0) go("instant");
      else if (!following && endPx() > 0 && endPx() < NEAR_PX && scrollY === 0) following = true;
      else down.hidden = endPx() <= NEAR_PX;
    },
  };
}
