// Applies the theme that was chosen before the page is painted; the choice itself is site.js's.

(() => {
  const chosen = document.cookie.match(/(?:^|; )perfmon_theme=(light|dark)(?:;|$)/);
  if (chosen) document.documentElement.dataset.theme = chosen[1];
})();
