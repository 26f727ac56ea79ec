// The focal point of a picture, set by a click or by the arrow keys; in percent from the left and from the top.

const STEP_PCT = 5;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function makeFocal(box, mark) {
  let point = [50, 50];

  function set(x, y) {
    point = [x, y].map((pct) => Math.round(Math.min(100, Math.max(0, pct))));
    mark.style.left = `${point[0]}%`;
    mark.style.top = `${point[1]}%`;
    box.setAttribute("aria-valuenow", point[0]);
    box.setAttribute("aria-valuetext", `${point[0]} %, ${point[1]} %`);
  }

  box.addEventListener("click", (event) => {
    const { left, top, width, height } = box.getBoundingClientRect();
    set(((event.clientX - left) / width) * 100, ((event.clientY - top) / height) * 100);
  });
  box.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const step = event.shiftKey ? 1 : STEP_PCT;
    set(point[0] + arrow[0] * step, point[1] + arrow[1] * step);
  });

  return { set, get: () => point };
}
