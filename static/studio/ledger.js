// Shows another month as soon as it is chosen; without scripts there is a button.

const form = document.querySelector("[data-month]");

form.querySelector("[data-month-go]").hidden = true;
form.addEventListener("change", () => form.requestSubmit());
