// Paths of the small drawings, the same ones perfmon/sparkline.py makes for the first paint.

const HEIGHT = 20;
const WIDTH = 100;

export function sparkPath(heights) {
  const slot = WIDTH / Math.max(1, heights.length);
  let path = "";
  heights.forEach((height, at) => {
    if (height === null) return;
    const begins = at === 0 || heights[at - 1] === null;
    const alone = begins && (at + 1 === heights.length || heights[at + 1] === null);
    path += `${begins ? "M" : "L"}${((at + 0.5) * slot).toFixed(1)} ${(HEIGHT - height).toFixed(1)}`;
    if (alone) path += `h${Math.max(1, slot / 3).toFixed(1)}`;
  });
  return path;
}

export function spreadPath(digits) {
  return [...digits].map((digit, at) => (Number(digit) ? `M${at * 5} ${18 - 2 * digit}h4v${2 * digit}h-4z` : "")).join("");
}
