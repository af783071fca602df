// Before the first paint: the theme that was chosen here, or the system's.
(function () {
  var chosen = null;
  try { chosen = localStorage.getItem('theme'); } catch (_error) { /* No storage: the system's. */ }
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
