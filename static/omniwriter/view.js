// Tells the server that an article was read: once a page, when it has been in sight for two seconds altogether.

const IN_SIGHT_MS = 2000;

function watch(address) {
  let timer = 0;
  let leftMs = IN_SIGHT_MS;
  let since = 0;

  function send() {
    document.removeEventListener("visibilitychange", follow);
    // keepalive: the reader may be gone before it is sent. No answer is waited for, and none would change anything.
    fetch(address, { method: "POST", keepalive: true, credentials: "same-origin" }).catch(() => {});
  }

  function follow() {
    window.clearTimeout(timer);
    if (document.visibilityState === "visible") {
      since = performance.now();
      timer = window.setTimeout(send, leftMs);
    } else if (since) {
      leftMs = Math.max(0, leftMs - (performance.now() - since));
      since = 0;
    }
  }

  document.addEventListener("visibilitychange", follow);
  follow();
}

const article = document.querySelector("[data-view-url]");
if (article) {
  watch(article.dataset.viewUrl);
}
