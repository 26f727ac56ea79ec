// Asking the site: the CSRF token is read anew each time, as logging in again in another tab changes it.

export function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  return cookie ? decodeURIComponent(cookie[1]) : document.querySelector("[name=csrfmiddlewaretoken]")?.value;
}

function headers(more = {}) {
  return { "X-CSRFToken": csrfToken(), "X-Requested-With": "studio", ...more };
}

export function postJson(url, data, options = {}) {
  const body = JSON.stringify(data);
  return fetch(url, { method: "POST", body, headers: headers({ "Content-Type": "application/json" }), ...options });
}

export function postForm(url, fields, options = {}) {
  const body = fields instanceof FormData ? fields : new URLSearchParams(fields);
  return fetch(url, { method: "POST", body, headers: headers(), ...options });
}

export function getJson(url) {
  return fetch(url, { headers: headers({ Accept: "application/json" }) });
}
