// The focal point on an image's page: a click or the arrow keys on the picture fill in the form's two numbers.

import { makeFocal } from "./editor-focal.js";

const box = document.querySelector("[data-focal-box]");
const mark = box.querySelector("[data-focal-mark]");
const { focal_x_pct: x, focal_y_pct: y } = document.querySelector("[data-focal-form]").elements;
const focal = makeFocal(box, mark);

function show() {
  focal.set(Number(x.value), Number(y.value));
}

function fill() {
  [x.value, y.value] = focal.get();
}

mark.removeAttribute("hidden");
show();
box.addEventListener("click", fill);
box.addEventListener("keydown", fill);
x.addEventListener("input", show);
y.addEventListener("input", show);
