// The theme follows the system until somebody says otherwise; set before anything is drawn, so that nothing flashes.
(() => {
  const kept = localStorage.getItem("evergauge.theme");
  if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
})();
